//! How far a long run is: a bar on a terminal, elsewhere a line every ten seconds and later every minute.

use crate::files::say;
use crate::terminal::plural;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Between two lines where there is no terminal, in the first minutes and after them: a run of a day is not to fill a log.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);
const LATER_PLAIN_INTERVAL: Duration = Duration::from_secs(60);
const FIRST_MINUTES: Duration = Duration::from_secs(120);
/// Between two redraws of the bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);

/// What is known of a run.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// What is counted, in the plural.
    pub unit: &'static str,
    /// How many are done, those of earlier starts included.
    pub done: u64,
    pub total: u64,
    /// How many an earlier start did.
    pub done_before: u64,
    /// Those of them that this start gave up, with few tokens or none.
    pub failed: u64,
    /// Responses in the works.
    pub rows_in_flight: Option<usize>,
    /// Sampled since this start.
    pub new_tokens: u64,
    /// Those of them that belong to what is done.
    pub done_tokens: u64,
    pub elapsed: Duration,
}

impl Snapshot {
    /// Such as `12/50 prompts, 16 rows in flight, 512 tokens/s, 1 min 20 s left`.
    pub fn text(&self) -> String {
        let mut parts = vec![format!("{}/{} {}", self.done, self.total, self.unit)];
        parts.extend(self.rows_in_flight.map(|rows| plural(rows, "row") + " in flight"));
        if let Some(rate) = rate(self.new_tokens, self.elapsed) {
            parts.push(format!("{rate:.0} tokens/s"));
        }
        parts.extend(self.left().map(|left| format!("{} left", duration(left))));
        parts.join(", ")
    }

    /// The time left at the speed of this start; none before the first has succeeded.
    ///
    /// Where tokens are counted, they are what takes the time, and some of those that are left are sampled already.
    /// How many one takes is told by all tokens over what is done, the estimate of a mean where some are still under way (exponential lifetimes, censored): short responses are done first, and their mean alone would be too low by half after the first few.
    fn left(&self) -> Option<Duration> {
        let done = self.done.checked_sub(self.done_before + self.failed).filter(|done| *done > 0)? as f64;
        let remaining = self.total.saturating_sub(self.done) as f64;
        let seconds = if self.done_tokens > 0 {
            let wanted = remaining * self.new_tokens as f64 / done;
            let begun = self.new_tokens.saturating_sub(self.done_tokens) as f64;
            (wanted - begun).max(0.0) / rate(self.new_tokens, self.elapsed)?
        } else {
            remaining * self.elapsed.as_secs_f64() / done
        };
        Duration::try_from_secs_f64(seconds).ok().filter(|_| remaining > 0.0)
    }
}

/// How many a second; none where nothing can be said yet.
pub fn rate(count: u64, elapsed: Duration) -> Option<f64> {
    let seconds = elapsed.as_secs_f64();
    (count > 0 && seconds > 0.0).then(|| count as f64 / seconds)
}

/// A duration as a person says it, with two units at most.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// Shows how far a run is, on standard error.
pub struct Progress {
    snapshot: Snapshot,
    start: Instant,
    last_shown: Instant,
    display: Display,
}

enum Display {
    Bar(ProgressBar),
    Plain,
    Silent,
}

impl Progress {
    /// Begins to show a run of `total` things, of which `done_before` are done.
    pub fn start(unit: &'static str, total: usize, done_before: usize, quiet: bool) -> Self {
        let display = match quiet {
            true => Display::Silent,
            false if std::io::stderr().is_terminal() => Display::Bar(bar(total)),
            false => Display::Plain,
        };
        let (done, now) = (done_before as u64, Instant::now());
        let snapshot = Snapshot { unit, done, total: total as u64, done_before: done, ..Snapshot::default() };
        let mut progress = Self { snapshot, start: now, last_shown: now, display };
        progress.show(Duration::ZERO);
        progress
    }

    /// A run that shows nothing.
    pub fn silent() -> Self {
        Self::start("", 0, 0, true)
    }

    /// More tokens were sampled elsewhere.
    pub fn sampled(&mut self, new_tokens: u64) {
        self.snapshot.new_tokens += new_tokens;
        self.tick();
    }

    /// A step of the engine is over.
    pub fn step(&mut self, rows_in_flight: usize, new_tokens: u64) {
        self.snapshot.rows_in_flight = Some(rows_in_flight);
        self.snapshot.new_tokens += new_tokens;
        self.tick();
    }

    /// One more is done.
    pub fn done(&mut self) {
        self.done_with(0);
    }

    /// One more is done, for which so many tokens were sampled.
    pub fn done_with(&mut self, tokens: u64) {
        self.snapshot.done_tokens += tokens;
        self.snapshot.done += 1;
        self.tick();
    }

    /// One will never be done.
    pub fn failed(&mut self) {
        self.snapshot.failed += 1;
        self.done();
    }

    /// Says a line that stays, above the bar.
    pub fn say(&self, line: &str) {
        match &self.display {
            Display::Bar(bar) => bar.suspend(|| say(line)),
            Display::Plain | Display::Silent => say(line),
        }
    }

    /// Tells that a GPU's memory was full, and how many responses are computed at once from here on.
    pub fn halved(&mut self, batch: usize) {
        // What was begun begins again.
        self.snapshot.done_tokens = self.snapshot.new_tokens;
        self.say(&format!(
            "the GPU's memory was full: going on with at most {} at once",
            plural(batch, "response")
        ));
    }

    /// Ends the display; what is known stays.
    pub fn finish(mut self) -> Snapshot {
        self.snapshot.elapsed = self.start.elapsed();
        self.snapshot.clone()
    }

    fn tick(&mut self) {
        let interval = match self.display {
            Display::Bar(_) => BAR_INTERVAL,
            Display::Plain if self.start.elapsed() < FIRST_MINUTES => PLAIN_INTERVAL,
            Display::Plain => LATER_PLAIN_INTERVAL,
            Display::Silent => return,
        };
        self.show(interval);
    }

    fn show(&mut self, interval: Duration) {
        let now = Instant::now();
        if now - self.last_shown < interval {
            return;
        }
        self.last_shown = now;
        self.snapshot.elapsed = now - self.start;
        match &self.display {
            Display::Bar(bar) => {
                bar.set_position(self.snapshot.done);
                bar.set_message(self.snapshot.text());
            }
            Display::Plain if !interval.is_zero() => say(&self.snapshot.text()),
            Display::Plain | Display::Silent => {}
        }
    }
}

/// The bar disappears however the run ends, so that an error stands on a line of its own.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:24} {wide_msg}").expect("the template is a constant that parses");
    ProgressBar::new(total as u64).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(snapshot: Snapshot, expected: &str) {
        assert_eq!(Snapshot { unit: "prompts", ..snapshot }.text(), expected);
    }

    #[test]
    fn a_snapshot_says_only_what_is_known() {
        check(Snapshot { total: 50, ..Default::default() }, "0/50 prompts");
        let running = Snapshot {
            done: 12,
            total: 52,
            done_before: 2,
            rows_in_flight: Some(16),
            new_tokens: 10_240,
            elapsed: Duration::from_secs(20),
            ..Default::default()
        };
        check(running.clone(), "12/52 prompts, 16 rows in flight, 512 tokens/s, 1 min 20 s left");
        check(Snapshot { done: 2, ..running.clone() }, "2/52 prompts, 16 rows in flight, 512 tokens/s");
        // 224 tokens each: 8,960 are left to sample, of which 240 are there already.
        let counted = Snapshot { new_tokens: 2_240, done_tokens: 2_000, ..running.clone() };
        check(counted.clone(), "12/52 prompts, 16 rows in flight, 112 tokens/s, 1 min 18 s left");
        // Of the 40 that were left 10 have failed: 6,720 are left to sample, less the 240.
        let some_failed = Snapshot { done: 22, failed: 10, ..counted.clone() };
        check(some_failed, "22/52 prompts, 16 rows in flight, 112 tokens/s, 58 s left");
        let others_failed = Snapshot { done: 52, failed: 40, ..counted };
        check(others_failed, "52/52 prompts, 16 rows in flight, 112 tokens/s");
        check(Snapshot { done: 3, total: 4, failed: 3, ..Default::default() }, "3/4 prompts");
        check(Snapshot { done: 52, ..running }, "52/52 prompts, 16 rows in flight, 512 tokens/s");
    }

    /// A run of responses with these lengths, 32 of them at once, a step a second: the time that is said to be left when some are done, over the time that is.
    fn said_over_true(lengths: &[u64], done: u64) -> f64 {
        let mut waiting = lengths.iter().copied();
        let mut rows: Vec<(u64, u64)> = waiting.by_ref().take(32).map(|length| (length, length)).collect();
        let mut snapshot = Snapshot { total: lengths.len() as u64, ..Default::default() };
        let mut said = None;
        while !rows.is_empty() {
            snapshot.elapsed += Duration::from_secs(1);
            snapshot.new_tokens += rows.len() as u64;
            rows.iter_mut().for_each(|(left, _)| *left -= 1);
            for (_, length) in rows.extract_if(.., |(left, _)| *left == 0) {
                snapshot.done += 1;
                snapshot.done_tokens += length;
            }
            rows.extend(waiting.by_ref().take(32 - rows.len()).map(|length| (length, length)));
            if said.is_none() && snapshot.done >= done {
                said = snapshot.left().map(|left| (left, snapshot.elapsed));
            }
        }
        let (said, at) = said.unwrap();
        said.as_secs_f64() / (snapshot.elapsed - at).as_secs_f64()
    }

    #[test]
    fn the_time_left_is_right_within_a_fifth_after_a_few_responses() {
        // Uniform numbers by the golden ratio, and lengths by them: all alike, any up to 200, and exponential up to 256.
        let uniform = |number: u64| (number as f64 * 0.618_033_988_749_895).fract();
        let lengths: [fn(f64) -> f64; 3] = [
            |_| 100.0,
            |uniform| 1.0 + uniform * 199.0,
            |uniform| (1.0 - 100.0 * (1.0 - uniform).ln()).min(256.0),
        ];
        for (kind, length) in lengths.iter().enumerate() {
            let lengths: Vec<u64> = (1..=3000).map(|number| length(uniform(number)) as u64).collect();
            for done in [64, 128, 512] {
                let ratio = said_over_true(&lengths, done);
                assert!((0.8..1.2).contains(&ratio), "lengths of kind {kind}, {done} done: {ratio}");
            }
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [(0.04, "0.0 s"), (9.44, "9.4 s"), (9.6, "10 s"), (59.4, "59 s"), (60.0, "1 min 0 s")];
        for (seconds, expected) in cases.into_iter().chain([(3599.0, "59 min 59 s"), (7260.0, "2 h 1 min")]) {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), expected);
        }
    }
}
