//! Personal data in what is sent.

use super::ask::Ask;
use crate::terminal::{count, plural};
use std::collections::BTreeMap;
use tiebreak_core::schema::Message;
use tiebreak_core::screen::{personal_data, redacted, Concern};

/// How many texts hold what kind of personal data.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Screening {
    n_texts: usize,
    n_texts_with_any: usize,
    n_finds: BTreeMap<Concern, usize>,
}

impl Screening {
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut screening = Self::default();
        for text in texts {
            let found = personal_data(text);
            screening.n_texts += 1;
            screening.n_texts_with_any += usize::from(!found.is_empty());
            found.into_iter().for_each(|concern| *screening.n_finds.entry(concern).or_default() += 1);
        }
        screening
    }

    /// What a person is told before anything is sent; none where nothing was found.
    pub fn text(&self, is_redacted: bool) -> Option<String> {
        if self.n_texts_with_any == 0 {
            return None;
        }
        let finds = self.n_finds.iter().map(|(concern, n)| kind(*concern, *n)).collect::<Vec<_>>().join(", ");
        let texts = format!("{} of {}", count(self.n_texts_with_any as u64), plural(self.n_texts, "text"));
        Some(match is_redacted {
            true => format!("personal data in {texts} is replaced before it is sent: {finds}"),
            false => format!("personal data in {texts} is sent as it is: {finds}; --redact replaces it"),
        })
    }
}

fn kind(concern: Concern, n: usize) -> String {
    match concern {
        Concern::Email if n == 1 => "1 e-mail address".to_owned(),
        Concern::Email => format!("{} e-mail addresses", count(n as u64)),
        Concern::Phone => plural(n, "phone number"),
        Concern::CardNumber => plural(n, "card number"),
        other => format!("{} {}", count(n as u64), other.name()),
    }
}

/// The messages with personal data replaced.
pub fn redacted_messages(messages: &[Message]) -> Vec<Message> {
    messages
        .iter()
        .map(|message| Message { content: redacted(&message.content), ..message.clone() })
        .collect()
}

/// The ask with personal data replaced.
pub fn redacted_ask(ask: Ask) -> Ask {
    Ask { messages: redacted_messages(&ask.messages), ..ask }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_are_counted_and_told() {
        let texts = ["a@b.org and c@d.org", "nothing", "call +49 30 901820"];
        let screening = Screening::of(texts);
        assert_eq!(
            screening.text(false).unwrap(),
            "personal data in 2 of 3 texts is sent as it is: 2 e-mail addresses, 1 phone number; --redact replaces it"
        );
        assert!(screening.text(true).unwrap().contains("is replaced before it is sent: 2 e-mail"));
        assert_eq!(Screening::of(texts.map(redacted).iter().map(String::as_str)).text(false), None);
    }
}
