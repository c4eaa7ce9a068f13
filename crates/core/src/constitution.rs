//! Principles, and how a reply is criticised and revised by them (Bai et al. 2022, "Constitutional AI").
//!
//! Each round of a reply draws a principle that it has not had yet, asks a model for a critique by it, and then for a revision.
//! Whether a revision is better is not assumed here: original and revision are judged like every other pair, in both orders.

use crate::judge::{Template, TemplateError};
use crate::random::{Purpose, ResponseRandom};
use crate::schema::{Message, Prompt, sha256_hex};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A rule of conduct, and how a model is asked about it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principle {
    /// Its name in records, such as `honest-unknown`.
    pub id: String,
    /// The rule in a sentence.
    pub principle: String,
    /// What a critique is asked for.
    pub critique: String,
    /// What a revision is asked for.
    pub revision: String,
}

/// What is wrong with a constitution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConstitutionError {
    /// It is not of the right form.
    #[error(
        "{0}; a constitution is a JSON object of `version` and `principles`, each with `id`, `principle`, `critique` and `revision`"
    )]
    Form(String),
    /// A text of it is empty.
    #[error("principle `{id}` has an empty `{field}`: write what a model shall be asked")]
    Empty {
        /// The principle's id.
        id: String,
        /// The field.
        field: &'static str,
    },
    /// Two principles have the same id.
    #[error("two principles are called `{0}`: give each a name of its own")]
    Twice(String),
    /// There is no principle in it.
    #[error("there is no principle in it")]
    NoPrinciple,
    /// One of its templates cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// Principles with a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Constitution {
    /// The version, stored with every revision.
    pub version: String,
    /// SHA-256 of its text, in lower-case hex.
    pub hash: String,
    /// At least one.
    pub principles: Vec<Principle>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: String,
    principles: Vec<Principle>,
}

impl Constitution {
    /// The text of the one for customer service, which is compiled in.
    pub fn text() -> &'static str {
        include_str!("../data/constitution.json")
    }

    /// The one for customer service.
    pub fn customer_service() -> Self {
        Self::parse(Self::text()).expect("a test reads the constitution that is compiled in")
    }

    /// Reads a constitution.
    pub fn parse(text: &str) -> Result<Self, ConstitutionError> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| ConstitutionError::Form(error.to_string()))?;
        let mut ids = BTreeSet::new();
        for principle in &document.principles {
            let fields = [
                ("id", &principle.id),
                ("principle", &principle.principle),
                ("critique", &principle.critique),
                ("revision", &principle.revision),
            ];
            if let Some((field, _)) = fields.iter().find(|(_, text)| text.trim().is_empty()) {
                return Err(ConstitutionError::Empty { id: principle.id.clone(), field });
            }
            if !ids.insert(&principle.id) {
                return Err(ConstitutionError::Twice(principle.id.clone()));
            }
        }
        if document.principles.is_empty() {
            return Err(ConstitutionError::NoPrinciple);
        }
        let hash = sha256_hex(text.as_bytes());
        Ok(Self { version: document.version, hash, principles: document.principles })
    }

    /// The principles of a response's rounds, keyed by (seed, prompt id, response index): the first `n_rounds` of a shuffle, so that none comes twice before all have come.
    pub fn draw(&self, seed: u64, prompt_id: &str, response_index: u32, n_rounds: u32) -> Vec<&Principle> {
        let random = ResponseRandom::new(seed, prompt_id, response_index);
        let n = self.principles.len();
        let mut drawn = Vec::new();
        let mut order: Vec<usize> = Vec::new();
        for round in 0..n_rounds {
            if order.is_empty() {
                order = (0..n).collect();
            }
            let place = (random.uniform(Purpose::Principle, round) * order.len() as f64) as usize;
            drawn.push(&self.principles[order.remove(place.min(order.len() - 1))]);
        }
        drawn
    }
}

/// The two questions of a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Questions {
    /// Asks for a critique.
    pub critique: Template,
    /// Asks for a revision.
    pub revision: Template,
}

impl Questions {
    /// The built-in ones.
    pub fn built_in() -> Self {
        let named = |name| Template::named(name).expect("it is compiled in");
        Self { critique: named("critique"), revision: named("revision") }
    }

    /// The messages that ask for a critique of `reply`.
    pub fn ask_critique(&self, prompt: &Prompt, reply: &str, principle: &Principle) -> Vec<Message> {
        self.critique.ask_prose(
            prompt,
            &[
                ("reply", reply),
                ("principle", &principle.principle),
                ("request", &principle.critique),
                ("critique", ""),
            ],
        )
    }

    /// The messages that ask for a revision of `reply`; without a critique (some models do as well at once), the place for it is empty.
    pub fn ask_revision(
        &self,
        prompt: &Prompt,
        reply: &str,
        principle: &Principle,
        critique: &str,
    ) -> Vec<Message> {
        self.revision.ask_prose(
            prompt,
            &[
                ("reply", reply),
                ("principle", &principle.principle),
                ("request", &principle.revision),
                ("critique", critique),
            ],
        )
    }
}

/// The reply in a model's answer: without reasoning, and without the quotes or tags that some models put around all of it.
///
/// None where nothing is left, or where the reasoning never ended.
pub fn revised_text(answer: &str) -> Option<String> {
    let text = crate::judge::without_reasoning(answer).ok()?;
    let text =
        between(text, "<reply>", "</reply>").or_else(|| between(text, "\"", "\"")).unwrap_or(text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What stands between `open` and `close`, where the text begins and ends with them and holds neither in between.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let inner = text.trim().strip_prefix(open)?.strip_suffix(close)?;
    (!inner.contains(open) && !inner.contains(close)).then_some(inner)
}

/// How many words have to be deleted, inserted or replaced to make one text of the other (Levenshtein 1966, over words), divided by the words of the longer one: 0 for the same words, 1 for none in common.
///
/// Only the first 2,000 words of each are looked at.
pub fn edit_distance(one: &str, other: &str) -> f64 {
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().take(2000).map(str::to_owned).collect() };
    let (one, other) = (words(one), words(other));
    let longest = one.len().max(other.len());
    if longest == 0 {
        return 0.0;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, word) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, candidate) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(word != candidate);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()] as f64 / longest as f64
}

/// Whether a reply declines instead of answering, by how it begins; a rough sign, for counting.
pub fn looks_like_refusal(reply: &str) -> bool {
    const STARTS: [&str; 12] = [
        "i'm sorry, but i can",
        "i am sorry, but i can",
        "sorry, but i can",
        "sorry, i can",
        "i cannot help",
        "i can't help",
        "i cannot assist",
        "i can't assist",
        "i am unable to",
        "i'm unable to",
        "as an ai",
        "i won't be able to",
    ];
    let start: String = reply.trim().chars().take(40).collect::<String>().to_lowercase().replace('’', "'");
    STARTS.iter().any(|known| start.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::read_prompts;

    #[test]
    fn the_built_in_constitution_is_whole() {
        let constitution = Constitution::customer_service();
        assert!(constitution.principles.len() >= 16);
        assert_eq!((constitution.version.as_str(), constitution.hash.len()), ("1.0.0", 64));
    }

    #[test]
    fn a_constitution_says_what_is_wrong_with_it() {
        let check = |principles: &str, part: &str| {
            let text = format!(r#"{{"version": "1", "principles": [{principles}]}}"#);
            let error = Constitution::parse(&text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        let good = r#"{"id": "a", "principle": "p", "critique": "c", "revision": "r"}"#;
        check("", "no principle");
        check(&format!("{good}, {good}"), "two principles are called `a`");
        check(r#"{"id": "a", "principle": "p", "critique": " ", "revision": "r"}"#, "empty `critique`");
        check(r#"{"id": "a", "principle": "p"}"#, "missing field `critique`");
        check(r#"{"id": "a", "rule": "p"}"#, "unknown field `rule`");
    }

    #[test]
    fn principles_are_drawn_by_key_and_none_twice() {
        let constitution = Constitution::customer_service();
        let n = constitution.principles.len() as u32;
        let ids = |seed, prompt: &str, index, rounds| -> Vec<String> {
            constitution.draw(seed, prompt, index, rounds).iter().map(|p| p.id.clone()).collect()
        };
        assert_eq!(ids(1, "p", 0, 3), ids(1, "p", 0, 3));
        assert_eq!(ids(1, "p", 0, 3)[..2], ids(1, "p", 0, 2)[..]);
        assert_ne!(ids(1, "p", 0, 4), ids(2, "p", 0, 4));
        assert_ne!(ids(1, "p", 0, 4), ids(1, "p", 1, 4));
        let all: BTreeSet<String> = ids(1, "p", 0, n).into_iter().collect();
        assert_eq!(all.len() as u32, n);
        assert_eq!(ids(1, "p", 0, n + 1).len() as u32, n + 1);
        let firsts: BTreeSet<String> = (0..400).map(|i| ids(1, &i.to_string(), 0, 1).remove(0)).collect();
        assert_eq!(firsts.len() as u32, n, "each comes first for some prompt");
    }

    #[test]
    fn the_questions_hold_what_they_are_about() {
        let prompt = read_prompts(&b"Where is my order?"[..], "p").into_records().remove(0);
        let constitution = Constitution::customer_service();
        let (questions, principle) = (Questions::built_in(), &constitution.principles[0]);
        let text = |messages: Vec<Message>| messages.iter().map(|m| m.content.clone()).collect::<String>();
        let critique = text(questions.ask_critique(&prompt, "Soon. </reply>", principle));
        assert!(critique.contains("Soon. < /reply>") && critique.contains(&principle.critique));
        let revision = text(questions.ask_revision(&prompt, "Soon.", principle, "It is vague."));
        assert!(revision.contains("It is vague.") && revision.contains(&principle.revision));
        assert!(!revision.contains('{'), "{revision}");
    }

    #[test]
    fn a_revision_is_taken_out_of_its_wrapping() {
        for (answer, expected) in [
            ("Your order left today.", Some("Your order left today.")),
            ("<think>shorter</think>\n\"It left today.\"", Some("It left today.")),
            ("<reply>\nIt left.\n</reply>", Some("It left.")),
            ("\"Yes\" is what I say, \"no\" is not.", Some("\"Yes\" is what I say, \"no\" is not.")),
            ("  ", None),
            ("<think>It left", None),
        ] {
            assert_eq!(revised_text(answer).as_deref(), expected, "{answer}");
        }
    }

    #[test]
    fn distances_are_counted_in_words() {
        for (one, other, expected) in [
            ("a b c d", "a b c d", 0.0),
            ("a b c d", "a x c d", 0.25),
            ("a b c d", "a b c d e", 0.2),
            ("a b", "c d", 1.0),
            ("", "", 0.0),
            ("a", "", 1.0),
        ] {
            assert_eq!(edit_distance(one, other), expected, "{one} / {other}");
        }
        assert!(looks_like_refusal("I’m sorry, but I can’t help with that."));
        assert!(!looks_like_refusal("I'm sorry about the delay. Please send the order number."));
    }
}
