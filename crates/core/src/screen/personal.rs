//! E-mail addresses, phone numbers and card numbers in a text.

use super::Concern;
use std::ops::Range;

/// Every find, in the order of the text; none overlaps another.
pub(super) fn find(text: &str) -> Vec<(Concern, Range<usize>)> {
    let emails = emails(text).map(|range| (Concern::Email, range));
    let numbers =
        numbers(text).filter_map(|range| kind_of_number(&text[range.clone()]).map(|kind| (kind, range)));
    let mut found: Vec<(Concern, Range<usize>)> = emails.chain(numbers).collect();
    found.sort_by_key(|(_, range)| range.start);
    let mut end = 0;
    found.retain(|(_, range)| {
        let apart = range.start >= end;
        if apart {
            end = range.end;
        }
        apart
    });
    found
}

/// What kinds of personal data a text holds, one for each find, in the order of the text.
pub fn personal_data(text: &str) -> Vec<Concern> {
    find(text).into_iter().map(|(concern, _)| concern).collect()
}

/// The text with every find replaced by its kind, such as `[email]`.
pub fn redacted(text: &str) -> String {
    let (mut output, mut end) = (String::with_capacity(text.len()), 0);
    for (concern, range) in find(text) {
        output.push_str(&text[end..range.start]);
        output.push('[');
        output.push_str(concern.name());
        output.push(']');
        end = range.end;
    }
    output.push_str(&text[end..]);
    output
}

/// Something before an `@`, and a domain with a point after it.
fn emails(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_local = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    text.match_indices('@').filter_map(move |(at, _)| {
        let start = text[..at].char_indices().rev().take_while(|(_, c)| is_local(*c)).last()?.0;
        let after = &text[at + 1..];
        let length = after.find(|c| !is_domain(c)).unwrap_or(after.len());
        let domain = after[..length].trim_end_matches(['.', '-']);
        let (name, ending) = domain.rsplit_once('.')?;
        let holds =
            !name.is_empty() && ending.chars().count() >= 2 && ending.chars().all(char::is_alphabetic);
        holds.then(|| start..at + 1 + domain.len())
    })
}

/// Runs of digits with what people put between them, from their first to their last digit.
fn numbers(text: &str) -> impl Iterator<Item = Range<usize>> {
    let belongs = |c: char| c.is_ascii_digit() || " -./()+\u{a0}".contains(c);
    let mut rest = 0;
    std::iter::from_fn(move || {
        loop {
            let start = rest + text[rest..].find(belongs)?;
            let length = text[start..].find(|c| !belongs(c)).unwrap_or(text.len() - start);
            rest = start + length;
            let run = &text[start..rest];
            let is_part_of_word = text[..start].chars().next_back().is_some_and(char::is_alphanumeric)
                || text[rest..].chars().next().is_some_and(char::is_alphanumeric);
            let first = run.find(|c: char| c.is_ascii_digit() || "+(".contains(c));
            let last = run.rfind(|c: char| c.is_ascii_digit());
            if let (Some(first), Some(last)) = (first, last)
                && first < last
                && !(is_part_of_word && first == 0 && last + 1 == run.len())
            {
                return Some(start + first..start + last + 1);
            }
        }
    })
}

fn kind_of_number(run: &str) -> Option<Concern> {
    let digits: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
    let separators = run.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).count();
    let is_international = run.starts_with('+');
    if !is_international && (13..=19).contains(&digits.len()) && passes_check_digit(&digits) {
        return Some(Concern::CardNumber);
    }
    let is_phone = (8..=15).contains(&digits.len())
        && (is_international || (digits.len() >= 10 && separators >= 2 && digits.len() <= 12));
    is_phone.then_some(Concern::Phone)
}

/// The check that payment cards' numbers pass (ISO/IEC 7812-1, annex B).
fn passes_check_digit(digits: &[u32]) -> bool {
    let doubled = |(i, digit): (usize, &u32)| match (i % 2, *digit) {
        (0, digit) => digit,
        (_, digit) if digit >= 5 => 2 * digit - 9,
        (_, digit) => 2 * digit,
    };
    digits.iter().any(|digit| *digit != 0)
        && digits.iter().rev().enumerate().map(doubled).sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(Concern, &str)]) {
        let found: Vec<_> = find(text).into_iter().map(|(concern, range)| (concern, &text[range])).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn addresses() {
        check("Write to a.b+c@shop.example.com.", &[(Concern::Email, "a.b+c@shop.example.com")]);
        check("mail:jörg@müller.de!", &[(Concern::Email, "jörg@müller.de")]);
        check("@home or me@ or a@b, 5 @ 3.50", &[]);
        check("x@y.co, z@w.org", &[(Concern::Email, "x@y.co"), (Concern::Email, "z@w.org")]);
    }

    #[test]
    fn phones() {
        check("+1 (555) 010-9999", &[(Concern::Phone, "+1 (555) 010-9999")]);
        check("call (555) 010-9999.", &[(Concern::Phone, "(555) 010-9999")]);
        check(
            "0800-123-4567 or 0800 123 4567",
            &[(Concern::Phone, "0800-123-4567"), (Concern::Phone, "0800 123 4567")],
        );
        check("+4930901820", &[(Concern::Phone, "+4930901820")]);
    }

    #[test]
    fn numbers_that_are_neither() {
        for text in [
            "order 1234567890",
            "on 2024-10-12 at 10:30",
            "$1,234.50",
            "tracking 1Z9999W99999999999",
            "113-5555555-1234567",
            "steps 1. 2. 3.",
            "3 to 5 working days, 8:00 to 20:00",
            "INV-2024-000123",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn cards() {
        check("4111-1111-1111-1111", &[(Concern::CardNumber, "4111-1111-1111-1111")]);
        check("my card 5500005555555559 please", &[(Concern::CardNumber, "5500005555555559")]);
        check("4111 1111 1111 1112", &[]);
        check("0000000000000000", &[]);
    }

    #[test]
    fn redaction_keeps_the_rest() {
        assert_eq!(redacted("a@b.org: 4111111111111111 ok"), "[email]: [card_number] ok");
        assert_eq!(personal_data("a@b.org: 4111111111111111 ok"), [Concern::Email, Concern::CardNumber]);
        assert_eq!(redacted("nothing"), "nothing");
        assert_eq!(redacted(""), "");
    }
}
