//! What a server is asked, and what it answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tiebreak_core::schema::{FinishReason, Message};

/// One question to a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The conversation so far; the last message is the one to be answered.
    pub messages: Vec<Message>,
    /// What logits are divided by, from 0; none leaves it to the server.
    pub temperature: Option<f64>,
    /// The nucleus mass, above 0 to 1; 1 keeps all tokens and is not sent.
    pub top_p: f64,
    /// The most new tokens.
    pub max_tokens: u32,
    /// Tells draws apart that ask the same: equal asks with equal seeds are asked once.
    ///
    /// It is sent where the protocol has seeds.
    pub seed: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// For how many of the likeliest first tokens the log-probabilities are wanted, 1 to 20.
    pub top_logprobs: Option<u32>,
    /// Settings that not every server knows.
    pub extras: Extras,
}

/// Settings that vLLM, llama-server and their kin know; what is not set is not sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extras {
    /// How many of the likeliest tokens are kept.
    pub top_k: Option<u32>,
    /// The smallest probability kept, as a share of the largest, 0 to 1.
    pub min_p: Option<f64>,
    /// What logits of tokens that occurred already are divided by.
    pub repetition_penalty: Option<f64>,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub finish: Finish,
    /// The likeliest first tokens with their log-probabilities in nats, where they were asked for and the server offers them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token: Option<Vec<(String, f64)>>,
    /// Mean over the answer's tokens of what the server calls their log-probability, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_logprob_nats: Option<f64>,
    /// Tokens that the server counted in the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Tokens that the server counted in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// The model, as the server names it.
    pub model: String,
    /// When it came, also where the cache gives it again; none while it is still read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model ended it, or a stop text was reached.
    Stop,
    /// It reached the most tokens.
    Length,
    /// Another reason, by the server's name for it, such as `content_filter`.
    Other(String),
}

/// The name for an answer in which the model declines, where the protocol has a place for that.
pub const REFUSAL: &str = "refusal";

/// Under which name a response keeps a reason to end that records do not know.
pub const SERVERS_REASON: &str = "server_finish_reason";

impl Finish {
    /// What records say of it, and the server's own name where they have none for it.
    pub fn recorded(self) -> (Option<FinishReason>, Option<String>) {
        match self {
            Self::Stop => (Some(FinishReason::Stop), None),
            Self::Length => (Some(FinishReason::Length), None),
            Self::Other(name) => (None, Some(name)),
        }
    }
}

impl Ask {
    /// A guess at the question's length in tokens, with four for each message's frame.
    pub fn estimated_prompt_tokens(&self) -> u64 {
        let tokens = |message: &Message| estimated_tokens(&message.content) + 4;
        self.messages.iter().map(tokens).sum()
    }
}

/// A guess at a text's length in tokens: a quarter of a token for a character of ASCII, a whole one for any other.
///
/// Near for English, and rather high than low for other scripts, because budgets are kept by it.
pub fn estimated_tokens(text: &str) -> u64 {
    let n_ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let n_others = text.chars().count() as u64 - n_ascii;
    n_ascii.div_ceil(4) + n_others
}

#[cfg(test)]
mod tests {
    use super::estimated_tokens;

    #[test]
    fn other_scripts_count_more() {
        for (text, expected) in [("", 0), ("Hello", 2), ("你好", 2), ("Größe", 3), ("Заказ 12", 6)] {
            assert_eq!(estimated_tokens(text), expected, "{text}");
        }
    }
}
