//! Reading in a thread of its own, so that the next records are parsed while the last ones are worked on.

use std::panic::resume_unwind;
use std::sync::mpsc::{sync_channel, Receiver};
use std::thread::{spawn, JoinHandle};
use std::vec::IntoIter;

/// So many that handing them over costs nothing beside making them.
const BATCH: usize = 256;
/// How many batches lie ready at most.
const MOST_READY: usize = 4;

/// What an iterator gives, in its order, made some way ahead.
///
/// `make` is called in the other thread, for iterators that cannot be sent to one.
pub fn ahead<I: Iterator<Item: Send + 'static>>(
    make: impl FnOnce() -> I + Send + 'static,
) -> impl Iterator<Item = I::Item> {
    let (sender, receiver) = sync_channel(MOST_READY);
    let thread = spawn(move || {
        let mut items = make();
        loop {
            let batch: Vec<_> = items.by_ref().take(BATCH).collect();
            // Where nobody listens any more, nothing has to be read.
            if batch.is_empty() || sender.send(batch).is_err() {
                break;
            }
        }
    });
    Ahead { receiver, thread: Some(thread), batch: Vec::new().into_iter() }
}

struct Ahead<T> {
    receiver: Receiver<Vec<T>>,
    thread: Option<JoinHandle<()>>,
    batch: IntoIter<T>,
}

impl<T> Iterator for Ahead<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            if let Some(item) = self.batch.next() {
                return Some(item);
            }
            match self.receiver.recv() {
                Ok(batch) => self.batch = batch.into_iter(),
                Err(_) => {
                    if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
                        resume_unwind(panic);
                    }
                    return None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn all_items_come_in_their_order() {
        for n in [0, 1, BATCH - 1, BATCH, 3 * BATCH * MOST_READY + 7] {
            let mut items = ahead(move || 0..n);
            assert_eq!(items.by_ref().collect::<Vec<_>>(), (0..n).collect::<Vec<_>>());
            assert_eq!(items.next(), None);
        }
    }

    #[test]
    fn whoever_stops_early_waits_for_nothing() {
        assert_eq!(ahead(|| 0..).take(3).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_panic_is_not_taken_for_the_end() {
        let read = || ahead(|| (0..2 * BATCH).inspect(|n| assert!(*n < BATCH, "planted"))).count();
        let panic = catch_unwind(read).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"planted"));
    }
}
