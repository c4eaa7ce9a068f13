//! Votes and ratings: what people and judges say of responses.

use super::Extra;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of annotator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AnnotatorKind {
    /// A person.
    Human,
    /// A person whose word takes precedence.
    Expert,
    /// A model that compares.
    Judge,
    /// A model that compares a revision with its original.
    Constitution,
}

impl AnnotatorKind {
    /// Whether it is a person, an expert among them, and no model.
    pub fn is_person(self) -> bool {
        matches!(self, Self::Human | Self::Expert)
    }
}

/// Who voted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Annotator {
    /// Stable over time; for a judge its method and model.
    pub id: String,
    /// The kind.
    pub kind: AnnotatorKind,
}

/// What ids of annotators begin with where a source of votes names none: these are voices, and nobody knows whether two votes of one are a single person's.
pub const UNNAMED_PREFIX: &str = "import:";

/// What was said of a pair; "first" is always the canonical order, that of the responses' ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// −3 (the first is much better) to 3 (the second is much better); 0 is a tie.
    Strength(i8),
    /// Neither may be shown to a customer.
    BothBad,
    /// No judgment was given.
    Skip,
    /// Something is wrong with the pair itself.
    Flag,
    /// A judge's answer that holds no verdict.
    Unparsed,
}

/// Which of two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The one that comes first in canonical order.
    First,
    /// The other.
    Second,
}

/// Which text a judge was asked with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct TemplateReference {
    /// The template's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its text, in lower-case hex.
    pub hash: String,
}

/// How likely a model finds one response, per token and in nats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct LikelihoodScore {
    /// Mean log p(token | prompt, tokens before).
    pub conditional_nats: f64,
    /// Mean log p(token | no prompt, tokens before).
    pub unconditional_nats: f64,
    /// Log-probability that the response ends where it ends.
    pub end_nats: f64,
    /// The share of its runs of three words that stood in it before, 0 to 1.
    #[serde(default)]
    pub repetition: f64,
    /// Log-probability that the response fits the prompt, by the model's reward head, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_nats: Option<f64>,
}

/// What a judge computed on the way to its verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct JudgeEvidence {
    /// How it judged: `likelihood`, `label`, `words` or `ratings`; for a panel `panel-dawid-skene` or `panel-median`.
    pub method: String,
    /// The text it was asked with, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateReference>,
    /// For a panel, the annotator ids of the judges whose votes it pools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "types", ts(as = "Option<Vec<String>>"))]
    pub members: Vec<String>,
    /// Log-odds that the canonical first is better, in nats: shown first, then shown second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_odds_by_order: Option<[f64; 2]>,
    /// Log-odds that the canonical first is better, on which the verdict rests, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_odds: Option<f64>,
    /// Half the difference of the two orders: what standing first is worth, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_bias: Option<f64>,
    /// What the judge said in each order, in canonical terms: the canonical first shown first, then shown second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict_by_order: Option<[Verdict; 2]>,
    /// The probability that the judge answers with a label at all, 0 to 1: the canonical first shown first, then shown second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_mass_by_order: Option<[f64; 2]>,
    /// The means of the ratings that the canonical first and second response got, in points of the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_ratings: Option<[f64; 2]>,
    /// The scores of the canonical first and second response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<[LikelihoodScore; 2]>,
    /// How much of the likelihood without the prompt is taken away in the likelihood's score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconditional_weight: Option<f64>,
    /// How much the log-probability of the end counts in the likelihood's score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_weight: Option<f64>,
    /// How much repetition counts in the likelihood's score, in nats a token for a text that is nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition_weight: Option<f64>,
    /// How much the reward head counts in the likelihood's score; none where the model has no such head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_weight: Option<f64>,
    /// Differences of at most this count as a tie, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie_band: Option<f64>,
    /// The model that judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<super::ModelReference>,
    /// The version of the rules that its words were read by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parser: Option<String>,
    /// The judge's own words: the canonical first shown first, then shown second; for ratings, those of the first and of the second response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_text_by_order: Option<[String; 2]>,
    /// The judge's own words, where it wrote some once, or why there is no verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_text: Option<String>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where in a study a pair was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct ShownIn {
    /// The study's id.
    pub study: String,
    /// The item's id in the study.
    pub item: String,
    /// How often the annotator had seen the pair before.
    #[serde(default)]
    pub repeat: u32,
}

/// How a vote came about on a screen; all times in milliseconds since the pair was shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Interaction {
    /// When the first key or pointer was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_input_ms: Option<u64>,
    /// How often the answer was changed before it was given.
    #[serde(default)]
    pub changes: u32,
    /// What gave the answer: `key`, `pointer` or `touch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Width and height of the window in CSS pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewport: Option<[u32; 2]>,
}

/// One annotator's word on one pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Vote {
    /// The pair's id, see [`pair_id`](super::pair_id).
    pub pair: String,
    /// The prompt's id.
    pub prompt_id: String,
    /// The ids of the pair's responses, the canonical first one first.
    pub responses: [String; 2],
    /// Who voted.
    pub annotator: Annotator,
    /// What was said.
    pub verdict: Verdict,
    /// Which of the two was shown first; none where there is no order, as with the likelihood judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_first: Option<Side>,
    /// Short reasons, from the guidelines' criteria.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "types", ts(as = "Option<Vec<String>>"))]
    pub reasons: Vec<String>,
    /// The reason in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// The annotator's confidence, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The version of the guidelines in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guideline_version: Option<String>,
    /// When the pair was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub shown_at: Option<Timestamp>,
    /// When the vote was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub decided_at: Option<Timestamp>,
    /// How long the pair was looked at, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_ms: Option<u64>,
    /// The study that the pair was shown in, and its place there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_in: Option<ShownIn>,
    /// How the vote came about on the screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<Interaction>,
    /// Counts an annotator's votes in a study, from 1; of several on one item the last counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The receipt that chains it to the vote before, see [`receipt`](crate::blind::receipt()).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// For a judge, what the verdict rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<Box<JudgeEvidence>>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Vote {
    /// A vote that says nothing but its verdict.
    pub fn new(
        pair: String,
        prompt_id: String,
        responses: [String; 2],
        annotator: Annotator,
        verdict: Verdict,
    ) -> Self {
        Self {
            pair,
            prompt_id,
            responses,
            annotator,
            verdict,
            shown_first: None,
            reasons: Vec::new(),
            rationale: None,
            confidence: None,
            guideline_version: None,
            shown_at: None,
            decided_at: None,
            active_ms: None,
            shown_in: None,
            interaction: None,
            number: None,
            receipt: None,
            judge: None,
            extra: Extra::new(),
        }
    }
}

/// One annotator's score of one response on one criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Rating {
    /// The prompt's id, since a response's id is unique in its sample alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<String>,
    /// The response's id.
    pub response: String,
    /// Who rated.
    pub annotator: Annotator,
    /// What was rated, such as `helpfulness`.
    pub criterion: String,
    /// The score, from `scale_low` to `scale_high`.
    pub value: f64,
    /// The lowest score there is.
    pub scale_low: f64,
    /// The highest score there is.
    pub scale_high: f64,
    /// The version of the guidelines in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guideline_version: Option<String>,
    /// When the response was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub shown_at: Option<Timestamp>,
    /// When the score was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub decided_at: Option<Timestamp>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}
