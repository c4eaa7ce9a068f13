//! How a model's numbers become a verdict; the model itself is elsewhere.
//!
//! - [`judge_label`] reads a comparison that the model was asked to make, in both orders ([`label_prompt`]).
//! - [`judge_likelihood`] asks nothing: it compares how much more probable the prompt makes each response.
//!
//! Both return a [`Judgment`], which a [`Judge`] signs and makes a [`Vote`].
//! How far its votes can be trusted is measured against people's, see [`card`], with [`calibration`] and [`selective`] below it; [`panel`] makes one vote of several judges'.
//!
//! A number that is not finite, a response without text and a model that hardly answers with a label give [`Verdict::Unparsed`], never a strength.

pub mod calibration;
pub mod card;
mod label;
mod likelihood;
pub mod panel;
pub mod selective;
mod template;
#[cfg(test)]
mod tests;

pub use label::{LABELS, LEAST_LABEL_MASS, LabelLogprobs, judge_label, label_prompt};
pub use likelihood::{LikelihoodSettings, judge_likelihood, repetition};
pub use template::{Template, TemplateError};

use crate::schema::{
    Annotator, AnnotatorKind, JudgeEvidence, ModelReference, Pair, TemplateReference, Verdict, Vote,
};
use jiff::Timestamp;

/// A verdict, and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgment {
    /// −1 (the canonical first is better), 0 inside the tie band, 1, or unparsed.
    pub verdict: Verdict,
    /// The numbers behind it.
    pub evidence: JudgeEvidence,
}

/// How a judge comes to its verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// By the log-probabilities of two labels, asked with this template.
    Label(TemplateReference),
    /// By the likelihood of the responses.
    Likelihood,
}

impl Method {
    /// The name as it stands in records: `label` or `likelihood`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Label(_) => "label",
            Self::Likelihood => "likelihood",
        }
    }
}

/// A model together with a method: what signs votes.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// The method.
    pub method: Method,
    /// The model.
    pub model: ModelReference,
}

impl Judge {
    /// Who votes, such as `judge:likelihood:tiebreak-demo:0123456789ab`.
    ///
    /// The last part is the start of the file's SHA-256, or `unknown`.
    /// A label judge's name goes on with its template, such as `:pairwise@1.0.0`: the same model asked otherwise is another judge.
    pub fn annotator(&self) -> Annotator {
        let name: String =
            self.model.name.chars().map(|c| if c == ':' || c.is_control() { '-' } else { c }).collect();
        let hash = self.model.sha256.as_deref().and_then(|hash| hash.get(..12)).unwrap_or("unknown");
        let mut id = format!("judge:{}:{name}:{hash}", self.method.name());
        if let Method::Label(template) = &self.method {
            id.push_str(&format!(":{}@{}", template.name, template.version));
        }
        Annotator { id, kind: AnnotatorKind::Judge }
    }

    /// The judgment of `pair` as a vote.
    pub fn vote(
        &self,
        prompt_id: &str,
        pair: &Pair<'_>,
        judgment: Judgment,
        decided_at: Option<Timestamp>,
    ) -> Vote {
        let template = match &self.method {
            Method::Label(template) => Some(template.clone()),
            Method::Likelihood => None,
        };
        let evidence = JudgeEvidence {
            method: self.method.name().to_owned(),
            template,
            model: Some(self.model.clone()),
            ..judgment.evidence
        };
        // The label method sees both orders, and the likelihood has none: nothing is shown first.
        let responses = [pair.first.id.clone(), pair.second.id.clone()];
        let vote =
            Vote::new(pair.id.clone(), prompt_id.to_owned(), responses, self.annotator(), judgment.verdict);
        Vote { decided_at, judge: Some(evidence), ..vote }
    }
}

/// The verdict that `log_odds` for the canonical first give.
///
/// The caller has made sure that they are finite.
fn verdict(log_odds: f64, tie_band: f64) -> Verdict {
    if log_odds > tie_band {
        Verdict::Strength(-1)
    } else if log_odds < -tie_band {
        Verdict::Strength(1)
    } else {
        Verdict::Strength(0)
    }
}

/// The judgment of numbers that hold no verdict; JSON cannot store them, so they stand in words.
fn unparsed(method: &str, numbers: String) -> Judgment {
    let evidence =
        JudgeEvidence { method: method.to_owned(), raw_text: Some(numbers), ..JudgeEvidence::default() };
    Judgment { verdict: Verdict::Unparsed, evidence }
}
