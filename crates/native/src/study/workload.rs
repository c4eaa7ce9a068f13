//! How long a list takes, from the words that stand in it.

use tiebreak_core::study::{Item, Study};

/// The mean rate of silent reading of English non-fiction (Brysbaert 2019, Journal of Memory and Language 109).
pub const WORDS_PER_MINUTE: f64 = 238.0;
/// What weighing two replies and pressing a key adds to reading them.
pub const SECONDS_PER_ANSWER: f64 = 10.0;

/// Reading and answering.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Workload {
    pub words: f64,
    pub answers: f64,
}

impl Workload {
    /// Of a list, in the mean over all lists.
    pub fn of_list(study: &Study) -> Self {
        let words: Vec<usize> = study.items.iter().map(words_of_item).collect();
        let turns = study.lists.iter().flatten();
        let n_lists = study.lists.len().max(1) as f64;
        let answers = turns.clone().count() as f64 / n_lists;
        let words = turns.map(|place| words[*place]).sum::<usize>() as f64 / n_lists;
        Self { words, answers }
    }

    /// Of all that stands before the first pair: consent, guidelines, qualification.
    pub fn of_start(study: &Study) -> Self {
        let questions = &study.qualification.questions;
        let qualification = questions.iter().map(|question| {
            let asked = question.messages.iter().map(|message| words(&message.content)).sum::<usize>();
            asked + question.responses.iter().map(|text| words(text)).sum::<usize>() + words(&question.reason)
        });
        let consent = study.settings.consent.as_deref().map_or(0, words);
        let total = consent + words(&study.guidelines.text) + qualification.sum::<usize>();
        Self { words: total as f64, answers: questions.len() as f64 }
    }

    pub fn minutes(self) -> f64 {
        self.words / WORDS_PER_MINUTE + self.answers * SECONDS_PER_ANSWER / 60.0
    }
}

fn words_of_item(item: &Item) -> usize {
    let asked = item.messages.iter().map(|message| words(&message.content)).sum::<usize>();
    asked + item.responses.iter().map(|text| words(text)).sum::<usize>()
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::Sample;
    use tiebreak_core::study::{build, BuildSettings, Parts};

    #[test]
    fn repeats_are_read_again() {
        let sample = |i: usize| -> Sample {
            serde_json::from_value(serde_json::json!({
                "prompt": {"id": format!("n{i}"), "messages": [{"role": "user", "content": format!("two {i}")}], "tags": []},
                "responses": [
                    {"id": format!("a{i}"), "text": format!("these are four {i}")},
                    {"id": format!("b{i}"), "text": format!("and five other words {i}")},
                ],
            }))
            .unwrap()
        };
        let samples: Vec<Sample> = (0..40).map(sample).collect();
        let settings = BuildSettings { pairs_per_annotator: 20, ..BuildSettings::default() };
        let mut study = build(&samples, &Parts::default(), &settings).study;
        let list = Workload::of_list(&study);
        assert_eq!(list, Workload { words: 20.0 * 11.0, answers: 20.0 });
        assert!((list.minutes() - (220.0 / 238.0 + 200.0 / 60.0)).abs() < 1e-9);
        assert_eq!(Workload::of_start(&study), Workload::default());
        study.guidelines.text = "be kind".to_owned();
        study.settings.consent = Some("I agree to it".to_owned());
        assert_eq!(Workload::of_start(&study).words, 6.0);
    }
}
