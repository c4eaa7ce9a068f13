//! Ctrl-C: the first one asks to stop at the next step, the second one stops at once.

use anyhow::{Context, Result};
use std::sync::atomic::{AtomicU32, Ordering};

static PRESSES: AtomicU32 = AtomicU32::new(0);

/// The exit code of a run that was interrupted, as shells have it: 128 and the signal's number.
pub const EXIT_CODE: u8 = 130;

/// Listens from here on; before, Ctrl-C ends the process, which has nothing to finish yet.
pub fn listen() -> Result<()> {
    let listening = ctrlc::set_handler(|| {
        if PRESSES.fetch_add(1, Ordering::Relaxed) > 0 {
            std::process::exit(i32::from(EXIT_CODE));
        }
    });
    match listening {
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        other => other.context("cannot listen for Ctrl-C"),
    }
}

/// Whether to stop.
pub fn is_requested() -> bool {
    PRESSES.load(Ordering::Relaxed) > 0
}
