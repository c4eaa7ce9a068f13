//! Argilla: a folder for `rg.Dataset.from_disk`, to look through what was decided and to go on.
//!
//! A response in Argilla belongs to a user of its server, whom nobody here knows, so that decisions go in as suggestions, their annotators as the agent.
//! What the votes leave open has no suggestion.

use super::turn::as_text;
use super::{Location, Ruling, SideFile, pretty};
use crate::aggregate::Outcome;
use crate::schema::Side;
use serde_json::{Value, json};

const QUESTION: &str = "preference";
/// Values and texts of the answers.
const ANSWERS: [(&str, &str); 4] = [
    ("response_a", "A is better"),
    ("response_b", "B is better"),
    ("tie", "Neither is better"),
    ("both_bad", "Both are bad"),
];

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    let mut metadata = json!({ "prompt_id": ruling.origin.prompt_id, "votes": ruling.origin.votes });
    if let Some(category) = &ruling.origin.category {
        metadata["category"] = category.as_str().into();
    }
    let mut suggestions = json!({});
    if let Some(value) = value(ruling.outcome) {
        suggestions[QUESTION] =
            json!({ "value": value, "score": ruling.probability, "agent": agent(ruling) });
    }
    let record = json!({
        "id": ruling.origin.pair,
        "fields": {
            "prompt": as_text(&ruling.prompt.messages),
            "response_a": ruling.first.text,
            "response_b": ruling.second.text,
        },
        "metadata": metadata,
        "suggestions": suggestions,
        "responses": {},
        "vectors": {},
        "_server_id": null,
    });
    vec![record.to_string()]
}

/// The most characters of an agent that the server takes.
const MOST_AGENT: usize = 200;

/// The annotators behind the decision, in the signs that the server takes: letters, digits, blanks and `-_:./`.
///
/// Where they are too many for it, as many as fit and how many there are besides.
fn agent(ruling: &Ruling<'_>) -> String {
    let is_taken = |c: char| c.is_ascii_alphanumeric() || "-_:./ ".contains(c);
    let plain = |id: &str| -> String { id.chars().map(|c| if is_taken(c) { c } else { '_' }).collect() };
    let names: Vec<String> = ruling.origin.annotators.iter().map(|who| plain(&who.id)).collect();
    let all = names.join(" ");
    if all.len() <= MOST_AGENT {
        return all;
    }
    let more = |n: usize| format!(" and {n} more");
    let room = MOST_AGENT - more(names.len()).len();
    let mut some = String::new();
    let n_fitting = names
        .iter()
        .take_while(|name| {
            let fits = some.len() + 1 + name.len() <= room;
            if fits {
                some += &format!("{}{name}", if some.is_empty() { "" } else { " " });
            }
            fits
        })
        .count();
    some + &more(names.len() - n_fitting)
}

fn value(outcome: Outcome) -> Option<&'static str> {
    let place = match outcome {
        Outcome::Better(Side::First) => 0,
        Outcome::Better(Side::Second) => 1,
        Outcome::Tie => 2,
        Outcome::BothBad => 3,
        _ => return None,
    };
    Some(ANSWERS[place].0)
}

pub(super) fn side_files(name: &str) -> Vec<SideFile> {
    let guidelines = "Which response would you rather send?";
    let field = |name: &str, title: &str| {
        json!({
            "name": name, "title": title, "required": true,
            "settings": { "type": "text", "use_markdown": true },
        })
    };
    let option = |(value, text): (&str, &str)| json!({ "value": value, "text": text, "description": null });
    let options: Vec<Value> = ANSWERS.into_iter().map(option).collect();
    let question = json!({
        "name": QUESTION, "title": "Which response is better?", "description": null, "required": true,
        "settings": { "type": "label_selection", "options": options, "visible_options": ANSWERS.len() },
    });
    let settings = json!({
        "guidelines": guidelines,
        "allow_extra_metadata": true,
        "fields": [field("prompt", "Prompt"), field("response_a", "A"), field("response_b", "B")],
        "questions": [question],
        "vectors": [],
        "metadata": [],
    });
    let dataset = json!({ "name": name, "guidelines": guidelines, "allow_extra_metadata": true });
    vec![
        SideFile { path: ".argilla/dataset.json", content: pretty(&dataset) },
        SideFile { path: ".argilla/settings.json", content: pretty(&settings) },
    ]
}

pub(super) fn how_to_load(at: &Location<'_>) -> String {
    let folder = at.folder;
    format!(
        "import argilla as rg\n\
         rg.Dataset.from_disk(\"{folder}\", workspace=\"argilla\", client=rg.Argilla(api_url=..., api_key=...))"
    )
}
