//! Asks a server many things at once, in bounded memory.

use super::ask::{Answer, Ask};
use super::budget::{Exhausted, Tokens};
use super::cache::AskId;
use super::client::{Client, Prepared};
use super::error::AskError;
use super::totals::{End, Totals};
use super::wait::Halt;
use super::work::{work, Finished, Outcome};
use crate::interrupt;
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How often Ctrl-C is looked for while calls are under way.
const TICK: Duration = Duration::from_millis(100);
/// How long calls under way are waited for after Ctrl-C.
const LONGEST_GOODBYE: Duration = Duration::from_secs(30);
/// After so many failures in a row the rest would fail too.
const MOST_FAILURES_IN_A_ROW: usize = 20;
/// How many asks may wait for the same answer, for each call at once.
const MOST_WAITING: usize = 16;
/// How many asks are prepared, for each call at once: a thread that is done finds its next one ready.
const LOOK_AHEAD: usize = 2;
/// A call needs little, and there may be a thousand threads.
const STACK_BYTES: usize = 512 << 10;

/// Whether more is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    GoOn,
    /// Begin no new call; those under way are still answered.
    Stop,
}

/// Asks all that `asks` gives, at most as many at once as the client allows, and hands each tag and what came of it to `on_answer`, in the order in which answers come.
///
/// Asks are drawn as room comes, so that only those under way are in memory.
/// What the cache holds is not asked, and equal asks under way are asked once.
/// An ask that was given up because the run ends is not handed over: the next start asks it.
///
/// An error is `on_answer`'s own, or the cache's; what a server did wrong is in [`Totals`] and was handed over.
pub fn ask_all<T>(
    client: &Client,
    asks: impl IntoIterator<Item = (T, Ask)>,
    on_answer: impl FnMut(T, Result<Answer, AskError>) -> Result<Next>,
) -> Result<Totals> {
    let (to_threads, from_caller) = mpsc::channel();
    let (to_caller, from_threads) = mpsc::channel();
    let (halt, from_caller) = (Halt::default(), Mutex::new(from_caller));
    let (line, halt, from_caller) = (&client.line, &halt, &from_caller);
    thread::scope(|scope| {
        for _ in 0..client.concurrency {
            let to_caller = to_caller.clone();
            thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, move || work(line, from_caller, &to_caller, halt))
                .context("cannot start as many threads as --concurrency asks for")?;
        }
        // The threads end when the run drops its sender.
        drop(to_caller);
        Run::new(client, (to_threads, from_threads), halt, on_answer).all(asks.into_iter())
    })
}

struct Run<'a, T, F> {
    client: &'a Client,
    to_threads: Sender<Prepared>,
    from_threads: Receiver<Finished>,
    halt: &'a Halt,
    on_answer: F,
    /// Who waits for what is under way.
    waiting: HashMap<AskId, Vec<T>>,
    n_waiting: usize,
    /// An ask that has to wait until calls under way give back what was reserved for them.
    held: Option<(T, Prepared)>,
    n_failures_in_a_row: usize,
    end: Option<End>,
    failure: Option<anyhow::Error>,
    goodbye_ends: Option<Instant>,
    totals: Totals,
}

impl<'a, T, F: FnMut(T, Result<Answer, AskError>) -> Result<Next>> Run<'a, T, F> {
    fn new(
        client: &'a Client,
        (to_threads, from_threads): (Sender<Prepared>, Receiver<Finished>),
        halt: &'a Halt,
        on_answer: F,
    ) -> Self {
        Self {
            client,
            to_threads,
            from_threads,
            halt,
            on_answer,
            waiting: HashMap::new(),
            n_waiting: 0,
            held: None,
            n_failures_in_a_row: 0,
            end: None,
            failure: None,
            goodbye_ends: None,
            totals: Totals::default(),
        }
    }

    fn all(mut self, mut asks: impl Iterator<Item = (T, Ask)>) -> Result<Totals> {
        let before = self.client.line.budget.spent();
        loop {
            let has_more = self.fill(&mut asks);
            if self.waiting.is_empty() && !has_more {
                break;
            }
            self.receive();
        }
        let spent = self.client.line.budget.spent();
        self.totals.n_calls = spent.calls - before.calls;
        self.totals.cost = self.client.line.budget.cost(self.totals.tokens);
        self.totals.end = self.end.unwrap_or(End::Done);
        if let Some(cache) = &self.client.cache {
            cache.borrow().sync()?;
        }
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self.totals),
        }
    }

    /// Begins asks while there is room; returns whether an ask is held back.
    fn fill(&mut self, asks: &mut impl Iterator<Item = (T, Ask)>) -> bool {
        while self.has_room() {
            let next = match self.held.take() {
                Some(held) => Ok(held),
                None => match asks.next() {
                    Some((tag, ask)) => self.client.prepare(ask).map(|prepared| (tag, prepared)),
                    None => return false,
                },
            };
            let begun = next.and_then(|(tag, prepared)| self.begin(tag, prepared));
            if let Err(error) = begun {
                self.fail(error);
            }
            if self.held.is_some() {
                return true;
            }
        }
        false
    }

    fn has_room(&mut self) -> bool {
        self.look_for_interrupt();
        let concurrency = self.client.concurrency;
        self.end.is_none()
            && self.waiting.len() < concurrency * LOOK_AHEAD
            && self.n_waiting < concurrency * MOST_WAITING
    }

    /// Answers an ask from the cache, lets it wait for an equal one, or sends it to the threads.
    fn begin(&mut self, tag: T, prepared: Prepared) -> Result<()> {
        if let Some(tags) = self.waiting.get_mut(&prepared.id) {
            tags.push(tag);
            self.n_waiting += 1;
            return Ok(());
        }
        let kept = match &self.client.cache {
            Some(cache) => cache.borrow_mut().get(&prepared.id)?,
            None => None,
        };
        if let Some(answer) = kept {
            self.totals.n_from_cache += 1;
            return self.deliver(tag, Ok(answer));
        }
        let budget = &self.client.line.budget;
        if !self.waiting.is_empty() && budget.is_untried() {
            self.held = Some((tag, prepared));
            return Ok(());
        }
        match budget.reserve(prepared.guess) {
            Err(Exhausted::Cost(_)) if !self.waiting.is_empty() => self.held = Some((tag, prepared)),
            Err(exhausted) => self.stop(End::OutOfBudget(exhausted)),
            Ok(reserved) => {
                let prepared = Prepared { reserved, ..prepared };
                self.waiting.insert(prepared.id.clone(), vec![tag]);
                self.n_waiting += 1;
                self.to_threads.send(prepared).ok().context("the calling threads have ended")?;
            }
        }
        Ok(())
    }

    /// Waits for the next ask that is done, or a moment.
    fn receive(&mut self) {
        match self.from_threads.recv_timeout(TICK) {
            Ok(finished) => {
                if let Err(error) = self.take(finished) {
                    self.fail(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => self.look_for_interrupt(),
            Err(RecvTimeoutError::Disconnected) => self.waiting.clear(),
        }
        if self.goodbye_ends.is_some_and(|end| end < Instant::now()) {
            self.client.line.server.shut_down();
        }
    }

    fn take(&mut self, Finished { id, outcome }: Finished) -> Result<()> {
        let tags = self.waiting.remove(&id).unwrap_or_default();
        self.n_waiting -= tags.len();
        match outcome {
            Outcome::Answered(answer, tokens) => self.answered(&id, tags, (answer, tokens)),
            Outcome::Failed(error) => self.failed(tags, error),
            Outcome::GivenUp(exhausted) => {
                exhausted.into_iter().for_each(|exhausted| self.stop(End::OutOfBudget(exhausted)));
                Ok(())
            }
        }
    }

    /// The answer is kept before anything is done with it.
    fn answered(&mut self, id: &AskId, tags: Vec<T>, (answer, tokens): (Answer, Tokens)) -> Result<()> {
        let answer = Answer { answered_at: Some(self.client.clock.now()), ..answer };
        self.n_failures_in_a_row = 0;
        self.totals.n_answers += 1;
        self.totals.n_shared += tags.len().saturating_sub(1);
        self.totals.tokens += tokens;
        if let Some(cache) = &self.client.cache {
            cache.borrow_mut().put(id, &self.client.line.server, (&answer, tokens))?;
        }
        tags.into_iter().try_for_each(|tag| self.deliver(tag, Ok(answer.clone())))
    }

    fn failed(&mut self, tags: Vec<T>, error: AskError) -> Result<()> {
        // A question that is too long says nothing of the next one, and neither does one that is refused where others were answered.
        let has_answers = self.totals.n_answers + self.totals.n_from_cache > 0;
        let is_its_own = match error {
            AskError::TooLarge { .. } => true,
            AskError::BadRequest { .. } => has_answers,
            _ => false,
        };
        if !is_its_own {
            self.n_failures_in_a_row += 1;
        }
        *self.totals.failures.entry(error.class()).or_default() += tags.len();
        if error.is_about_the_run() {
            self.stop(End::Refused(error.clone()));
        } else if self.n_failures_in_a_row >= MOST_FAILURES_IN_A_ROW {
            self.stop(End::NothingWorks { n_failures: self.n_failures_in_a_row, last: error.clone() });
        }
        tags.into_iter().try_for_each(|tag| self.deliver(tag, Err(error.clone())))
    }

    fn deliver(&mut self, tag: T, result: Result<Answer, AskError>) -> Result<()> {
        if (self.on_answer)(tag, result)? == Next::Stop {
            self.stop(End::Stopped);
        }
        Ok(())
    }

    fn look_for_interrupt(&mut self) {
        if interrupt::is_requested() && self.goodbye_ends.is_none() {
            self.goodbye_ends = Some(Instant::now() + LONGEST_GOODBYE);
            self.stop(End::Interrupted);
        }
    }

    fn fail(&mut self, error: anyhow::Error) {
        self.stop(End::Stopped);
        self.failure.get_or_insert(error);
    }

    /// Begins no new call; the first reason counts.
    fn stop(&mut self, end: End) {
        self.held = None;
        // What is under way when the budget ends was reserved, and is still called.
        if !matches!(end, End::OutOfBudget(_)) {
            self.halt.raise();
        }
        self.end.get_or_insert(end);
    }
}
