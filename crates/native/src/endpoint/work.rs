//! What each calling thread does: take an ask, wait for its turn, call, and call again where that helps.

use super::ask::{estimated_tokens, Answer};
use super::budget::{Exhausted, Tokens};
use super::cache::AskId;
use super::client::{Line, Prepared};
use super::error::AskError;
use super::wait::{backoff, Halt};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Mutex, PoisonError};

/// What came of an ask.
pub(super) enum Outcome {
    Answered(Answer, Tokens),
    /// It failed for good.
    Failed(AskError),
    /// It was given up because the run ends; the next start asks it.
    GivenUp(Option<Exhausted>),
}

/// An ask that a thread is done with.
pub(super) struct Finished {
    pub id: AskId,
    pub outcome: Outcome,
}

/// Works until no more asks come; the budget of an ask's first call is reserved already.
pub(super) fn work(line: &Line, asks: &Mutex<Receiver<Prepared>>, finished: &Sender<Finished>, halt: &Halt) {
    loop {
        let next = asks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(prepared) = next else { return };
        let outcome = answer(line, &prepared, halt);
        if finished.send(Finished { id: prepared.id, outcome }).is_err() {
            return;
        }
    }
}

fn answer(line: &Line, prepared: &Prepared, halt: &Halt) -> Outcome {
    let (mut attempt, mut reserved) = (0, prepared.reserved);
    loop {
        if !line.pace.wait(reserved.total(), halt) {
            line.budget.release(reserved);
            return Outcome::GivenUp(None);
        }
        let error = match call(line, prepared, reserved) {
            Ok((answer, tokens)) => return Outcome::Answered(answer, tokens),
            Err(error) => error,
        };
        if error.is_about_the_run() {
            // No ask that is prepared already is to be sent meanwhile.
            halt.raise();
        }
        if !error.is_passing() || attempt == line.retries {
            return Outcome::Failed(error);
        }
        if let Some(wait) = error.wait() {
            line.pace.hold(wait);
        }
        if halt.wait(backoff(prepared.id.as_str(), attempt)) {
            return Outcome::GivenUp(None);
        }
        reserved = match line.budget.reserve(prepared.guess) {
            Ok(reserved) => reserved,
            Err(exhausted) => return Outcome::GivenUp(Some(exhausted)),
        };
        attempt += 1;
    }
}

/// One call, and what it took of the budget and the pace.
fn call(line: &Line, prepared: &Prepared, reserved: Tokens) -> Result<(Answer, Tokens), AskError> {
    let result = line.server.call(&prepared.body).and_then(|answer| {
        // Such an answer is of no use, and is not kept: the server may be set up otherwise the next time.
        let is_lacking = prepared.wants_logprobs && answer.first_token.is_none();
        if is_lacking {
            Err(AskError::NoLogprobs)
        } else {
            Ok(answer)
        }
    });
    let used = match &result {
        Ok(answer) => used(answer, reserved),
        Err(error) if error.may_cost() => reserved,
        Err(_) => Tokens::default(),
    };
    if let Ok(answer) = &result {
        line.budget.learn(prepared.guess, answer.prompt_tokens.unwrap_or(prepared.guess.prompt));
    }
    line.budget.settle(reserved, used);
    line.pace.settle(reserved.total(), used.total());
    result.map(|answer| (answer, used))
}

/// What the server counted, or a guess where it did not.
fn used(answer: &Answer, reserved: Tokens) -> Tokens {
    Tokens {
        prompt: answer.prompt_tokens.unwrap_or(reserved.prompt),
        completion: answer.completion_tokens.unwrap_or_else(|| estimated_tokens(&answer.text)),
    }
}
