//! Numbers as the page writes them.

use super::chart::minus;
use crate::terminal::count;
use jiff::Timestamp;
use tiebreak_core::report::{KindCount, Measure};
use tiebreak_core::schema::{AnnotatorKind, Verdict};
use tiebreak_core::statistics::{Estimate, Share};

/// `61.3 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// `61.3 % (58.0 to 64.5 %)`.
pub fn percent_within(share: f64, low: f64, high: f64) -> String {
    format!("{:.1} % ({:.1} to {:.1} %)", 100.0 * share, 100.0 * low, 100.0 * high)
}

pub fn share(found: &Share) -> String {
    percent_within(found.share, found.low, found.high)
}

/// `0.412 (0.350 to 0.474)`, with so many digits after the point.
pub fn number_within(found: Estimate, decimals: usize) -> String {
    let number = |value: f64| minus(&format!("{value:.decimals$}"));
    format!("{} ({} to {})", number(found.value), number(found.low), number(found.high))
}

pub fn number(value: f64, decimals: usize) -> String {
    minus(&format!("{value:.decimals$}"))
}

/// What is measured, or in its place why it cannot be told.
pub fn measured<T>(found: &Measure<T>, text: impl Fn(&T) -> String) -> String {
    match found {
        Measure::Value(value) => text(value),
        Measure::CannotTell(reason) => format!("cannot tell: {reason}"),
    }
}

/// What is measured, or a dash where the reason stands elsewhere.
pub fn measured_or_dash<T>(found: &Measure<T>, text: impl Fn(&T) -> String) -> String {
    found.value().map_or_else(|| "–".to_owned(), text)
}

/// `p = 0.031`, or `p < 0.001`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

/// `2026-01-31`, in UTC.
pub fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// `from 2026-01-31 to 2026-02-05`, or `on 2026-01-31`.
pub fn period(first: Timestamp, last: Timestamp) -> String {
    match (date(first), date(last)) {
        (day, same) if day == same => format!("on {day}"),
        (first, last) => format!("from {first} to {last}"),
    }
}

/// The kind of several annotators.
pub fn kind(kind: AnnotatorKind) -> &'static str {
    match kind {
        AnnotatorKind::Human => "people",
        AnnotatorKind::Expert => "experts",
        AnnotatorKind::Judge => "judges",
        AnnotatorKind::Constitution => "judges of revisions",
    }
}

/// The kind of one annotator.
pub fn one_kind(kind: AnnotatorKind) -> &'static str {
    match kind {
        AnnotatorKind::Human => "person",
        AnnotatorKind::Expert => "expert",
        AnnotatorKind::Judge => "judge",
        AnnotatorKind::Constitution => "judge of revisions",
    }
}

/// `3 people, 1 expert and 2 judges`.
pub fn annotators(kinds: &[KindCount]) -> String {
    let told = |own: &KindCount| counted(own.annotators, one_kind(own.kind), kind(own.kind));
    let mut all: Vec<String> = kinds.iter().map(told).collect();
    match all.pop() {
        Some(last) if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// `1 person`, or `3 people`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// What a vote says, in words.
pub fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Strength(0) => "a tie".to_owned(),
        Verdict::Strength(strength) => {
            let side = if strength < 0 { "first" } else { "second" };
            let how = ["slightly", "clearly", "much"][usize::from(strength.unsigned_abs().min(3)) - 1];
            format!("the {side} is {how} better")
        }
        Verdict::BothBad => "both are bad".to_owned(),
        Verdict::Skip => "skipped".to_owned(),
        Verdict::Flag => "flagged".to_owned(),
        Verdict::Unparsed => "no verdict".to_owned(),
    }
}

/// The first letter large.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(percent_within(0.6128, 0.58, 0.6449), "61.3 % (58.0 to 64.5 %)");
        let found = Estimate { value: -0.0001, low: -0.25, high: 0.5 };
        assert_eq!(number_within(found, 2), "0.00 (−0.25 to 0.50)");
        assert_eq!([0.0312, 0.0001].map(p_value), ["p = 0.031", "p < 0.001"]);
        assert_eq!(
            [-3, 0, 1].map(|s| verdict(Verdict::Strength(s))),
            ["the first is much better", "a tie", "the second is slightly better"]
        );
        let own = |(kind, annotators)| KindCount { kind, annotators, votes: 9 };
        for (kinds, expected) in [
            (vec![(AnnotatorKind::Human, 1)], "1 person"),
            (vec![(AnnotatorKind::Expert, 1200), (AnnotatorKind::Judge, 1)], "1,200 experts and 1 judge"),
            (
                vec![(AnnotatorKind::Human, 3), (AnnotatorKind::Expert, 1), (AnnotatorKind::Judge, 2)],
                "3 people, 1 expert and 2 judges",
            ),
        ] {
            assert_eq!(annotators(&kinds.into_iter().map(own).collect::<Vec<_>>()), expected);
        }
        let reason = Measure::CannotTell::<f64>("too few".to_owned());
        assert_eq!(measured(&reason, |_| String::new()), "cannot tell: too few");
    }
}
