//! Threads that share a piece of work of a few microseconds, again and again.
//!
//! A decoder hands out some two hundred pieces for every token, so that waking threads through the system would cost more than the work.
//! Members wait for the next piece awake for a moment, give way to other programs after that, and fall asleep where none comes.
//! Parts are taken by whoever is free, and nobody is waited for who has not begun: where other programs keep a member from its processor, the caller does that member's share.
#![expect(unsafe_code, reason = "threads that outlive a call are lent what lives for the call")]

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How often a member looks for the next piece before it gives way: a tenth of a millisecond, longer than a decoder's next piece takes to come.
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
    gate: Gate,
    /// Read by members inside the gate, written while there is none and it is closed.
    work: UnsafeCell<Work>,
    is_over: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// A closure on the caller's stack.
#[derive(Clone, Copy)]
struct Work {
    closure: *const (),
    call: unsafe fn(*const ()),
}

// SAFETY: `work` is written by the one owner of the team before it opens the gate, and read by members inside it, for whom the owner waits before it returns; the gate orders memory.
unsafe impl Sync for Shared {}
// SAFETY: the pointer that `work` holds is used inside the gate alone.
unsafe impl Send for Shared {}

/// Through which members come to a piece of work, while it is open: the number of the piece (32 bits), how many are inside (31), and whether it is open (1).
struct Gate(AtomicU64);

impl Gate {
    const OPEN: u64 = 1;
    const ONE_INSIDE: u64 = 2;
    const ALL_INSIDE: u64 = (1 << 32) - 2;

    /// Opens it for the next piece; it must be closed, with nobody inside.
    fn open(&self) {
        let piece = (self.0.load(Ordering::Relaxed) >> 32).wrapping_add(1);
        // In one order with the members' looking before they fall asleep.
        self.0.store(piece << 32 | Self::OPEN, Ordering::SeqCst);
    }

    /// Lets nobody in any more, and waits for those inside.
    fn close(&self) {
        self.0.fetch_and(!Self::OPEN, Ordering::AcqRel);
        let mut waited = 0;
        while self.0.load(Ordering::Acquire) & Self::ALL_INSIDE > 0 {
            wait(&mut waited);
        }
    }

    /// The piece that may be begun, if it is another than `seen`.
    fn piece(&self, seen: u64, order: Ordering) -> Option<u64> {
        let state = self.0.load(order);
        (state & Self::OPEN > 0 && state >> 32 != seen).then_some(state >> 32)
    }

    /// Goes in, unless it is closed by now or open for another piece.
    fn enter(&self, piece: u64) -> bool {
        let more =
            |state| (state & Self::OPEN > 0 && state >> 32 == piece).then_some(state + Self::ONE_INSIDE);
        self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, more).is_ok()
    }

    fn leave(&self) {
        self.0.fetch_sub(Self::ONE_INSIDE, Ordering::Release);
    }
}

impl Team {
    /// A team of `n_threads`, of which `n_threads - 1` are started; none is where threads cannot be had.
    pub fn new(n_threads: usize) -> Self {
        unsafe fn nothing(_: *const ()) {}
        let shared = Arc::new(Shared {
            gate: Gate(AtomicU64::new(0)),
            work: UnsafeCell::new(Work { closure: std::ptr::null(), call: nothing }),
            is_over: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        let mut members = Vec::new();
        while members.len() + 1 < n_threads {
            let is_asleep = Arc::new(AtomicBool::new(false));
            let (own, asleep) = (Arc::clone(&shared), Arc::clone(&is_asleep));
            let started =
                thread::Builder::new().name("kernels".to_owned()).spawn(move || serve(&own, &asleep));
            let Ok(handle) = started else { break };
            members.push(Member { is_asleep, handle });
        }
        Self { shared, members }
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.members.len() + 1
    }

    /// Does `work` on each of `parts`, which are begun in their order.
    ///
    /// # Panics
    /// Where `work` does, after all threads are done.
    pub fn each<T: Send>(&mut self, parts: &mut [T], work: impl Fn(&mut T) + Sync) {
        let n_parts = parts.len();
        if self.threads() == 1 || n_parts < 2 {
            return parts.iter_mut().for_each(work);
        }
        let (parts, next) = (Parts(parts.as_mut_ptr()), AtomicUsize::new(0));
        self.run(&|| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= n_parts {
                    return;
                }
                // SAFETY: `at` lies within the slice, which is borrowed for the call, and is given to one thread alone.
                work(unsafe { &mut *parts.at(at) });
            }
        });
    }

    /// Calls `closure` in this thread, and in those that come before it returns here.
    fn run<F: Fn() + Sync>(&mut self, closure: &F) {
        /// # Safety
        /// `closure` points to a living `F`.
        unsafe fn call<F: Fn()>(closure: *const ()) {
            // SAFETY: as the caller says.
            unsafe { (*closure.cast::<F>())() }
        }
        let shared = &*self.shared;
        // SAFETY: the last call closed the gate and waited for all members inside, and there is one owner, which is borrowed mutably.
        unsafe { *shared.work.get() = Work { closure: std::ptr::from_ref(closure).cast(), call: call::<F> } };
        shared.gate.open();
        for member in self.members.iter().filter(|member| member.is_asleep.load(Ordering::SeqCst)) {
            member.handle.thread().unpark();
        }
        let own = catch_unwind(AssertUnwindSafe(closure));
        // The closure lives until here, whatever happened.
        shared.gate.close();
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
fn serve(shared: &Shared, is_asleep: &AtomicBool) {
    let mut seen = 0;
    while let Some(piece) = next_piece(shared, seen, is_asleep) {
        seen = piece;
        if !shared.gate.enter(piece) {
            continue;
        }
        // SAFETY: inside the gate nobody writes the work, and what it points to lives.
        let done = catch_unwind(AssertUnwindSafe(|| unsafe {
            let Work { closure, call } = *shared.work.get();
            call(closure);
        }));
        if let Err(panic) = done {
            *shared.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        shared.gate.leave();
    }
}

/// Waits for another piece than `seen`; none once the team is over.
fn next_piece(shared: &Shared, seen: u64, is_asleep: &AtomicBool) -> Option<u64> {
    let mut waited = 0;
    while !shared.is_over.load(Ordering::Acquire) {
        if let Some(piece) = shared.gate.piece(seen, Ordering::Relaxed) {
            return Some(piece);
        }
        if waited < SPINS + YIELDS {
            wait(&mut waited);
            continue;
        }
        is_asleep.store(true, Ordering::SeqCst);
        if shared.gate.piece(seen, Ordering::SeqCst).is_none() && !shared.is_over.load(Ordering::Acquire) {
            thread::park();
            // The piece that it was woken for may be over; the next one follows at once.
            waited = 0;
        }
        is_asleep.store(false, Ordering::SeqCst);
    }
    None
}

/// Passes a little time, awake at first.
fn wait(waited: &mut u32) {
    *waited = waited.saturating_add(1);
    if *waited < SPINS { std::hint::spin_loop() } else { thread::yield_now() }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
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
    use std::time::{Duration, Instant};

    /// Whether something comes within a minute.
    fn comes(has_come: impl Fn() -> bool) -> bool {
        let start = Instant::now();
        while !has_come() && start.elapsed() < Duration::from_secs(60) {
            thread::yield_now();
        }
        has_come()
    }

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
    fn whoever_is_free_takes_the_next_part() {
        let mut team = Team::new(2);
        let others_done = AtomicUsize::new(0);
        let mut parts: Vec<usize> = (0..20).collect();
        let all_came = AtomicBool::new(false);
        team.each(&mut parts, |part| match part {
            0 => all_came.store(comes(|| others_done.load(Ordering::Acquire) == 19), Ordering::Release),
            _ => drop(others_done.fetch_add(1, Ordering::Release)),
        });
        assert!(all_came.into_inner(), "the other thread did all but the first part");
    }

    #[test]
    fn a_member_that_does_not_come_is_not_waited_for() {
        let mut team = Team::new(1);
        let is_asleep = Arc::new(AtomicBool::new(false));
        team.members.push(Member { is_asleep, handle: thread::spawn(|| ()) });
        let mut parts = [0; 5];
        team.each(&mut parts, |part| *part = 1);
        assert_eq!(parts, [1; 5]);
    }

    #[test]
    fn members_wake_from_sleep() {
        let mut team = Team::new(3);
        for pause in [0, 1, 20, 50] {
            thread::sleep(Duration::from_millis(pause));
            // Each part waits for two others, which only two other threads can have begun.
            let begun = AtomicUsize::new(0);
            let mut parts = [false; 3];
            team.each(&mut parts, |came| {
                begun.fetch_add(1, Ordering::AcqRel);
                *came = comes(|| begun.load(Ordering::Acquire) == 3);
            });
            assert_eq!(parts, [true; 3]);
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
