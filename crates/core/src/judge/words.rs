//! The words method: which reply is better, asked in both orders and answered in words.

use super::label::are_logprobs;
use super::reading::{Choice, NoVerdict, PARSER_VERSION, read_ratings, read_verdict};
use super::{Judgment, Rubric, unparsed};
use crate::schema::{JudgeEvidence, Side, Verdict};

/// What becomes of a pair on which the two orders contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFlip {
    /// A tie.
    #[default]
    Tie,
    /// No judgment: [`Verdict::Skip`].
    Abstain,
}

/// How an answer came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending<'a> {
    /// The model ended it.
    Whole,
    /// It reached its most tokens.
    CutOff,
    /// The server says that the model declined.
    Refused,
    /// The server ended it, by its own name for the reason, such as `content_filter`.
    Other(&'a str),
}

/// What a model answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken<'a> {
    /// Its words.
    pub text: &'a str,
    /// How they ended; what the model did not end holds no verdict, because the end could have been another one.
    pub ending: Ending<'a>,
}

impl<'a> Spoken<'a> {
    /// An answer that ended by itself.
    pub fn whole(text: &'a str) -> Self {
        Self { text, ending: Ending::Whole }
    }

    /// An answer that ended by itself, or else reached its most tokens.
    pub fn new(text: &'a str, is_whole: bool) -> Self {
        Self { text, ending: if is_whole { Ending::Whole } else { Ending::CutOff } }
    }

    fn verdict(self) -> Result<Choice, NoVerdict> {
        self.to_the_end().and_then(read_verdict)
    }

    pub(super) fn ratings(self, rubric: &Rubric) -> Result<Vec<f64>, NoVerdict> {
        self.to_the_end().and_then(|text| read_ratings(text, rubric))
    }

    fn to_the_end(self) -> Result<&'a str, NoVerdict> {
        match self.ending {
            Ending::Whole => Ok(self.text),
            Ending::CutOff => Err(NoVerdict::CutOff),
            Ending::Refused => Err(NoVerdict::Refusal),
            Ending::Other(_) => Err(NoVerdict::Ended),
        }
    }

    /// A reason in a few words, with the server's own name for it where there is one.
    pub(super) fn why(self, reason: NoVerdict) -> String {
        const MOST_CHARS: usize = 40;
        match self.ending {
            Ending::Other(name) => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(MOST_CHARS).collect();
                format!("{} ({name})", reason.as_str())
            }
            _ => reason.as_str().to_owned(),
        }
    }
}

/// The verdict from the answers in both orders: the canonical first shown as A, then the canonical second.
///
/// What both orders say is kept.
/// Where they say different things, position or chance has spoken, and `on_flip` decides.
/// Where one of them holds no verdict, the pair has none: [`Verdict::Unparsed`].
pub fn judge_words(answers: [Spoken<'_>; 2], on_flip: OnFlip) -> Judgment {
    let readings = answers.map(Spoken::verdict);
    let [one, other] = readings;
    let verdicts = [verdict_of(one, Side::First), verdict_of(other, Side::Second)];
    let evidence = JudgeEvidence {
        verdict_by_order: Some(verdicts),
        raw_text_by_order: Some(answers.map(|answer| answer.text.to_owned())),
        raw_text: because("verdict", answers, &readings),
        ..heard()
    };
    let verdict = match verdicts {
        [one, other] if one == other => one,
        verdicts if verdicts.contains(&Verdict::Unparsed) => Verdict::Unparsed,
        _ => match on_flip {
            OnFlip::Tie => Verdict::Strength(0),
            OnFlip::Abstain => Verdict::Skip,
        },
    };
    Judgment { verdict, evidence }
}

/// The verdict from one answer, with the response of `shown_first` shown as A.
///
/// A judge that likes what stands first is believed here; that is why both orders are the rule.
pub fn judge_words_in_one_order(answer: Spoken<'_>, shown_first: Side) -> Judgment {
    let reading = answer.verdict();
    let raw_text = match reading {
        Ok(_) => answer.text.to_owned(),
        Err(reason) => format!("{}: {}", answer.why(reason), answer.text),
    };
    let evidence = JudgeEvidence { raw_text: Some(raw_text), ..heard() };
    Judgment { verdict: verdict_of(reading, shown_first), evidence }
}

/// The evidence that every reading carries.
fn heard() -> JudgeEvidence {
    JudgeEvidence {
        method: "words".to_owned(),
        parser: Some(PARSER_VERSION.to_owned()),
        ..JudgeEvidence::default()
    }
}

fn verdict_of(reading: Result<Choice, NoVerdict>, shown_first: Side) -> Verdict {
    reading.map_or(Verdict::Unparsed, |choice| choice.verdict(shown_first))
}

/// Why there is not `what` was asked for, where an answer holds none.
pub(super) fn because<T>(
    what: &str,
    answers: [Spoken<'_>; 2],
    readings: &[Result<T, NoVerdict>; 2],
) -> Option<String> {
    let both = answers.iter().zip(readings);
    let reasons = both.filter_map(|(answer, reading)| Some(answer.why(*reading.as_ref().err()?)));
    let reasons: Vec<String> = reasons.collect();
    (!reasons.is_empty()).then(|| format!("no {what}: {}", reasons.join(" and ")))
}

/// The verdict from what a server offers of its answer's first token: each likely token with its log-probability in nats, in both orders.
///
/// A label's probability is the sum over the tokens that are that label and white space.
/// One that is not among the likely tokens gets the most that it can have: no more than the least of them, and than what all of them leave.
/// That is never taken to be below one in a million, because servers round, and some name a single token.
/// Numbers that are no log-probabilities are not believed.
/// See [`judge_label`](super::judge_label) for the rest.
pub fn judge_first_tokens(orders: [&[(String, f64)]; 2], tie_band: f64) -> Judgment {
    let nats = |tokens: &[(String, f64)]| tokens.iter().map(|(_, nats)| *nats).collect::<Vec<_>>();
    if let Some(tokens) = orders.iter().find(|tokens| !are_logprobs(&nats(tokens))) {
        return unparsed("label", format!("the server's numbers are no log-probabilities: {tokens:?}"));
    }
    let labels = orders.map(label_logprobs);
    match labels {
        [Some(one), Some(other)] => super::judge_label(one, other, tie_band),
        _ => unparsed("label", format!("the likeliest first tokens are no labels: {}", shown(orders))),
    }
}

/// The log-probabilities of the two labels; none where neither is among the tokens.
fn label_logprobs(tokens: &[(String, f64)]) -> Option<super::LabelLogprobs> {
    let mass = |label: &str| -> f64 {
        let is_label = |token: &&(String, f64)| token.0.trim() == label;
        tokens.iter().filter(is_label).map(|(_, nats)| libm::exp(*nats)).sum()
    };
    let masses = super::LABELS.map(mass);
    if masses.iter().all(|mass| *mass <= 0.0) {
        return None;
    }
    let least = tokens.iter().map(|(_, nats)| libm::exp(*nats)).fold(1.0, f64::min);
    let total: f64 = tokens.iter().map(|(_, nats)| libm::exp(*nats)).sum();
    let most = least.min(1.0 - total).max(1e-6);
    Some(masses.map(|mass| libm::log(if mass > 0.0 { mass } else { most })))
}

fn shown(orders: [&[(String, f64)]; 2]) -> String {
    let first = |tokens: &[(String, f64)]| {
        tokens.first().map_or("nothing".to_owned(), |(token, _)| format!("{token:?}"))
    };
    orders.map(first).join(" and ")
}
