//! How a model's numbers and words become a verdict; the model itself is elsewhere.
//!
//! - [`judge_likelihood`] asks nothing: it compares how much more probable the prompt makes each response.
//! - [`judge_label`] reads a comparison that the model was asked to make ([`Template::ask_pair`]) from the log-probabilities of two labels, in both orders.
//! - [`judge_words`] reads it from what the model wrote, in both orders; [`read_verdict`] is the strict reader.
//! - [`judge_ratings`] compares ratings that the model gave to each response by itself ([`Template::ask_ratings`]).
//!
//! All return a [`Judgment`], which a [`Judge`] signs and makes a [`Vote`].
//! How far its votes can be trusted is measured against people's, see [`card`], with [`calibration`] and [`selective`] below it; [`panel`] makes one vote of several judges'.
//!
//! A number that is not finite, a model that hardly answers with a label and an answer without a clear verdict give [`Verdict::Unparsed`], never a strength.
//! So does a pair with a response without text, whatever the method: [`Judge::vote`] lets no verdict on one stand.

#[cfg(test)]
mod asked_tests;
pub mod calibration;
pub mod card;
mod defuse;
mod label;
mod likelihood;
pub mod panel;
mod ratings;
mod reading;
pub mod selective;
mod template;
#[cfg(test)]
mod tests;
mod words;

pub use defuse::defuse;
pub use label::{LABELS, LEAST_LABEL_MASS, LabelLogprobs, judge_label};
pub use likelihood::{LikelihoodSettings, judge_likelihood, repetition};
pub use ratings::judge_ratings;
pub use reading::{Choice, NoVerdict, PARSER_VERSION, read_ratings, read_verdict, without_reasoning};
pub use template::{AnswerForm, Rubric, Template, TemplateError};
pub use words::{Ending, OnFlip, Spoken, judge_first_tokens, judge_words, judge_words_in_one_order};

use crate::schema::{
    Annotator, AnnotatorKind, JudgeEvidence, ModelReference, Pair, Side, TemplateReference, Verdict, Vote,
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

impl Judgment {
    /// The judgment as one of `pair`: unparsed where a response has no text, with its numbers kept and the reason before its words.
    ///
    /// A model that is asked about nothing answers all the same, and what it says then is no preference between two texts.
    pub fn of(self, pair: &Pair<'_>) -> Self {
        let is_blank = |text: &str| text.trim().is_empty();
        let reason = match (is_blank(&pair.first.text), is_blank(&pair.second.text)) {
            (true, true) => "both responses have no text to judge",
            (true, false) => "the first response has no text to judge",
            (false, true) => "the second response has no text to judge",
            (false, false) => return self,
        };
        let raw_text = match self.evidence.raw_text {
            Some(words) => format!("{reason}: {words}"),
            None => reason.to_owned(),
        };
        let evidence = JudgeEvidence { raw_text: Some(raw_text), ..self.evidence };
        Self { verdict: Verdict::Unparsed, evidence }
    }
}

/// How a judge comes to its verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// By the likelihood of the responses.
    Likelihood,
    /// By the log-probabilities of two labels, asked with this template.
    Label(TemplateReference),
    /// By an answer in words to this template.
    Words {
        /// What is asked.
        template: TemplateReference,
        /// Whether each pair is asked about in one order alone.
        one_order: bool,
    },
    /// By ratings of each response, asked for with this template.
    Ratings(TemplateReference),
}

/// How large a model is before it is asked a question, in weights: a rule of thumb, and `tiebreak calibrate` measures what holds for a given one.
///
/// Below it, instruction-tuned models mostly do not follow a question about two replies, and the likelihood of the replies says more.
const LEAST_WEIGHTS_FOR_A_QUESTION: u64 = 1_000_000_000;

impl Method {
    /// The name as it stands in records: `likelihood`, `label`, `words` or `ratings`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Likelihood => "likelihood",
            Self::Label(_) => "label",
            Self::Words { .. } => "words",
            Self::Ratings(_) => "ratings",
        }
    }

    /// The text that the model is asked with, where it is asked.
    pub fn template(&self) -> Option<&TemplateReference> {
        match self {
            Self::Likelihood => None,
            Self::Label(template) | Self::Ratings(template) | Self::Words { template, .. } => Some(template),
        }
    }

    /// The method that suits a model of so many weights where nothing else is known of it: the likelihood for a small one, the label method for others.
    pub fn suited_to(n_weights: u64) -> Self {
        match n_weights < LEAST_WEIGHTS_FOR_A_QUESTION {
            true => Self::Likelihood,
            false => Self::Label(Template::pairwise().reference()),
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
    /// The server that runs it, where that is another: `api.example.com`.
    pub host: Option<String>,
    /// A short name of its settings, where they are not the usual ones.
    pub variation: Option<String>,
}

impl Judge {
    /// A judge in this process with the usual settings.
    pub fn new(method: Method, model: ModelReference) -> Self {
        Self { method, model, host: None, variation: None }
    }

    /// Who votes, such as `judge:likelihood:tiebreak-demo:0123456789ab`.
    ///
    /// The last part is the start of the file's SHA-256, or the server's name, or `unknown`.
    /// The name of a judge that asks goes on with its template, such as `:pairwise@1.0.0`: the same model asked otherwise is another judge.
    /// So is one that is asked in a single order, `:one-order`, and one with other settings, `:~` and their short name.
    pub fn annotator(&self) -> Annotator {
        let clean = |text: &str| -> String {
            text.chars().map(|c| if c == ':' || c.is_control() { '-' } else { c }).collect()
        };
        let hash = self.model.sha256.as_deref().and_then(|hash| hash.get(..12));
        let whence = clean(hash.or(self.host.as_deref()).unwrap_or("unknown"));
        let mut id = format!("judge:{}:{}:{whence}", self.method.name(), clean(&self.model.name));
        if let Some(template) = self.method.template() {
            id.push_str(&format!(":{}@{}", template.name, template.version));
        }
        if matches!(self.method, Method::Words { one_order: true, .. }) {
            id.push_str(":one-order");
        }
        if let Some(variation) = &self.variation {
            id.push_str(&format!(":~{}", clean(variation)));
        }
        Annotator { id, kind: AnnotatorKind::Judge }
    }

    /// The response that is shown first to a judge that sees a pair in one order: keyed by judge and pair, and so balanced.
    pub fn shown_first(&self, pair_id: &str) -> Side {
        crate::blind::shown_first("", &self.annotator().id, pair_id, 0)
    }

    /// The judgment of `pair` as a vote, whose kind is `constitution` where a response is a revision.
    ///
    /// Where a response has no text there is nothing to compare, see [`Judgment::of`].
    pub fn vote(
        &self,
        prompt_id: &str,
        pair: &Pair<'_>,
        judgment: Judgment,
        decided_at: Option<Timestamp>,
    ) -> Vote {
        let judgment = judgment.of(pair);
        let evidence = JudgeEvidence {
            method: self.method.name().to_owned(),
            template: self.method.template().cloned(),
            model: Some(self.model.clone()),
            ..judgment.evidence
        };
        // Where both orders were seen, or none, nothing is shown first.
        let one_order = matches!(self.method, Method::Words { one_order: true, .. });
        let shown_first = one_order.then(|| self.shown_first(&pair.id));
        let responses = [pair.first.id.clone(), pair.second.id.clone()];
        let is_revised = [pair.first, pair.second].iter().any(|response| response.revision.is_some());
        let kind = if is_revised { AnnotatorKind::Constitution } else { AnnotatorKind::Judge };
        let annotator = Annotator { kind, ..self.annotator() };
        let vote = Vote::new(pair.id.clone(), prompt_id.to_owned(), responses, annotator, judgment.verdict);
        Vote { decided_at, shown_first, judge: Some(Box::new(evidence)), ..vote }
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
