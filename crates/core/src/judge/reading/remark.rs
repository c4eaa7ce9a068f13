//! What stands after a verdict: a remark that lets it stand, or one that takes it back.

use super::{Choice, label, trim};

/// The longest remark, in characters; a longer text is a comparison of its own.
const LONGEST: usize = 300;

/// Words that begin a reason, which may name the other reply.
const REASONS: [&str; 4] = ["because", "since", "as", "for"];

/// Words after which a verdict no longer stands, or stands under a condition.
const RETRACTIONS: [&str; 20] = [
    "if",
    "unless",
    "otherwise",
    "wait",
    "actually",
    "instead",
    "mistake",
    "mistaken",
    "correction",
    "mixed",
    "change",
    "changed",
    "rather",
    "reconsider",
    "hmm",
    "scratch",
    "nein",
    "kidding",
    "strike",
    "wrong",
];

/// Words that take a verdict back where they follow it at once.
const DENIALS: [&str; 4] = ["not", "no", "or", "nor"];

/// Words that turn a reason into the opposite.
const TURNS: [&str; 16] = [
    "but",
    "however",
    "though",
    "although",
    "yet",
    "still",
    "so",
    "therefore",
    "thus",
    "no",
    "wins",
    "win",
    "better",
    "best",
    "prefer",
    "overall",
];

/// Whether `choice` holds in spite of what follows it: the `tail` of its line, and the lines `after` it.
pub fn lets_stand(tail: &str, after: &str, choice: Choice) -> bool {
    let is_short = tail.chars().count() + after.chars().count() <= LONGEST;
    let words = words(tail);
    let begins_with = |known: &[&str]| words.first().is_some_and(|word| known.contains(&word.as_str()));
    let is_tail_fine = if begins_with(&REASONS) {
        !has(tail, &TURNS)
    } else {
        !begins_with(&DENIALS) && !names_other(tail, choice)
    };
    let is_doubted = |text: &str| has(text, &RETRACTIONS) || text.contains(['?', '？', '؟']);
    is_short && is_tail_fine && !names_other(after, choice) && !is_doubted(tail) && !is_doubted(after)
}

/// Whether one of the two replies is named.
pub fn names_a_side(text: &str) -> bool {
    names(text, Choice::A) || names(text, Choice::B)
}

/// Whether another verdict than `choice` is named.
fn names_other(text: &str, choice: Choice) -> bool {
    let others: &[&str] = match choice {
        Choice::A | Choice::B => &["tie", "draw", "equal", "equally", "both", "neither", "other"],
        Choice::Tie => &["bad", "unacceptable", "other"],
        Choice::BothBad => &["tie", "draw", "equal", "equally", "good", "other"],
    };
    [Choice::A, Choice::B].into_iter().any(|side| side != choice && names(text, side)) || has(text, others)
}

/// Whether `side` is named by its letter, its number or a word such as "first".
fn names(text: &str, side: Choice) -> bool {
    let text = trim::visible(text);
    let is_letter = |(at, c): (usize, char)| {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        let touches = before.chars().next_back().is_some_and(is_of_word)
            || after.chars().next().is_some_and(is_of_word);
        let is_it = || label::letter(&c.to_lowercase().collect::<String>()) == Some(side);
        !touches && is_it() && (c == 'b' || !c.is_lowercase() || !is_small_word(before, after))
    };
    text.char_indices().any(is_letter) || label::has_ordinal(&text.to_lowercase(), side)
}

/// Whether a small letter is a word of its language, such as an article.
fn is_small_word(before: &str, after: &str) -> bool {
    let is_named = last_word(before).is_some_and(|word| label::is_noun(&word));
    let next = after.strip_prefix(' ').and_then(first_word);
    let is_subject = matches!(next.as_deref(), None | Some("is" | "wins" | "has" | "was" | "does"));
    !is_named && !is_subject
}

/// More letters than any word has that is looked for beside a lone letter; a longer one is cut, so that a line of lone letters costs no square of its length.
const MOST_LETTERS: usize = 16;

fn last_word(text: &str) -> Option<String> {
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let letters = text.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric());
    let (start, _) = letters.take(MOST_LETTERS).last()?;
    words(&text[start..]).pop()
}

fn first_word(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let letters: String = text.chars().take_while(|c| c.is_alphanumeric()).take(MOST_LETTERS).collect();
    words(&letters).into_iter().next()
}

/// Letters that a label cannot touch; Chinese and its kin part no words.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() && c < '\u{2E80}' || c == '\''
}

fn has(text: &str, known: &[&str]) -> bool {
    words(text).iter().any(|word| known.contains(&word.as_str()))
}

fn words(text: &str) -> Vec<String> {
    let text = trim::plain(text);
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
