//! A session's votes on their way out, back in, and away.

use super::StudySession;
use crate::browser::{error, to_js};
use crate::held::Head;
use crate::views::{Batch, Imported};
use tiebreak_core::blind::ChainProblem;
use tiebreak_core::schema::{Vote, read_records, to_line};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl StudySession {
    /// All votes as JSON lines.
    pub fn export(&self) -> String {
        self.session.borrow().to_lines()
    }

    /// What this browser holds of the session and nobody can read, as it is stored: lines that are no votes, and notes beside them.
    pub fn unreadable(&self) -> Vec<String> {
        self.unreadable.clone()
    }

    /// Notes that votes up to this number are in a file.
    pub async fn mark_saved(&self, number: f64) -> Result<(), JsValue> {
        self.mark(number, |head, number| head.saved = head.saved.max(number)).await
    }

    /// Notes that votes up to this number were delivered.
    pub async fn mark_sent(&self, number: f64) -> Result<(), JsValue> {
        self.mark(number, |head, number| {
            head.sent = head.sent.max(number);
            head.saved = head.saved.max(number);
        })
        .await
    }

    async fn mark(&self, number: f64, note: fn(&mut Head, u64)) -> Result<(), JsValue> {
        let last = self.session.borrow().votes().last().and_then(|vote| vote.number).unwrap_or(0);
        // A number that no vote has must not make later votes count as safe.
        note(&mut self.head.borrow_mut(), last.min(number as u64));
        self.store_head().await
    }

    /// The votes that were not delivered yet.
    pub fn unsent(&self) -> Result<JsValue, JsValue> {
        let sent = self.head.borrow().sent;
        let session = self.session.borrow();
        let votes: Vec<&Vote> =
            session.votes().iter().filter(|vote| vote.number.is_some_and(|number| number > sent)).collect();
        let Some(last) = votes.last().and_then(|vote| vote.number) else { return Ok(JsValue::UNDEFINED) };
        let lines = votes.iter().map(|vote| to_line(*vote) + "\n").collect();
        to_js(&Batch { lines, last, count: votes.len() })
    }

    /// Takes up a file of votes that was saved earlier, on this machine or another.
    pub async fn import(&self, text: String) -> Result<JsValue, JsValue> {
        let read = read_records::<Vote>(text.as_bytes(), "the file");
        let problems = read.problems.iter().map(ToString::to_string).collect();
        let votes = read.into_records();
        let before = self.session.borrow().votes().len();
        let is_new = |vote: &&Vote| !self.session.borrow().votes().contains(vote);
        let new: Vec<u64> = votes.iter().filter(is_new).filter_map(|vote| vote.number).collect();
        let chain =
            self.session.borrow_mut().restore(votes.clone()).map_err(|problem| error("session", problem))?;
        let receipts = chain.iter().map(|problem| describe(problem, self.session.borrow().votes())).collect();
        self.head.borrow_mut().loaded(new);
        if self.storage.is_some() {
            self.store_votes(votes.iter().map(|vote| (vote.number.unwrap_or(0), to_line(vote)))).await?;
        }
        let taken = self.session.borrow().votes().len() - before;
        to_js(&Imported { taken, problems, receipts })
    }

    /// What the annotator takes away at the end.
    pub fn completion(&self) -> Result<JsValue, JsValue> {
        match self.session.borrow().completion() {
            Some(completion) => to_js(&completion),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// The receipt of the last vote.
    pub fn receipt(&self) -> String {
        self.session.borrow().last_receipt().to_owned()
    }

    /// Removes everything of this study and annotator from this browser; what still runs stores nothing any more.
    pub async fn erase(&self) -> Result<(), JsValue> {
        self.is_erased.set(true);
        let (study, annotator) = self.key();
        let erased = match &self.storage {
            Some(storage) => storage.erase(&[&study, &annotator]).await,
            // Nothing was kept.
            None => Ok(()),
        };
        self.is_erased.set(erased.is_ok());
        erased
    }
}

/// A problem of `votes` by their numbers, which the annotator and the researcher see; their places in the list nobody does.
fn describe(problem: &ChainProblem, votes: &[Vote]) -> String {
    let name = |at: usize| match votes.get(at).and_then(|vote| vote.number) {
        Some(number) => format!("vote {number}"),
        None => "a vote without a number".to_owned(),
    };
    match problem {
        ChainProblem::Missing { at } => format!("{} has no receipt", name(*at)),
        ChainProblem::Broken { at } => {
            format!("{} was changed, or the one before it is missing", name(*at))
        }
        // What follows the same vote has the same number.
        ChainProblem::Branch { at } => {
            let first = at.first().map_or_else(String::new, |at| name(*at));
            format!("the work went on in two places: {first} is there {} times", at.len())
        }
    }
}
