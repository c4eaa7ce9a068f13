//! What a page and its model's worker say to each other.
//!
//! Every message carries the version and the number of its request.
//! For each request come any number of [`Reply::Progress`] and [`Reply::Delta`], and then exactly one [`Reply::Done`] or [`Reply::Error`].

use crate::kept::Listed;
use serde::{Deserialize, Serialize};
use tiebreak_core::schema::{Message, Role, Verdict};

/// The version that every message carries.
pub const VERSION: u32 = 1;

/// A request, with its number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Numbered<T> {
    /// [`VERSION`].
    pub v: u32,
    /// Chosen by the page; comes back with every reply.
    pub id: u32,
    /// The request.
    #[serde(flatten)]
    pub request: T,
}

/// What a page asks for; where the model is to be had comes beside a `load` and a `keep`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Load a model.
    Load,
    /// Write a model to this browser's storage, or go on with that. Ends with its number.
    Keep {
        /// What it is called in the list.
        name: String,
    },
    /// List the kept models.
    ListModels,
    /// Delete a kept model.
    DeleteModel {
        /// Its number.
        number: u32,
    },
    /// Sample two responses to a prompt.
    Pair(PairRequest),
    /// Make one sample of two that hold a response each, as `only` brings them; they come beside it as `halves`.
    Join,
    /// Say which of two responses is better.
    Judge {
        /// What was asked.
        prompt: Asked,
        /// The responses.
        texts: [String; 2],
    },
    /// Give up a request.
    Cancel {
        /// Its number.
        target: u32,
    },
    /// Tell about the loaded model.
    Info,
}

/// What a customer wrote: one message, or a conversation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Asked {
    /// One message.
    Text(String),
    /// A conversation.
    Messages(Vec<Message>),
}

impl Asked {
    /// The conversation.
    pub fn into_messages(self) -> Vec<Message> {
        match self {
            Self::Text(text) => vec![Message::new(Role::User, text)],
            Self::Messages(messages) => messages,
        }
    }
}

/// Two responses to a prompt.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PairRequest {
    /// The prompt's id, which random numbers are keyed by; by default that of its text.
    #[serde(default)]
    pub prompt_id: Option<String>,
    /// What is asked.
    pub prompt: Asked,
    /// The seed.
    #[serde(default)]
    pub seed: u64,
    /// Lowest and highest temperature; each response gets one from a half of its own.
    #[serde(default = "default_temperatures")]
    pub temperatures: [f64; 2],
    /// The most new tokens of a response.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// The index of the one response that is wanted, where another worker writes the other.
    ///
    /// It comes out as it would beside the other one.
    #[serde(default)]
    pub only: Option<u32>,
}

fn default_temperatures() -> [f64; 2] {
    [0.3, 1.0]
}

fn default_max_tokens() -> u32 {
    256
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The file is fetched; counted in bytes.
    Download,
    /// The file is copied; counted in bytes.
    Copy,
    /// What is there of the file is read; counted in bytes.
    Check,
    /// The weights are taken up.
    Load,
    /// The prompt is read; counted in tokens.
    Prefill,
    /// Responses are sampled; counted in tokens of both.
    Sample,
    /// Responses are judged.
    Judge,
}

/// Facts about a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LoadedModel"))]
pub struct ModelFacts {
    /// As its file says.
    pub name: String,
    /// Its family.
    pub architecture: String,
    /// The type of most weights.
    pub quantization: String,
    /// How many numbers its weights are.
    pub parameters: u64,
    /// The longest sequence in tokens.
    pub context_length: usize,
    /// The memory that its weights take, in bytes.
    pub weight_memory: u64,
    /// The instructions that multiply, such as `simd128`.
    pub kernels: String,
    /// SHA-256 of its file in hex.
    pub sha256: String,
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The file is no model, or a broken one.
    BadGguf,
    /// The model is of a kind that this program does not know.
    Unsupported,
    /// The file could not be fetched.
    Network,
    /// The model needs more memory than a page can have.
    Memory,
    /// The model needs more storage than the browser has left for this page.
    Space,
    /// The browser keeps no files for this page.
    Storage,
    /// Another tab is writing or reading the kept model.
    Busy,
    /// The kept file is not the one that was noted.
    Damaged,
    /// The model is not kept, or not wholly.
    Gone,
    /// The page gave it up.
    Cancelled,
    /// The request makes no sense, or comes before a model.
    Request,
}

/// What a worker answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// How far it is.
    Progress {
        /// What is being done.
        stage: Stage,
        /// How much of it is done.
        done: u64,
        /// How much it is in all; 0 where nobody knows.
        total: u64,
    },
    /// More of a response's text.
    Delta {
        /// 0 or 1.
        index: u32,
        /// What comes after the text so far.
        text: String,
    },
    /// The request's end.
    Done(Box<Done>),
    /// The request's other end.
    Error {
        /// For programs.
        code: ErrorCode,
        /// For people.
        message: String,
    },
}

/// What a request has brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Done {
    /// After `load` and `info`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelFacts>,
    /// After `keep`: the number of the kept model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<u32>,
    /// After `list_models`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<Listed>>,
    /// After `pair` and `join`: a sample record as it stands in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<serde_json::Value>,
    /// After `judge`: a strength below 0 means the first text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// After `judge`: in favour of the first text, in nats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_odds: Option<f64>,
    /// After `judge`: how the judge judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

impl From<Done> for Reply {
    fn from(done: Done) -> Self {
        Self::Done(Box::new(done))
    }
}

impl Reply {
    /// An end that says nothing more.
    pub fn done() -> Self {
        Done::default().into()
    }

    /// Whether nothing follows for the same request.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Error { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_with_their_defaults() {
        for prompt in [r#""hi""#, r#"[{"role":"user","content":"hi"}]"#] {
            let text = format!(r#"{{"v":1,"id":7,"type":"pair","prompt":{prompt}}}"#);
            let numbered: Numbered<Request> = serde_json::from_str(&text).unwrap();
            let Request::Pair(pair) = numbered.request else { panic!("a pair was asked for") };
            assert_eq!((numbered.id, pair.temperatures, pair.max_tokens), (7, [0.3, 1.0], 256));
            assert_eq!(pair.only, None);
            assert_eq!(pair.prompt.into_messages(), [Message::new(Role::User, "hi")]);
        }
        for wrong in [
            r#"{"v":1,"id":7,"type":"dance"}"#,
            r#"{"v":1,"type":"info"}"#,
            r#"{"v":1,"id":-1,"type":"info"}"#,
        ] {
            assert!(serde_json::from_str::<Numbered<Request>>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_done_and_error_end_a_request() {
        assert!(Reply::done().is_end());
        assert!(Reply::Error { code: ErrorCode::Cancelled, message: String::new() }.is_end());
        assert!(!Reply::Delta { index: 0, text: String::new() }.is_end());
        assert_eq!(serde_json::to_string(&Reply::done()).unwrap(), r#"{"type":"done"}"#);
    }
}
