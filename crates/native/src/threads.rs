//! How many threads compute.

/// Below this many bytes a model's products are so short that threads wait for each other longer than they compute.
///
/// A model of 6 MB on two busy cores: 835 tokens a second with one thread, 139 with two. Idle ones and larger models were not measured: the bound is a guess.
const SMALL_MODEL_BYTES: u64 = 64 << 20;

/// What the libraries read when they start their first thread.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// Fixes how many threads compute with a model of `model_bytes`; called once, before the model is loaded and any thread runs.
///
/// What was typed comes first, then the environment, then one thread for a small model; all else is left to the libraries, which take one a core.
pub fn fix(typed: Option<u32>, model_bytes: u64) {
    let is_set = VARIABLES.iter().any(|name| std::env::var_os(name).is_some());
    if let Some(threads) = choice(typed, is_set, model_bytes) {
        VARIABLES.iter().for_each(|name| std::env::set_var(name, threads.to_string()));
    }
}

/// The number to fix, if any.
fn choice(typed: Option<u32>, is_set: bool, model_bytes: u64) -> Option<u32> {
    typed.or_else(|| (!is_set && model_bytes < SMALL_MODEL_BYTES).then_some(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_comes_before_the_environment_and_that_before_the_size() {
        let (small, large) = (6 << 20, 1 << 30);
        assert_eq!(choice(Some(4), true, small), Some(4));
        assert_eq!(choice(None, true, small), None);
        assert_eq!(choice(None, false, small), Some(1));
        assert_eq!(choice(None, false, large), None);
    }
}
