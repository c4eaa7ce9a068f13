//! The questions that come before the pairs.

use super::StudySession;
use crate::browser::{error, from_js, to_js};
use crate::views::{QualificationState, Question, QuestionResult};
use tiebreak_core::schema::Verdict;
use tiebreak_core::study::Choice;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl StudySession {
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
            // Where it is not stored, the worst is that the question comes again; votes tell when storage fails.
            let _ = self.store_head().await;
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
}
