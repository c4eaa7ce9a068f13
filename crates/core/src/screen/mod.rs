//! What must not reach an annotator: responses that are the same, cut off, or tell who wrote them, and personal data.
//!
//! The rules are simple and can be read in a minute, because a researcher has to answer for what they drop.
//! They find what looks like an address, a phone or a card number, and not every personal detail.

mod personal;
mod similar;

pub use personal::{personal_data, redacted};

use crate::schema::{FinishReason, Message, Response, Side};
use serde::{Deserialize, Serialize};
pub(crate) use similar::are_near_identical;
use similar::{are_nearly_equal, normal};
use std::sync::LazyLock;

/// What is wrong with a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// A response has no text.
    Empty,
    /// Both responses have the same words.
    Identical,
    /// At least nine tenths of their neighbouring words are the same.
    NearIdentical,
    /// A response reached its most tokens, so that its end is missing.
    CutOff,
    /// A response holds tokens of a chat template.
    TemplateToken,
    /// A response names a model or its maker, or speaks of itself as one.
    ModelName,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// The number of a payment card, by its check digit.
    CardNumber,
}

impl Concern {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Self; 9] = [
        Self::Empty,
        Self::Identical,
        Self::NearIdentical,
        Self::CutOff,
        Self::TemplateToken,
        Self::ModelName,
        Self::Email,
        Self::Phone,
        Self::CardNumber,
    ];

    /// The name as it stands in JSON, such as `cut_off`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Identical => "identical",
            Self::NearIdentical => "near_identical",
            Self::CutOff => "cut_off",
            Self::TemplateToken => "template_token",
            Self::ModelName => "model_name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::CardNumber => "card_number",
        }
    }

    /// What it means, for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Empty => "a response has no text",
            Self::Identical => "both responses have the same words",
            Self::NearIdentical => "the responses are nearly the same",
            Self::CutOff => "a response is cut off",
            Self::TemplateToken => "a response holds tokens of a chat template",
            Self::ModelName => "a response names a model or its maker",
            Self::Email => "there is an e-mail address",
            Self::Phone => "there is a phone number",
            Self::CardNumber => "there is a card number",
        }
    }
}

/// Something that was found in a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What it is.
    pub concern: Concern,
    /// In which response; none for the prompt, or for both together.
    pub side: Option<Side>,
    /// The text that gave it away; empty where there is none.
    pub excerpt: String,
}

/// What no response may hold: parts of the chat formats in use.
const TEMPLATE_TOKENS: [&str; 16] = [
    "<|",
    "|>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<think>",
    "</think>",
    "<bos>",
    "<eos>",
    "<unk>",
    "<pad>",
    "### Instruction",
];

static GIVEAWAYS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/giveaways.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Everything that is wrong with two responses to a conversation, in the order of [`Concern::ALL`].
pub fn screen(messages: &[Message], first: &Response, second: &Response) -> Vec<Found> {
    let sides = [(Side::First, first), (Side::Second, second)];
    let mut found = Vec::new();
    let mut add = |concern, side, excerpt: String| found.push(Found { concern, side, excerpt });
    let words = [normal(&first.text), normal(&second.text)];
    for ((side, _), words) in sides.iter().zip(&words) {
        if words.is_empty() {
            add(Concern::Empty, Some(*side), String::new());
        }
    }
    if words[0] == words[1] {
        add(Concern::Identical, None, String::new());
    } else if are_nearly_equal(&words[0], &words[1]) {
        add(Concern::NearIdentical, None, String::new());
    }
    for (side, response) in sides {
        if response.finish_reason == Some(FinishReason::Length) {
            add(Concern::CutOff, Some(side), String::new());
        }
        if let Some(token) = TEMPLATE_TOKENS.iter().find(|token| response.text.contains(**token)) {
            add(Concern::TemplateToken, Some(side), (*token).to_owned());
        }
        if let Some(name) = giveaway(&response.text) {
            add(Concern::ModelName, Some(side), name.to_owned());
        }
    }
    let responses = sides.map(|(side, response)| (Some(side), response.text.as_str()));
    let prompt = messages.iter().map(|message| (None, message.content.as_str()));
    for (side, text) in prompt.chain(responses) {
        for (concern, range) in personal::find(text) {
            add(concern, side, text[range].to_owned());
        }
    }
    found.sort_by_key(|found| found.concern);
    found
}

/// The first name of the list that stands in the text as whole words.
fn giveaway(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    GIVEAWAYS.iter().copied().find(|name| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Role;

    fn response(text: &str, finish_reason: FinishReason) -> Response {
        let mut response: Response =
            serde_json::from_value(serde_json::json!({"id": "r", "text": text})).unwrap();
        response.finish_reason = Some(finish_reason);
        response
    }

    fn found(prompt: &str, first: &str, second: &str) -> Vec<(Concern, Option<Side>, String)> {
        let messages = [Message::new(Role::User, prompt)];
        let [first, second] = [first, second].map(|text| response(text, FinishReason::Stop));
        let found = screen(&messages, &first, &second);
        found.into_iter().map(|found| (found.concern, found.side, found.excerpt)).collect()
    }

    const GOOD: &str = "Open My Orders and choose the parcel: the status stands there, and so does the link.";

    #[test]
    fn ordinary_pairs_pass() {
        assert_eq!(
            found("Where is 113-5555555-1234567?", GOOD, "Order 48213 left on 2024-10-12, I suppose."),
            []
        );
        assert_eq!(found("is claudette here", GOOD, "Claudia will call you; the llamas are sold out."), []);
    }

    #[test]
    fn sameness_is_found_whatever_the_punctuation() {
        let same = found("?", GOOD, &format!("{}!!", GOOD.to_uppercase()));
        assert_eq!(same, [(Concern::Identical, None, String::new())]);
        let nearly = found("?", &GOOD.repeat(3), &format!("{} now", GOOD.repeat(3)));
        assert_eq!(nearly, [(Concern::NearIdentical, None, String::new())]);
        assert_eq!(found("?", "Yes.", "No.").len(), 0);
    }

    #[test]
    fn empty_and_cut_off_responses_are_found() {
        let empty = found("?", GOOD, " … ");
        assert_eq!(empty, [(Concern::Empty, Some(Side::Second), String::new())]);
        let messages = [Message::new(Role::User, "?")];
        let cut = screen(
            &messages,
            &response("Open My", FinishReason::Length),
            &response(GOOD, FinishReason::Stop),
        );
        assert_eq!((cut[0].concern, cut[0].side), (Concern::CutOff, Some(Side::First)));
    }

    #[test]
    fn what_gives_the_model_away_is_found() {
        for text in
            ["I am Claude.", "As an AI language model, no.", "Made by OpenAI", "I\u{2019}m an AI, sorry"]
        {
            let found = found("?", text, GOOD);
            assert_eq!((found[0].0, found[0].1), (Concern::ModelName, Some(Side::First)), "{text}");
        }
        let template = found("?", GOOD, "Sure.<|im_end|>");
        assert_eq!(template[0].0, Concern::TemplateToken);
    }

    #[test]
    fn personal_data_is_found_in_prompt_and_responses() {
        let found = found(
            "my mail is jo.do@example.org",
            "Call +49 30 901820 now.",
            "Card 4111 1111 1111 1111 it is.",
        );
        let expected = [
            (Concern::Email, None, "jo.do@example.org"),
            (Concern::Phone, Some(Side::First), "+49 30 901820"),
            (Concern::CardNumber, Some(Side::Second), "4111 1111 1111 1111"),
        ];
        assert_eq!(found, expected.map(|(concern, side, text)| (concern, side, text.to_owned())));
    }
}
