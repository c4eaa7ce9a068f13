//! What two responses can differ in, and what people may like more or less as time passes.

use crate::constitution::looks_like_refusal;
use crate::schema::Response;
use serde_json::Value;
use std::collections::BTreeSet;

/// At most so many numeric fields are looked at, in the order of their names.
const MOST_FIELDS: usize = 8;

/// A property of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Its characters.
    Length,
    /// Whether it has a list: two lines or more that begin with a bullet or a number.
    List,
    /// Whether it declines, see [`looks_like_refusal`].
    Refusal,
    /// Whether it apologises.
    Apology,
    /// Whether it asks something back: a question mark ends one of its sentences.
    Question,
    /// The temperature it was sampled with.
    Temperature,
    /// The mean log-probability of its tokens.
    MeanLogprob,
    /// A number in a field that this version does not know.
    Field(String),
}

impl Feature {
    /// Those that are computed from texts and known fields, and each numeric field of the responses.
    pub fn of<'a>(responses: impl Iterator<Item = &'a Response>) -> Vec<Self> {
        let mut fields = BTreeSet::new();
        for response in responses {
            fields.extend(response.extra.iter().filter(|(_, value)| value.is_number()).map(|(key, _)| key));
        }
        let known = [
            Self::Length,
            Self::List,
            Self::Refusal,
            Self::Apology,
            Self::Question,
            Self::Temperature,
            Self::MeanLogprob,
        ];
        known.into_iter().chain(fields.into_iter().take(MOST_FIELDS).cloned().map(Self::Field)).collect()
    }

    /// The name in reports.
    pub fn name(&self) -> String {
        match self {
            Self::Length => "length".to_owned(),
            Self::List => "lists".to_owned(),
            Self::Refusal => "refusal".to_owned(),
            Self::Apology => "apology".to_owned(),
            Self::Question => "question back".to_owned(),
            Self::Temperature => "temperature".to_owned(),
            Self::MeanLogprob => "log-probability".to_owned(),
            Self::Field(name) => format!("field {name}"),
        }
    }

    /// Whether it is a yes or a no, whose difference needs no scale.
    pub fn is_yes_or_no(&self) -> bool {
        matches!(self, Self::List | Self::Refusal | Self::Apology | Self::Question)
    }

    /// The response's number; none where it is not known.
    pub fn value(&self, response: &Response) -> Option<f64> {
        let text = response.text.as_str();
        let yes = |holds: bool| Some(f64::from(u8::from(holds)));
        let value = match self {
            Self::Length => Some(text.chars().count() as f64),
            Self::List => yes(has_list(text)),
            Self::Refusal => yes(looks_like_refusal(text)),
            Self::Apology => yes(apologises(text)),
            Self::Question => yes(asks_back(text)),
            Self::Temperature => response.sampling.as_ref().map(|sampling| sampling.temperature),
            Self::MeanLogprob => response.mean_logprob_nats,
            Self::Field(name) => response.extra.get(name).and_then(Value::as_f64),
        };
        value.filter(|value| value.is_finite())
    }
}

fn has_list(text: &str) -> bool {
    text.lines().filter(|line| is_list_item(line.trim_start())).count() >= 2
}

/// `- `, `* `, `• `, or digits with `. ` or `) `.
fn is_list_item(line: &str) -> bool {
    let after_digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered =
        after_digits.len() < line.len() && [". ", ") "].iter().any(|m| after_digits.starts_with(m));
    is_numbered || ["- ", "* ", "• "].iter().any(|bullet| line.starts_with(bullet))
}

fn apologises(text: &str) -> bool {
    let text = text.to_lowercase();
    ["sorry", "apologi", "apology"].iter().any(|word| text.contains(word))
}

/// A question mark that is not inside a word, as it is in an address.
fn asks_back(text: &str) -> bool {
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if matches!(c, '?' | '？' | '؟') && characters.peek().is_none_or(|next| !next.is_alphanumeric()) {
            return true;
        }
    }
    false
}

/// The differences of pairs as features: of a yes or no as they are, of a number tanh of its share of the root mean square.
///
/// tanh as in length-controlled AlpacaEval (Dubois et al. 2024), so that a single very long response has no leverage.
pub fn scaled(differences: &mut [f64], is_yes_or_no: bool) {
    if is_yes_or_no {
        return;
    }
    let n_different = differences.iter().filter(|d| **d != 0.0).count().max(1);
    let scale = libm::sqrt(differences.iter().map(|d| d * d).sum::<f64>() / n_different as f64);
    if scale > 0.0 {
        differences.iter_mut().for_each(|d| *d = libm::tanh(*d / scale));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(feature: &Feature, response: Value, expected: Option<f64>) {
        let mut whole = json!({"id": "r", "text": ""});
        whole.as_object_mut().unwrap().extend(response.as_object().unwrap().clone());
        let response: Response = serde_json::from_value(whole).unwrap();
        assert_eq!(feature.value(&response), expected, "{feature:?} of {response:?}");
    }

    #[test]
    fn features_of_responses() {
        for (feature, text, expected) in [
            (Feature::Length, "né", 2.0),
            (Feature::List, "Do this:\n1. Open it.\n2) Close it.", 1.0),
            (Feature::List, "  - one\n  * two", 1.0),
            (Feature::List, "- one\nand 2. two", 0.0),
            (Feature::Refusal, "I'm sorry, but I can't help with that.", 1.0),
            (Feature::Apology, "We apologise for the delay.", 1.0),
            (Feature::Apology, "Your order left.", 0.0),
            (Feature::Question, "Which order is it? Please say.", 1.0),
            (Feature::Question, "See https://shop.example/?id=3 for it.", 0.0),
        ] {
            check(&feature, json!({"text": text}), Some(expected));
        }
        check(&Feature::Temperature, json!({}), None);
        check(&Feature::MeanLogprob, json!({"mean_logprob_nats": -0.5}), Some(-0.5));
        check(&Feature::Field("score".to_owned()), json!({"score": 3}), Some(3.0));
        check(&Feature::Field("score".to_owned()), json!({"score": "3"}), None);
    }

    #[test]
    fn a_numeric_field_is_a_feature_and_a_difference_has_a_scale() {
        let response: Response =
            serde_json::from_value(json!({"id": "r", "text": "", "score": 3, "note": "x"})).unwrap();
        let features = Feature::of([&response].into_iter());
        assert_eq!(features.last(), Some(&Feature::Field("score".to_owned())));
        assert_eq!(features.len(), 8);
        let mut differences = [10.0, -10.0, 0.0];
        scaled(&mut differences, false);
        assert_eq!(differences, [libm::tanh(1.0), -libm::tanh(1.0), 0.0]);
        let mut none = [0.0, 0.0];
        scaled(&mut none, false);
        assert_eq!(none, [0.0, 0.0]);
    }
}
