//! What a record's values must satisfy beyond their types.

use super::{
    Message, Preference, Prompt, Rating, Response, Role, Sample, Sampling, Unrevised, Verdict, Vote, Weight,
};
use std::collections::BTreeSet;

/// A value that is out of bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it stands, such as `responses[1].sampling.temperature`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What would have been right.
    pub expected: String,
}

/// Collects findings under a path.
struct Check(Vec<Finding>);

impl Check {
    fn require(&mut self, holds: bool, path: impl Into<String>, message: impl Into<String>, expected: &str) {
        if !holds {
            self.0.push(Finding {
                path: path.into(),
                message: message.into(),
                expected: expected.to_owned(),
            });
        }
    }

    fn within(&mut self, value: f64, [low, high]: [f64; 2], path: String) {
        let holds = (low..=high).contains(&value);
        self.require(
            holds,
            path,
            format!("{value} is out of range"),
            &format!("a number from {low} to {high}"),
        );
    }

    fn named(&mut self, id: &str, path: &str) {
        self.require(!id.trim().is_empty(), path, "the id is empty", "an id");
    }

    fn conversation(&mut self, messages: &[Message], path: &str) {
        self.require(!messages.is_empty(), path, "there is no message", "at least one message");
        for (i, message) in messages.iter().enumerate() {
            // A message of the assistant that only calls a tool has no text.
            let may_be_empty = message.role == Role::Assistant;
            let holds = may_be_empty || !message.content.trim().is_empty();
            self.require(holds, format!("{path}[{i}].content"), "the text is empty", "some text");
        }
        if let Some(last) = messages.last() {
            self.require(
                last.role != Role::Assistant,
                format!("{path}[{}].role", messages.len() - 1),
                "the last message is the assistant's",
                "a conversation that waits for a reply",
            );
        }
    }

    fn prompt(&mut self, prompt: &Prompt, path: &str) {
        self.named(&prompt.id, &format!("{path}id"));
        self.conversation(&prompt.messages, &format!("{path}messages"));
    }

    fn sampling(&mut self, sampling: &Sampling, path: &str) {
        self.within(sampling.temperature, [0.0, 10.0], format!("{path}.temperature"));
        self.within(sampling.min_p, [0.0, 1.0], format!("{path}.min_p"));
        let holds = sampling.top_p > 0.0 && sampling.top_p <= 1.0;
        let message = format!("{} is out of range", sampling.top_p);
        self.require(holds, format!("{path}.top_p"), message, "a number above 0, to 1");
        let holds = sampling.repetition_penalty > 0.0 && sampling.repetition_penalty.is_finite();
        let message = format!("{} is out of range", sampling.repetition_penalty);
        self.require(holds, format!("{path}.repetition_penalty"), message, "a number above 0");
    }

    fn response(&mut self, response: &Response, path: &str) {
        self.named(&response.id, &format!("{path}.id"));
        if let Some(nats) = response.mean_logprob_nats {
            // Rounding may lift the logarithm of a probability of 1 a little above 0.
            let holds = nats.is_finite() && nats <= 1e-3;
            let message = format!("{nats} is no logarithm of a probability");
            self.require(holds, format!("{path}.mean_logprob_nats"), message, "a number of at most 0");
        }
        if let Some(sampling) = &response.sampling {
            self.sampling(sampling, &format!("{path}.sampling"));
        }
    }
}

pub(super) fn prompt(prompt: &Prompt) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.prompt(prompt, "");
    check.0
}

pub(super) fn sample(sample: &Sample) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.prompt(&sample.prompt, "prompt.");
    let count = sample.responses.len();
    let message = format!("a sample with {count} responses");
    check.require(count >= 2, "responses", message, "two or more responses");
    let mut seen = BTreeSet::new();
    for (i, response) in sample.responses.iter().enumerate() {
        let path = format!("responses[{i}]");
        check.response(response, &path);
        let message = format!("two responses have the id `{}`", response.id);
        check.require(seen.insert(&response.id), format!("{path}.id"), message, "an id for each response");
    }
    check.0
}

pub(super) fn vote(vote: &Vote) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.named(&vote.pair, "pair");
    check.named(&vote.annotator.id, "annotator.id");
    check.require(
        vote.responses[0] < vote.responses[1],
        "responses",
        format!("`{}` does not come before `{}`", vote.responses[0], vote.responses[1]),
        "two different ids in ascending order",
    );
    if let Verdict::Strength(strength) = vote.verdict {
        let message = format!("a strength of {strength}");
        check.require(
            (-3..=3).contains(&strength),
            "verdict.strength",
            message,
            "a whole number from -3 to 3",
        );
    }
    if let Some(confidence) = vote.confidence {
        check.within(confidence, [0.0, 1.0], "confidence".to_owned());
    }
    check.0
}

pub(super) fn rating(rating: &Rating) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.named(&rating.response, "response");
    check.named(&rating.annotator.id, "annotator.id");
    let holds =
        rating.scale_low < rating.scale_high && rating.scale_low.is_finite() && rating.scale_high.is_finite();
    let message = format!("a scale from {} to {}", rating.scale_low, rating.scale_high);
    check.require(holds, "scale_low", message, "a lowest score below the highest");
    if holds {
        check.within(rating.value, [rating.scale_low, rating.scale_high], "value".to_owned());
    }
    check.0
}

pub(super) fn unrevised(unrevised: &Unrevised) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.named(&unrevised.prompt_id, "prompt_id");
    check.named(&unrevised.original, "original");
    check.0
}

pub(super) fn weight(weight: &Weight) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.named(&weight.target, "target");
    for (value, path) in [
        (Some(weight.weight), "weight"),
        (weight.half_life_days, "half_life_days"),
        (weight.window_days, "window_days"),
    ] {
        let holds = value.is_none_or(|value| value.is_finite() && value >= 0.0);
        let message = format!("{} is out of range", value.unwrap_or_default());
        check.require(holds, path, message, "a number of at least 0");
    }
    check.0
}

pub(super) fn preference(preference: &Preference) -> Vec<Finding> {
    let mut check = Check(Vec::new());
    check.conversation(&preference.prompt, "prompt");
    for (messages, path) in [(&preference.chosen, "chosen"), (&preference.rejected, "rejected")] {
        let holds = matches!(messages.as_slice(), [only] if only.role == Role::Assistant);
        check.require(holds, path, format!("`{path}` is no single reply"), "one message of the assistant");
    }
    check.within(preference.margin, [0.0, 3.0], "margin".to_owned());
    let holds = preference.weight.is_finite() && preference.weight >= 0.0;
    check.require(
        holds,
        "weight",
        format!("{} is out of range", preference.weight),
        "a number of at least 0",
    );
    check.0
}
