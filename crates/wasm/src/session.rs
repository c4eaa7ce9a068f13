//! An annotator's way through a study, stored vote by vote.

use crate::browser::{Head, Lock, Storage, error, from_js, to_js};
use crate::views::{
    Answered, Batch, Imported, Progress, QualificationState, Question, QuestionResult, StudyInfo, Taken, Turn,
};
use std::cell::RefCell;
use tiebreak_core::blind::ChainProblem;
use tiebreak_core::schema::{Verdict, Vote, read_records, to_line};
use tiebreak_core::study::{Answer, Choice, Session, Study, Timing};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// One annotator in one study, in one tab.
#[wasm_bindgen]
pub struct StudySession {
    session: RefCell<Session>,
    head: RefCell<Head>,
    /// Votes that could not be stored yet; the next one takes them along.
    unstored: RefCell<Vec<(u64, String)>>,
    /// None where the browser has no storage: then votes live as long as the tab.
    storage: Option<Storage>,
    _lock: Option<Lock>,
}

#[wasm_bindgen]
impl StudySession {
    /// Opens a study for an annotator, with the votes that this browser holds.
    ///
    /// Throws `study` for a study that cannot be used, `session` for a wrong annotator or slot, and `locked` where another tab has it open.
    pub async fn open(bytes: Vec<u8>, annotator: String, slot: Option<u32>) -> Result<StudySession, JsValue> {
        let study = Study::read(&bytes).map_err(|problem| error("study", problem))?;
        let (id, title) = (study.id.clone(), study.settings.title.clone());
        let mut session =
            Session::new(study, &annotator, slot).map_err(|problem| error("session", problem))?;
        let (lock, has_locks) = Lock::take(&format!("tiebreak {id} {annotator}")).await;
        if has_locks && lock.is_none() {
            return Err(error(
                "locked",
                "this study is open in another tab; go on there, or close it and load this page again",
            ));
        }
        let key = [id.as_str(), annotator.as_str()];
        let storage = Storage::open().await.ok();
        let mut head = Head { title, ..Head::default() };
        if let Some(storage) = &storage {
            head = storage.head(&key).await?.unwrap_or(head);
            let lines = storage.votes(&key).await?.join("\n");
            let stored = read_records::<Vote>(lines.as_bytes(), "this browser's votes").into_records();
            session.restore(stored).map_err(|problem| error("session", problem))?;
            storage.put_head(&key, &head).await?;
        }
        Ok(Self {
            session: RefCell::new(session),
            head: RefCell::new(head),
            unstored: RefCell::default(),
            storage,
            _lock: lock,
        })
    }

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
        let unsaved = self.last_number().saturating_sub(self.head.borrow().saved);
        to_js(&Progress { done: progress.done, total: progress.total, unsaved })
    }

    fn last_number(&self) -> u64 {
        self.session.borrow().votes().last().and_then(|vote| vote.number).unwrap_or(0)
    }

    /// A qualification question.
    pub fn question(&self, index: usize) -> Result<JsValue, JsValue> {
        let session = self.session.borrow();
        let question = session.study().qualification.questions.get(index);
        let question = question.ok_or_else(|| error("session", format!("there is no question {index}")))?;
        to_js(&Question { messages: &question.messages, responses: &question.responses })
    }

    /// Takes an answer to a qualification question and tells whether it was right, and why.
    pub async fn answer_question(&self, index: usize, choice: JsValue) -> Result<JsValue, JsValue> {
        let given = match from_js(&choice)? {
            Choice::Strength(strength) => Verdict::Strength(strength),
            Choice::BothBad => Verdict::BothBad,
            Choice::Skip => Verdict::Skip,
            Choice::Flag => Verdict::Flag,
        };
        let told = {
            let session = self.session.borrow();
            let question = session.study().qualification.questions.get(index);
            let question =
                question.ok_or_else(|| error("session", format!("there is no question {index}")))?;
            let right = question.accepts(given);
            QuestionResult { right, verdict: question.verdict, reason: question.reason.clone() }
        };
        let is_next = self.head.borrow().qualification.len() == index;
        // The first answer counts.
        if is_next {
            self.head.borrow_mut().qualification.push(told.right);
            self.store_head().await?;
        }
        to_js(&told)
    }

    /// How the qualification stands.
    pub fn qualification(&self) -> Result<JsValue, JsValue> {
        let session = self.session.borrow();
        let questions = session.study().qualification.questions.len();
        let answers = self.head.borrow().qualification.clone();
        let right = answers.iter().filter(|right| **right).count();
        let needed = session.study().settings.pass_share * questions as f64;
        let passed = (answers.len() >= questions).then_some(right as f64 >= needed);
        to_js(&QualificationState { answered: answers.len(), right, passed })
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
        let Some(storage) = &self.storage else { return Ok(()) };
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

    /// All votes as JSON lines.
    pub fn export(&self) -> String {
        self.session.borrow().to_lines()
    }

    /// Notes that votes up to this number are in a file.
    pub async fn mark_saved(&self, number: u32) -> Result<(), JsValue> {
        {
            // A number that no vote has must not make later votes count as safe.
            let number = self.last_number().min(number.into());
            let mut head = self.head.borrow_mut();
            head.saved = head.saved.max(number);
        }
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

    /// Notes that votes up to this number were delivered.
    pub async fn mark_sent(&self, number: u32) -> Result<(), JsValue> {
        {
            let mut head = self.head.borrow_mut();
            head.sent = head.sent.max(number.into());
            head.saved = head.saved.max(number.into());
        }
        self.store_head().await
    }

    /// Takes up a file of votes that was saved earlier, on this machine or another.
    pub async fn import(&self, text: String) -> Result<JsValue, JsValue> {
        let read = read_records::<Vote>(text.as_bytes(), "the file");
        let problems = read.problems.iter().map(ToString::to_string).collect();
        let votes = read.into_records();
        let before = self.session.borrow().votes().len();
        let chain =
            self.session.borrow_mut().restore(votes.clone()).map_err(|problem| error("session", problem))?;
        let receipts = chain.iter().map(|problem| describe(problem, self.session.borrow().votes())).collect();
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

    /// Removes everything of this study and annotator from this browser.
    pub async fn erase(&self) -> Result<(), JsValue> {
        let (study, annotator) = self.key();
        match &self.storage {
            Some(storage) => storage.erase(&[&study, &annotator]).await,
            // Nothing was kept.
            None => Ok(()),
        }
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
