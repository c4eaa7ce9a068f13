//! Verdicts in words, as people name the buttons of their tools.

use crate::schema::Verdict;

/// Words that tell nothing of which response is better.
const FILLERS: [&str; 14] = [
    "model",
    "response",
    "answer",
    "output",
    "assistant",
    "option",
    "reply",
    "completion",
    "is",
    "the",
    "text",
    "better",
    "preferred",
    "wins",
];

/// What words say of two responses, a negative strength for the first; none where they say nothing that is known.
///
/// A side is `a`, `1`, `first` or `left`, `b`, `2`, `second` or `right`, alone or as in `model_a` and `Response B is better`; a number alone is none.
/// "much" and "significantly" make the strength 3 and "slightly" 1; without such a word it is 1, since no more is known.
pub(super) fn verdict(text: &str) -> Option<Verdict> {
    if !text.contains(char::is_alphabetic) {
        // A number alone may be a code, counted from 0 or from 1, or a step of a scale.
        return None;
    }
    let text = text.to_lowercase().replace("a bit", "slightly").replace("a lot", "much");
    match compared(&text) {
        Some(verdict) => Some(verdict),
        None => of_words(&words(&text)),
    }
}

/// `a>b`, `b>a` and `a=b`.
fn compared(text: &str) -> Option<Verdict> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !"[]".contains(*c)).collect();
    match text.as_str() {
        "a>b" | "b<a" => Some(Verdict::Strength(-1)),
        "b>a" | "a<b" => Some(Verdict::Strength(1)),
        "a=b" | "b=a" => Some(Verdict::Strength(0)),
        _ => None,
    }
}

/// The words, also those of `response1` and `bothbad`.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut last = ' ';
    for c in text.replace("bothbad", "both bad").chars() {
        if c.is_ascii_digit() && last.is_alphabetic() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
        last = c;
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn of_words(words: &[String]) -> Option<Verdict> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["tie" | "draw" | "equal" | "same" | "tied"] | ["about", "the", "same"] | ["both", "good"] => {
            return Some(Verdict::Strength(0));
        }
        ["both", "bad"] | ["tie", "both", "bad"] | ["both", "are", "bad"] => return Some(Verdict::BothBad),
        ["skip" | "skipped"] => return Some(Verdict::Skip),
        ["flag" | "flagged"] => return Some(Verdict::Flag),
        _ => {}
    }
    let (mut side, mut strength) = (None, 1);
    for word in words.into_iter().filter(|word| !FILLERS.contains(word)) {
        match word {
            "a" | "1" | "first" | "left" if side.is_none() => side = Some(-1),
            "b" | "2" | "second" | "right" if side.is_none() => side = Some(1),
            "much" | "significantly" | "far" => strength = 3,
            "slightly" => strength = 1,
            _ => return None,
        }
    }
    Some(Verdict::Strength(side? * strength))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Verdict>) {
        assert_eq!(verdict(text), expected, "{text}");
    }

    #[test]
    fn words_are_verdicts() {
        use Verdict::{BothBad, Flag, Skip, Strength};
        for text in
            ["A", "first", "left", "model_a", "Response 1", "response1", "Assistant A", "A>B", "[[A>B]]"]
        {
            check(text, Some(Strength(-1)));
        }
        for text in ["b", "second", "right", "model_b", "Response B is better", "B is a bit better"] {
            check(text, Some(Strength(1)));
        }
        check("first_much_better", Some(Strength(-3)));
        check("B is significantly better", Some(Strength(3)));
        for text in ["tie", "Draw", "A=B", "about the same"] {
            check(text, Some(Strength(0)));
        }
        for text in ["tie (bothbad)", "both_bad", "bothbad", "Both are bad"] {
            check(text, Some(BothBad));
        }
        check("skip", Some(Skip));
        check("flagged", Some(Flag));
    }

    #[test]
    fn what_says_nothing_known_is_none() {
        for text in [
            "", "maybe", "a or b", "a b", "better", "3", "0", "1", "2", "+1", " [1] ", "neither", "-1",
            "model_c", "A>>B",
        ] {
            check(text, None);
        }
    }
}
