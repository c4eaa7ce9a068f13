//! Which ratings are of responses that the samples hold.

use super::{Rating, Sample};
use std::collections::BTreeSet;

/// All responses of some samples, for looking up what was rated.
#[derive(Debug)]
pub struct RatedResponses<'a> {
    by_prompt: BTreeSet<(&'a str, &'a str)>,
    of_any_prompt: BTreeSet<&'a str>,
}

impl<'a> RatedResponses<'a> {
    /// The responses of these samples.
    pub fn new(samples: &'a [Sample]) -> Self {
        let responses = samples.iter().flat_map(|sample| {
            sample.responses.iter().map(|response| (sample.prompt.id.as_str(), response.id.as_str()))
        });
        let by_prompt: BTreeSet<(&str, &str)> = responses.collect();
        let of_any_prompt = by_prompt.iter().map(|(_, response)| *response).collect();
        Self { by_prompt, of_any_prompt }
    }

    /// Whether a rating's response is one of the prompt that it names, or where it names none, of any.
    pub fn hold(&self, rating: &Rating) -> bool {
        let response = rating.response.as_str();
        match &rating.prompt_id {
            Some(prompt) => self.by_prompt.contains(&(prompt.as_str(), response)),
            None => self.of_any_prompt.contains(response),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rating_is_of_the_response_of_the_prompt_that_it_names() {
        let samples: Vec<Sample> = [("q1", "a"), ("q2", "b")]
            .map(|(prompt, response)| {
                let messages = json!([{"role": "user", "content": "Where is it?"}]);
                let prompt = json!({"id": prompt, "messages": messages});
                serde_json::from_value(
                    json!({"prompt": prompt, "responses": [{"id": response, "text": "Here."}]}),
                )
                .unwrap()
            })
            .into();
        let rated = RatedResponses::new(&samples);
        for (prompt, response, expected) in [
            (Some("q1"), "a", true),
            (Some("q1"), "b", false),
            (Some("q3"), "a", false),
            (None, "b", true),
            (None, "c", false),
        ] {
            let annotator = json!({"id": "ann", "kind": "human"});
            let rating: Rating = serde_json::from_value(json!({
                "prompt_id": prompt, "response": response, "annotator": annotator,
                "criterion": "tone", "value": 1.0, "scale_low": 0.0, "scale_high": 4.0,
            }))
            .unwrap();
            assert_eq!(rated.hold(&rating), expected, "{prompt:?} {response}");
        }
    }
}
