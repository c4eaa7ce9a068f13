//! An annotator's way through a study, stored vote by vote.

mod opening;
mod qualification;
mod results;

use crate::browser::{Lock, Storage, error, from_js, to_js};
use crate::held::Head;
use crate::views::{Answered, Progress, StudyInfo, Taken, Turn};
use std::cell::{Cell, RefCell};
use tiebreak_core::schema::to_line;
use tiebreak_core::study::{Answer, Session, Timing};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// One annotator in one study, in one tab.
#[wasm_bindgen]
pub struct StudySession {
    session: RefCell<Session>,
    head: RefCell<Head>,
    /// Votes that could not be stored yet; the next one takes them along.
    unstored: RefCell<Vec<(u64, String)>>,
    /// What this browser holds of the session and nobody can read.
    unreadable: Vec<String>,
    /// None where the browser has no storage: then votes live as long as the tab.
    storage: Option<Storage>,
    /// What still runs must not bring back what was erased.
    is_erased: Cell<bool>,
    _lock: Option<Lock>,
}

#[wasm_bindgen]
impl StudySession {
    /// What the page needs to know of the study.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        let session = self.session.borrow();
        let study = session.study();
        to_js(&StudyInfo {
            id: &study.id,
            settings: &study.settings,
            criteria: &study.guidelines.criteria,
            guidelines: &study.guidelines,
            questions: study.qualification.questions.len(),
            slots: study.lists.len(),
            slot: session.slot(),
            annotator: session.annotator(),
        })
    }

    /// How many turns are done, how many there are, and how many votes are in this browser only.
    pub fn progress(&self) -> Result<JsValue, JsValue> {
        let progress = self.session.borrow().progress();
        let saved = self.head.borrow().saved;
        let session = self.session.borrow();
        let numbers = session.votes().iter().filter_map(|vote| vote.number);
        let unsaved = numbers.filter(|number| *number > saved).count();
        to_js(&Progress { done: progress.done, total: progress.total, unsaved })
    }

    /// The first turn without an answer.
    pub fn next(&self) -> Option<usize> {
        self.session.borrow().next_turn()
    }

    /// A pair as it stands on the screen.
    pub fn turn(&self, turn: usize) -> Result<JsValue, JsValue> {
        let session = self.session.borrow();
        let shown =
            session.shown(turn).ok_or_else(|| error("session", format!("there is no pair {turn}")))?;
        let messages = shown.item.messages.iter().map(|message| message.content.as_str());
        let words = messages.chain(shown.texts).map(|text| text.split_whitespace().count()).sum();
        let answered = session.vote_on(turn).map(|vote| Answered {
            choice: Session::choice_of(vote),
            reasons: &vote.reasons,
            rationale: vote.rationale.as_deref(),
        });
        to_js(&Turn {
            turn,
            messages: &shown.item.messages,
            texts: shown.texts,
            marks: &shown.item.marks,
            words,
            answered,
        })
    }

    /// Takes an answer; resolves when the vote is stored.
    ///
    /// Throws `answer` where the study asks for more, and `storage` where the vote could not be stored:
    /// then this tab holds it, and `export` has it.
    pub async fn vote(&self, turn: usize, answer: JsValue, timing: JsValue) -> Result<JsValue, JsValue> {
        let answer: Answer = from_js(&answer)?;
        let timing: Timing = from_js(&timing)?;
        let made = self.session.borrow().vote(turn, &answer, &timing);
        let vote = made.map_err(|problem| error("answer", problem))?;
        let number = vote.number.unwrap_or(0);
        let line = to_line(&vote);
        self.session.borrow_mut().accept(turn, vote);
        self.head.borrow_mut().drafts.remove(&turn.to_string());
        self.store_votes([(number, line)]).await?;
        to_js(&Taken { number, warnings: self.warnings(turn, &timing) })
    }

    async fn store_votes(&self, lines: impl IntoIterator<Item = (u64, String)>) -> Result<(), JsValue> {
        self.unstored.borrow_mut().extend(lines);
        let storage = self.storage()?;
        let (study, annotator) = self.key();
        let (waiting, head) = (self.unstored.borrow().clone(), self.head.borrow().clone());
        storage.put_votes(&[&study, &annotator], &waiting, &head).await?;
        self.unstored.borrow_mut().retain(|vote| !waiting.contains(vote));
        Ok(())
    }

    fn storage(&self) -> Result<&Storage, JsValue> {
        if self.is_erased.get() {
            return Err(error("storage", "this study was erased from this browser; open it again"));
        }
        self.storage.as_ref().ok_or_else(|| {
            error(
                "storage",
                "this browser keeps nothing for this page; save your votes to a file before you close it",
            )
        })
    }

    fn key(&self) -> (String, String) {
        let session = self.session.borrow();
        (session.study().id.clone(), session.annotator().to_owned())
    }

    async fn store_head(&self) -> Result<(), JsValue> {
        let Some(storage) = self.storage.as_ref().filter(|_| !self.is_erased.get()) else { return Ok(()) };
        let (study, annotator) = self.key();
        let head = self.head.borrow().clone();
        storage.put_head(&[&study, &annotator], &head).await
    }

    fn warnings(&self, turn: usize, timing: &Timing) -> Vec<&'static str> {
        let session = self.session.borrow();
        let warnings = session.study().settings.warnings;
        let words: usize = session
            .shown(turn)
            .map_or(0, |shown| shown.texts.iter().map(|text| text.split_whitespace().count()).sum());
        let least_ms = match warnings.words_per_minute {
            rate if rate > 0.0 => words as f64 / rate * 60_000.0,
            _ => 0.0,
        };
        let run = session.same_side_run();
        let most_run = warnings.same_side_run as usize;
        let mut found = Vec::new();
        if (timing.active_ms as f64) < least_ms {
            found.push("too_fast");
        }
        if most_run > 0 && run >= most_run && run.is_multiple_of(most_run) {
            found.push("same_side");
        }
        found
    }

    /// Keeps what was begun for a turn.
    pub async fn save_draft(&self, turn: usize, draft: JsValue) -> Result<(), JsValue> {
        let draft: serde_json::Value = from_js(&draft)?;
        self.head.borrow_mut().drafts.insert(turn.to_string(), draft);
        self.store_head().await
    }

    /// What was begun for a turn.
    pub fn draft(&self, turn: usize) -> Result<JsValue, JsValue> {
        match self.head.borrow().drafts.get(&turn.to_string()) {
            Some(draft) => to_js(draft),
            None => Ok(JsValue::UNDEFINED),
        }
    }
}
