//! A sample: a prompt and the responses that a model gave to it.

use super::{Extra, Prompt, TemplateReference};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended it, or a stop string was reached.
    Stop,
    /// It reached the most tokens allowed, or the end of the context.
    Length,
}

/// What computed a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// The engine on a processor.
    NativeCpu,
    /// The engine on a GPU.
    Cuda,
    /// The engine in a web page.
    Browser,
    /// A server that was asked over the network.
    Endpoint,
}

/// The settings that one response was sampled with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Sampling {
    /// What logits are divided by, 0 to 10; 0 takes the likeliest token.
    pub temperature: f64,
    /// The nucleus mass, above 0 to 1; 1 keeps all tokens.
    pub top_p: f64,
    /// How many of the likeliest tokens are kept; none keeps all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// The smallest probability kept, as a share of the largest, 0 to 1; 0 keeps all.
    #[serde(default)]
    pub min_p: f64,
    /// What logits of tokens that occurred already are divided by (or multiplied by, where negative); 1 changes nothing.
    #[serde(default = "one")]
    pub repetition_penalty: f64,
    /// The most new tokens.
    pub max_tokens: u32,
    /// Texts that end a response; they are not part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "types", ts(as = "Option<Vec<String>>"))]
    pub stop: Vec<String>,
    /// The run's seed; the draw is keyed by (seed, prompt id, response index).
    pub seed: u64,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

fn one() -> f64 {
    1.0
}

/// Which model a response is from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct ModelReference {
    /// The name that the file gives, or the file's name.
    pub name: String,
    /// SHA-256 of the file, in lower-case hex; none for a server's model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The type of most weights, such as `Q8_0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantization: Option<String>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where a revised response comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Revision {
    /// The id of the response that was revised.
    pub parent: String,
    /// The principle that the critique was asked about.
    pub principle: String,
    /// The critique.
    pub critique: String,
    /// The round, from 1.
    pub round: u32,
    /// Version and hash of the principles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constitution: Option<TemplateReference>,
    /// The texts that critique and revision were asked with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "types", ts(as = "Option<Vec<TemplateReference>>"))]
    pub templates: Vec<TemplateReference>,
    /// How many characters longer than its parent it is; negative where it is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_change: Option<i64>,
    /// The share of words that were changed, 0 to 1, see [`edit_distance`](crate::constitution::edit_distance).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_distance: Option<f64>,
    /// Whether it looks like a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_refusal: Option<bool>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A round of revising that left the response as it was: the critique is kept, and nothing is asked again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unrevised {
    /// The prompt's id.
    pub prompt_id: String,
    /// The id of the response that the rounds began with.
    pub original: String,
    /// The round; its parent is the response that stayed.
    pub revision: Revision,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One response to a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Response {
    /// Unique in its sample; what Tiebreak makes is a hash of prompt and text, see [`response_id`](super::response_id).
    pub id: String,
    /// The text, kept byte for byte.
    pub text: String,
    /// How many tokens were sampled, the one that ended it included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u32>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// What a reasoning model wrote before it, between its marks for that; kept where the run asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// How many tokens that took, which are not among `tokens`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_tokens: Option<u32>,
    /// Mean over its tokens of the model's log-probability (temperature 1, nothing filtered), in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_logprob_nats: Option<f64>,
    /// The settings it was sampled with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelReference>,
    /// What computed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// In a browser the instructions that multiplied, such as `simd128`; all of them give the same bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernels: Option<String>,
    /// When it was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(as = "Option<String>"))]
    pub created_at: Option<Timestamp>,
    /// For a revision, where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Box<Revision>>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A prompt and two or more responses to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Sample {
    /// What was asked.
    pub prompt: Prompt,
    /// The responses, in the order of their indices.
    pub responses: Vec<Response>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Response {
    /// A response of which only the text is known.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
            tokens: None,
            finish_reason: None,
            thinking: None,
            thinking_tokens: None,
            mean_logprob_nats: None,
            sampling: None,
            model: None,
            runtime: None,
            created_at: None,
            kernels: None,
            revision: None,
            extra: Extra::new(),
        }
    }

    /// The id of the response that it was made of.
    pub fn parent(&self) -> Option<&str> {
        self.revision.as_ref().map(|revision| revision.parent.as_str())
    }
}

impl Sample {
    /// Whether `later` was made of `earlier`, in one round or in several.
    pub fn descends(&self, later: &Response, earlier: &Response) -> bool {
        // A hostile file can lead in circles, so that as many steps are enough as there are responses.
        let mut parent = later.parent();
        for _ in 0..self.responses.len() {
            match parent {
                None => return false,
                Some(id) if id == earlier.id => return true,
                Some(id) => {
                    let response = self.responses.iter().find(|response| response.id == id);
                    parent = response.and_then(Response::parent);
                }
            }
        }
        false
    }
}
