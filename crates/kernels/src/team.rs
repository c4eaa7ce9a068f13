//! Threads that share a piece of work of a few microseconds, again and again.
//!
//! A decoder hands out some two hundred pieces for every token, so that waking threads through the system would cost more than the work.
//! Members wait for the next piece awake for a moment, give way to other programs after that, and fall asleep where none comes.
#![expect(unsafe_code, reason = "threads that outlive a call are lent what lives for the call")]

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How often a member looks for the next piece before it gives way: some ten microseconds, longer than a decoder's next piece takes to come.
const SPINS: u32 = 4_000;
/// How often it gives way before it falls asleep: a busy processor is worth more than a member that is quick to come.
const YIELDS: u32 = 200;

/// A number of threads, of which the caller's is one.
pub struct Team {
    shared: Arc<Shared>,
    members: Vec<Member>,
}

struct Member {
    is_asleep: Arc<AtomicBool>,
    handle: JoinHandle<()>,
}

struct Shared {
    /// How many pieces there have been. The last one's work may be read from when this is raised to when `n_working` is 0.
    round: AtomicUsize,
    work: UnsafeCell<Work>,
    n_working: AtomicUsize,
    is_over: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// A closure on the caller's stack.
#[derive(Clone, Copy)]
struct Work {
    closure: *const (),
    call: unsafe fn(*const (), usize),
}

// SAFETY: `work` is written by the one owner of the team, with no member working, and read by members between the raising of `round` and their lowering of `n_working`; both order memory.
unsafe impl Sync for Shared {}
// SAFETY: the pointer that `work` holds is used in that span alone, in which the caller waits.
unsafe impl Send for Shared {}

impl Team {
    /// A team of `n_threads`, of which `n_threads - 1` are started; none is where threads cannot be had.
    pub fn new(n_threads: usize) -> Self {
        unsafe fn nothing(_: *const (), _: usize) {}
        let shared = Arc::new(Shared {
            round: AtomicUsize::new(0),
            work: UnsafeCell::new(Work { closure: std::ptr::null(), call: nothing }),
            n_working: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        let mut members = Vec::new();
        while members.len() + 1 < n_threads {
            let is_asleep = Arc::new(AtomicBool::new(false));
            let (own, asleep, place) = (Arc::clone(&shared), Arc::clone(&is_asleep), members.len() + 1);
            let started =
                thread::Builder::new().name("kernels".to_owned()).spawn(move || serve(&own, &asleep, place));
            let Ok(handle) = started else { break };
            members.push(Member { is_asleep, handle });
        }
        Self { shared, members }
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.members.len() + 1
    }

    /// Does `work` on each of `parts`, those of one thread one after another: with `n` threads parts 0, n, 2 n … are the first one's.
    ///
    /// # Panics
    /// Where `work` does, after all threads are done.
    pub fn each<T: Send>(&mut self, parts: &mut [T], work: impl Fn(&mut T) + Sync) {
        let (n_threads, n_parts) = (self.threads(), parts.len());
        if n_threads == 1 || n_parts < 2 {
            return parts.iter_mut().for_each(work);
        }
        let parts = Parts(parts.as_mut_ptr());
        self.run(&|place| {
            for at in (place..n_parts).step_by(n_threads) {
                // SAFETY: `at` lies within the slice, which is borrowed for the call, and is that of one thread alone.
                work(unsafe { &mut *parts.at(at) });
            }
        });
    }

    /// Calls `closure` once in every thread with the thread's place, and returns when all have.
    fn run<F: Fn(usize) + Sync>(&mut self, closure: &F) {
        /// # Safety
        /// `closure` points to a living `F`.
        unsafe fn call<F: Fn(usize)>(closure: *const (), place: usize) {
            // SAFETY: as the caller says.
            unsafe { (*closure.cast::<F>())(place) }
        }
        let shared = &*self.shared;
        // SAFETY: no member works, as the last call waited for all of them, and there is one owner, which is borrowed mutably.
        unsafe { *shared.work.get() = Work { closure: std::ptr::from_ref(closure).cast(), call: call::<F> } };
        shared.n_working.store(self.members.len(), Ordering::Relaxed);
        // In one order with the members' looking before they fall asleep.
        shared.round.fetch_add(1, Ordering::SeqCst);
        for member in self.members.iter().filter(|member| member.is_asleep.load(Ordering::SeqCst)) {
            member.handle.thread().unpark();
        }
        let own = catch_unwind(AssertUnwindSafe(|| closure(0)));
        let mut waited = 0;
        // The closure lives until here, whatever happened.
        while shared.n_working.load(Ordering::Acquire) > 0 {
            wait(&mut waited);
        }
        let theirs = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = own.err().or(theirs) {
            resume_unwind(panic);
        }
    }
}

/// A pointer to the first of several parts.
struct Parts<T>(*mut T);

impl<T> Parts<T> {
    fn at(&self, at: usize) -> *mut T {
        self.0.wrapping_add(at)
    }
}

// SAFETY: each part is used by one thread, to which it may be sent.
unsafe impl<T: Send> Sync for Parts<T> {}

/// What a member does until the team is over.
fn serve(shared: &Shared, is_asleep: &AtomicBool, place: usize) {
    let mut seen = 0;
    loop {
        let mut waited = 0;
        while shared.round.load(Ordering::Acquire) == seen {
            if waited < SPINS + YIELDS {
                wait(&mut waited);
                continue;
            }
            is_asleep.store(true, Ordering::SeqCst);
            if shared.round.load(Ordering::SeqCst) == seen {
                thread::park();
            }
            is_asleep.store(false, Ordering::SeqCst);
        }
        seen += 1;
        if shared.is_over.load(Ordering::Acquire) {
            return;
        }
        // SAFETY: the round was raised and `n_working` not lowered, so that nobody writes the work, and what it points to lives.
        let done = catch_unwind(AssertUnwindSafe(|| unsafe {
            let Work { closure, call } = *shared.work.get();
            call(closure, place);
        }));
        if let Err(panic) = done {
            *shared.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        shared.n_working.fetch_sub(1, Ordering::Release);
    }
}

/// Passes a little time, awake at first.
fn wait(waited: &mut u32) {
    *waited = waited.saturating_add(1);
    if *waited < SPINS { std::hint::spin_loop() } else { thread::yield_now() }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.round.fetch_add(1, Ordering::SeqCst);
        for member in self.members.drain(..) {
            member.handle.thread().unpark();
            // A member's panics were caught.
            let _ = member.handle.join();
        }
    }
}

impl std::fmt::Debug for Team {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Team").field("threads", &self.threads()).finish()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_part_is_done_once_by_any_number_of_threads() {
        for n_threads in 1..=5 {
            let mut team = Team::new(n_threads);
            for n_parts in [0, 1, 2, 3, 7, 100] {
                for round in 0..300 {
                    let mut parts: Vec<(usize, usize)> = (0..n_parts).map(|at| (at, round)).collect();
                    team.each(&mut parts, |part| part.1 += part.0 + 1);
                    assert!(parts.iter().enumerate().all(|(at, part)| *part == (at, round + at + 1)));
                }
            }
        }
    }

    #[test]
    fn members_wake_from_sleep() {
        let mut team = Team::new(3);
        for pause in [0, 1, 20, 50] {
            thread::sleep(Duration::from_millis(pause));
            let mut parts = [0; 6];
            team.each(&mut parts, |part| *part = 1);
            assert_eq!(parts, [1; 6]);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        let mut team = Team::new(2);
        for bad in [0, 1] {
            let mut parts = [0, 1];
            let panic = catch_unwind(AssertUnwindSafe(|| {
                team.each(&mut parts, |part| assert!(*part != bad, "planted"));
            }))
            .unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"planted"));
            let mut parts = [0; 4];
            team.each(&mut parts, |part| *part = 2);
            assert_eq!(parts, [2; 4]);
        }
    }
}
