//! Label Studio: tasks with predictions, and the labelling configuration that they fit.
//!
//! Its pairwise tag stores left or right and nothing else, so that ties and pairs of bad responses are told by choices beside it.
//! An annotation in Label Studio belongs to one of its users, so that decisions go in as predictions; what the votes leave open has none.

use super::turn::as_text;
use super::{Location, Ruling, SideFile};
use crate::aggregate::Outcome;
use crate::schema::Side;
use serde_json::{Value, json};

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    let result = match ruling.outcome {
        Outcome::Better(side) => Some(pairwise(if side == Side::First { "left" } else { "right" })),
        Outcome::Tie => Some(choice("tie")),
        Outcome::BothBad => Some(choice("both_bad")),
        _ => None,
    };
    let agents: Vec<&str> = ruling.origin.annotators.iter().map(|who| who.id.as_str()).collect();
    let prediction = |result: Value| json!({ "model_version": agents.join(", "), "score": ruling.probability, "result": [result] });
    let task = json!({
        "data": {
            "prompt": as_text(&ruling.prompt.messages),
            "answer1": ruling.first.text,
            "answer2": ruling.second.text,
            "pair_id": ruling.origin.pair,
            "prompt_id": ruling.origin.prompt_id,
            "category": ruling.origin.category,
            "votes": ruling.origin.votes,
        },
        "predictions": result.map(prediction).into_iter().collect::<Vec<_>>(),
    });
    vec![task.to_string()]
}

fn pairwise(selected: &str) -> Value {
    json!({
        "from_name": "comparison", "to_name": "answer1,answer2", "type": "pairwise",
        "value": { "selected": selected },
    })
}

fn choice(name: &str) -> Value {
    json!({ "from_name": "verdict", "to_name": "prompt", "type": "choices", "value": { "choices": [name] } })
}

const CONFIG: &str = r#"<View>
  <Header value="Which answer would you rather send?"/>
  <Text name="prompt" value="$prompt"/>
  <Pairwise name="comparison" toName="answer1,answer2"/>
  <View style="display: flex; gap: 1em;">
    <View style="flex: 1;"><Text name="answer1" value="$answer1"/></View>
    <View style="flex: 1;"><Text name="answer2" value="$answer2"/></View>
  </View>
  <Choices name="verdict" toName="prompt" choice="single" showInline="true">
    <Choice value="tie" alias="tie" hotkey="0"/>
    <Choice value="both_bad" alias="both_bad" hotkey="9"/>
  </Choices>
</View>
"#;

pub(super) fn side_files() -> Vec<SideFile> {
    vec![SideFile { path: "config.xml", content: CONFIG.to_owned() }]
}

pub(super) fn how_to_load(at: &Location<'_>) -> String {
    let folder = at.folder;
    format!(
        "Make a project, paste {folder}/config.xml under Labeling Interface, Code, and import {folder}/tasks.json"
    )
}
