//! How many threads compute.

/// Below this many bytes a model's products are so short that more threads would wait for each other longer than they compute.
const SMALL_MODEL_BYTES: u64 = 64 << 20;
/// What such a model takes where there are as many processors: 10,400 to 12,700 tokens a second at a batch of 32, where one thread reaches 6,400 to 7,200, and as many as one thread beside another busy process (6 MB, two cores of an AMD EPYC).
/// More were not measured.
const SMALL_MODEL_THREADS: u32 = 2;

/// What the libraries read when they start their first thread.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// Fixes how many threads compute with a model of `model_bytes`; called once, before the model is loaded and any thread runs.
///
/// What was typed comes first, then the environment, then two threads at most for a small model; all else is left to the libraries, which take one a core.
pub fn fix(typed: Option<u32>, model_bytes: u64) {
    let is_set = VARIABLES.iter().any(|name| std::env::var_os(name).is_some());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    if let Some(threads) = choice(typed, is_set, model_bytes, cores) {
        VARIABLES.iter().for_each(|name| std::env::set_var(name, threads.to_string()));
    }
}

/// The number to fix, if any.
fn choice(typed: Option<u32>, is_set: bool, model_bytes: u64, cores: u32) -> Option<u32> {
    let is_small = model_bytes < SMALL_MODEL_BYTES;
    typed.or_else(|| (!is_set && is_small).then_some(cores.min(SMALL_MODEL_THREADS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_comes_before_the_environment_and_that_before_the_size() {
        let (small, large) = (6 << 20, 1 << 30);
        assert_eq!(choice(Some(4), true, small, 8), Some(4));
        assert_eq!(choice(None, true, small, 8), None);
        assert_eq!(choice(None, false, small, 8), Some(2));
        assert_eq!(choice(None, false, small, 1), Some(1));
        assert_eq!(choice(None, false, large, 8), None);
    }
}
