//! Calls into candle-transformers, whose panics become errors and nothing else: the program's own message is the one that is shown.

use super::config::BorrowedConfig;
use crate::error::{EngineError, Result};
use candle_core::Error;
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    /// Whether this thread is in such a call.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// How many threads are in such a call.
static N_INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Runs code of candle-transformers, which panics on some of what it does not expect.
pub(super) fn fenced<T>(config: &BorrowedConfig, run: impl FnOnce() -> candle_core::Result<T>) -> Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(silence_inside);
    IS_INSIDE.set(true);
    N_INSIDE.fetch_add(1, Ordering::Relaxed);
    let result = catch_unwind(AssertUnwindSafe(run));
    N_INSIDE.fetch_sub(1, Ordering::Relaxed);
    IS_INSIDE.set(false);
    match result {
        Ok(result) => result.map_err(carried),
        Err(panic) => Err(Error::Msg(format!(
            "candle-transformers panicked on this {} model ({}): `tiebreak models FOLDER --check` reads all of it, and a GGUF file of it may run otherwise",
            config.family.name,
            message(&*panic)
        ))
        .into()),
    }
}

/// An error of the engine's own on its way through code that knows candle's alone.
pub(super) fn carry(error: EngineError) -> Error {
    Error::Io(std::io::Error::other(error))
}

/// What was carried, or candle's own.
fn carried(error: Error) -> EngineError {
    match error {
        Error::Io(error) => error.downcast().unwrap_or_else(|error| Error::Io(error).into()),
        error => error.into(),
    }
}

/// Lets the hook for panics hear of those alone that no such call catches.
fn silence_inside() {
    let hook = take_hook();
    set_hook(Box::new(move |panic| {
        if !is_inside() {
            hook(panic);
        }
    }));
}

/// Whether a panic of this thread would be caught by such a call: in it, or on one of rayon's threads, whose work is candle's wherever there is such a call.
fn is_inside() -> bool {
    let is_worker = || rayon::current_thread_index().is_some();
    IS_INSIDE.get() || is_worker() && N_INSIDE.load(Ordering::Relaxed) > 0
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use std::thread;

    fn config() -> BorrowedConfig {
        BorrowedConfig::parse(r#"{"model_type": "starcoder2"}"#).unwrap().unwrap()
    }

    #[test]
    fn inside_is_the_calls_own_thread_and_those_of_rayon() {
        assert!(!is_inside());
        fenced(&config(), || {
            assert!(is_inside());
            assert!(rayon::broadcast(|_| is_inside()).into_iter().all(|inside| inside));
            assert!(!thread::spawn(is_inside).join().unwrap(), "another thread's panics are told");
            Ok(())
        })
        .unwrap();
        assert!(!is_inside());
    }

    #[test]
    fn a_panic_is_an_error_and_tells_nobody_else() {
        fenced(&config(), || Ok(())).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (before, hears) = (take_hook(), Arc::clone(&heard));
        set_hook(Box::new(move |panic| {
            hears.lock().unwrap().push(message(panic.payload()).to_owned());
        }));
        silence_inside();
        let error = fenced::<()>(&config(), || panic!("inside")).unwrap_err().to_string();
        let on_a_worker =
            fenced(&config(), || Ok(rayon::broadcast(|_| -> () { panic!("{}", "on a worker") })));
        let outside = thread::spawn(|| panic!("outside")).join();
        set_hook(before);
        assert!(error.contains("panicked on this starcoder2 model (inside)"), "{error}");
        assert!(on_a_worker.unwrap_err().to_string().contains("(on a worker)"));
        assert!(outside.is_err());
        assert_eq!(*heard.lock().unwrap(), ["outside"]);
    }

    #[test]
    fn an_error_of_the_engine_is_carried_through() {
        let own = || crate::config::bad("n_embd", "is odd");
        let error = fenced::<()>(&config(), || Err(carry(own()))).unwrap_err();
        assert_eq!(error.to_string(), own().to_string());
        let others = || Error::Io(std::io::Error::other("a disk"));
        let error = fenced::<()>(&config(), || Err(others())).unwrap_err();
        assert_eq!(error.to_string(), "computation failed: a disk");
    }
}
