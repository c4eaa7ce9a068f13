//! How far large files are fetched or read: a bar on a terminal, a line every ten seconds elsewhere.

use crate::files::say;
use crate::progress::duration;
use crate::terminal::bytes;
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::RefCell;
use std::io::{self, IsTerminal, Read, Seek, SeekFrom};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Between two lines where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// Between two redraws of the bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);

/// Shows how many bytes of all files have come, on standard error.
pub struct ByteProgress {
    done_bytes: u64,
    /// What came since this start.
    new_bytes: u64,
    total_bytes: u64,
    start: Instant,
    last_shown: Instant,
    display: Display,
}

enum Display {
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl ByteProgress {
    /// Begins to show how `total_bytes` come.
    pub fn start(total_bytes: u64, is_quiet: bool) -> Self {
        let display = match is_quiet {
            true => Display::Silent,
            false if io::stderr().is_terminal() => Display::Bar(bar(total_bytes)),
            false => Display::Lines,
        };
        let now = Instant::now();
        Self { done_bytes: 0, new_bytes: 0, total_bytes, start: now, last_shown: now, display }
    }

    /// So many bytes are there from an earlier start, or from before a connection that broke.
    pub fn had(&mut self, n_bytes: u64) {
        self.done_bytes += n_bytes;
    }

    /// So many bytes have to be fetched again.
    pub fn lost(&mut self, n_bytes: u64) {
        self.done_bytes = self.done_bytes.saturating_sub(n_bytes);
    }

    /// So many bytes more have come.
    pub fn came(&mut self, n_bytes: u64) {
        self.done_bytes += n_bytes;
        self.new_bytes += n_bytes;
        let interval = match self.display {
            Display::Bar(_) => BAR_INTERVAL,
            Display::Lines => LINE_INTERVAL,
            Display::Silent => return,
        };
        if self.last_shown.elapsed() >= interval {
            self.last_shown = Instant::now();
            self.show();
        }
    }

    /// Says a line that stays, above the bar.
    pub fn say(&self, line: &str) {
        match &self.display {
            Display::Bar(bar) => bar.suspend(|| say(line)),
            Display::Lines => say(line),
            Display::Silent => {}
        }
    }

    fn show(&self) {
        let text = text((self.done_bytes, self.total_bytes), self.new_bytes, self.start.elapsed());
        match &self.display {
            Display::Bar(bar) => {
                bar.set_position(self.done_bytes);
                bar.set_message(text);
            }
            Display::Lines => say(&text),
            Display::Silent => {}
        }
    }
}

/// The bar disappears however it ends, so that an error stands on a line of its own.
impl Drop for ByteProgress {
    fn drop(&mut self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

/// A reader whose bytes are shown as they come; several can share one display.
pub struct Shown<R> {
    reader: R,
    progress: Rc<RefCell<ByteProgress>>,
}

impl<R> Shown<R> {
    pub fn new(reader: R, progress: &Rc<RefCell<ByteProgress>>) -> Self {
        Self { reader, progress: Rc::clone(progress) }
    }
}

impl<R: Read> Read for Shown<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.reader.read(buffer)?;
        self.progress.borrow_mut().came(n_bytes as u64);
        Ok(n_bytes)
    }
}

impl<R: Seek> Seek for Shown<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.reader.seek(position)
    }
}

fn bar(total_bytes: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:24} {wide_msg}").expect("the template is a constant that parses");
    ProgressBar::new(total_bytes).with_style(style)
}

/// Such as `1.2 GB of 4.8 GB, 12.0 MB/s, 5 min 0 s left`.
fn text((done, total): (u64, u64), new: u64, elapsed: Duration) -> String {
    let mut text = format!("{} of {}", bytes(done), bytes(total));
    let seconds = elapsed.as_secs_f64();
    if new > 0 && seconds > 0.0 {
        let per_second = new as f64 / seconds;
        text += &format!(", {}/s", bytes(per_second as u64));
        let left = total.saturating_sub(done) as f64 / per_second;
        if let Some(left) = Duration::try_from_secs_f64(left).ok().filter(|left| !left.is_zero()) {
            text += &format!(", {} left", duration(left));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_now_counts_for_the_speed() {
        let at = |done, new, secs| text((done, 4_800_000_000), new, Duration::from_secs(secs));
        assert_eq!(at(1_200_000_000, 120_000_000, 10), "1.2 GB of 4.8 GB, 12.0 MB/s, 5 min 0 s left");
        assert_eq!(at(1_200_000_000, 0, 10), "1.2 GB of 4.8 GB");
        assert_eq!(at(4_800_000_000, 120_000_000, 10), "4.8 GB of 4.8 GB, 12.0 MB/s");
    }
}
