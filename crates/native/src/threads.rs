//! How many threads compute.

/// Below this many bytes a model's products are so short that more threads would wait for each other longer than they compute.
const SMALL_MODEL_BYTES: u64 = 64 << 20;
/// What such a model takes where there are as many processors: 10,400 to 12,700 tokens a second at a batch of 32, where one thread reaches 6,400 to 7,200, and as many as one thread beside another busy process (6 MB, two cores of an AMD EPYC).
/// More were not measured.
const SMALL_MODEL_THREADS: u32 = 2;

/// What the libraries read when they start their first thread.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// Fixes how many threads compute, where it was typed; called before any thread runs.
pub fn fix_typed(threads: Option<u32>) {
    threads.into_iter().for_each(set);
}

/// Fixes how many threads of the processor compute with a model of `model_bytes`; called before the model is loaded and any thread runs.
///
/// What was typed comes first, then the environment, then two threads at most for a small model; all else is left to the libraries, which take one a core.
pub fn fix(model_bytes: u64) {
    let is_set = VARIABLES.iter().any(|name| std::env::var_os(name).is_some());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    choice(is_set, model_bytes, cores).into_iter().for_each(set);
}

fn set(threads: u32) {
    VARIABLES.iter().for_each(|name| std::env::set_var(name, threads.to_string()));
}

/// The number to fix, if any.
fn choice(is_set: bool, model_bytes: u64, cores: u32) -> Option<u32> {
    let is_small = model_bytes < SMALL_MODEL_BYTES;
    (!is_set && is_small).then_some(cores.min(SMALL_MODEL_THREADS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_comes_before_the_size() {
        let (small, large) = (6 << 20, 1 << 30);
        assert_eq!(choice(true, small, 8), None);
        assert_eq!(choice(false, small, 8), Some(2));
        assert_eq!(choice(false, small, 1), Some(1));
        assert_eq!(choice(false, large, 8), None);
    }
}
