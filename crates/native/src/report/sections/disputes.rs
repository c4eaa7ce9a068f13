//! The pairs that annotators disagree on most, with their texts.

use crate::report::material::Material;
use crate::report::page::{Block, DisputeView, Section, Speech, Table};
use crate::report::words::{one_kind, verdict};
use crate::terminal::harmless;
use tiebreak_core::report::Dispute;
use tiebreak_core::schema::{Message, Role};

/// The most characters of a text that are shown.
const MOST_CHARACTERS: usize = 2000;
/// The most messages of a conversation, the last ones.
const MOST_MESSAGES: usize = 4;

pub fn section(material: &Material) -> Section {
    let blocks = if !material.disputes.is_empty() {
        vec![
            Block::text(
                "Where most opinions differ from the most common one for certain: the guidelines may be silent on these, or the responses equally good. \"First\" and \"second\" are the order of the records, and not that on a screen.",
            ),
            Block::Disputes { disputes: material.disputes.iter().map(view).collect() },
        ]
    } else if !material.has_examples {
        vec![Block::nothing("Texts were left out: --examples 0 was asked for.")]
    } else if material.collection.compared_pairs == 0 {
        vec![Block::missing(
            "No pair has opinions of two annotators, so that nobody can disagree.",
            "tiebreak study --samples samples.jsonl --out study.json",
        )]
    } else {
        vec![Block::nothing("Annotators disagree on no pair.")]
    };
    Section { id: "disputes", title: "Most disputed pairs", blocks }
}

fn view(dispute: &Dispute) -> DisputeView {
    let [first, second, neither] = dispute.counts;
    let category = dispute.category.as_ref().map_or(String::new(), |name| format!("{name}, "));
    let mut opinions = Table::of_words("Who said what", ["annotator", "said", "kind"]);
    for opinion in &dispute.opinions {
        let kind = one_kind(opinion.kind).to_owned();
        opinions.row([opinion.annotator.clone(), verdict(opinion.verdict), kind]);
    }
    let messages = &dispute.messages[dispute.messages.len().saturating_sub(MOST_MESSAGES)..];
    let response = |(name, text): (&str, &String)| speech(name.to_owned(), text);
    DisputeView {
        title: format!("{first} for the first, {second} for the second, {neither} for neither"),
        text: format!("{category}pair {}", dispute.pair),
        messages: messages.iter().map(message).collect(),
        responses: ["First response", "Second response"]
            .into_iter()
            .zip(&dispute.responses)
            .map(response)
            .collect(),
        opinions,
    }
}

fn message(message: &Message) -> Speech {
    let who = match message.role {
        Role::System => "Instructions",
        Role::User => "Customer",
        Role::Assistant => "Chatbot",
        Role::Tool => "Tool",
    };
    speech(who.to_owned(), &message.content)
}

fn speech(who: String, text: &str) -> Speech {
    let shown: String = text.chars().take(MOST_CHARACTERS).collect();
    let left_out = text.chars().count() - shown.chars().count();
    let text = if shown.trim().is_empty() { "(no text)".to_owned() } else { harmless(&shown) };
    Speech { who, text, left_out }
}
