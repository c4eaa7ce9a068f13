//! A prompt: what the customer wrote, and what is known about it.

use super::Extra;
use serde::{Deserialize, Serialize};

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions to the model.
    System,
    /// The customer.
    User,
    /// The chatbot.
    Assistant,
    /// The output of a tool that the model called.
    Tool,
}

impl Role {
    /// The name as it stands in JSON and in chat templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text, kept byte for byte.
    pub content: String,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Message {
    /// A message of `role` with `content`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), extra: Extra::new() }
    }
}

/// Why a prompt is hard to answer well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EdgeCase {
    /// More than one reading, and the right reply asks.
    Ambiguous,
    /// The customer's wish against policy, or two wishes that exclude each other.
    ConflictingGoals,
    /// A cautious refusal would be safe and of no use.
    SafeButUnhelpful,
    /// Nothing that customer service is there for.
    OutOfScope,
    /// Insults.
    Abusive,
    /// Card numbers, passwords and the like in the prompt.
    PersonalData,
    /// Instructions to the model that its operator did not give.
    PromptInjection,
    /// Threats, or talk of harming oneself.
    ThreatOrSelfHarm,
    /// The question rests on something that is not so.
    WrongPremise,
    /// Not written in English.
    AnotherLanguage,
}

/// A prompt, with at least one message, the last of which is not the assistant's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields))]
pub struct Prompt {
    /// Unique in its file.
    pub id: String,
    /// The category's name, such as `billing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Free labels, such as `angry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "types", ts(as = "Option<Vec<String>>"))]
    pub tags: Vec<String>,
    /// The kind of edge case, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_case: Option<EdgeCase>,
    /// An answer known to be good, for judges that compare with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_answer: Option<String>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Prompt {
    /// A prompt of which only the conversation is known.
    pub fn new(id: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            id: id.into(),
            category: None,
            messages,
            tags: Vec::new(),
            edge_case: None,
            reference_answer: None,
            extra: Extra::new(),
        }
    }
}

/// What is asked: the texts of a conversation without those of the system, which many prompts share; all texts where there are no others.
pub fn asked_text(messages: &[Message]) -> String {
    let of_users = |message: &&Message| message.role != Role::System;
    let mut asked: Vec<&str> =
        messages.iter().filter(of_users).map(|message| message.content.as_str()).collect();
    if asked.is_empty() {
        asked = messages.iter().map(|message| message.content.as_str()).collect();
    }
    asked.join("\n")
}
