//! The lines of an answer, without what it quotes.

use super::{lead, remark, trim};

/// A line, or the part of it that is no quotation.
pub struct Line<'a> {
    /// Its index in the text.
    pub index: usize,
    /// What is neither code nor part of a quotation that began on an earlier line.
    pub own: &'a str,
    /// Whether the line before it announces something else than a verdict, as "Reply A ends with:" does.
    pub is_announced_otherwise: bool,
}

/// An answer that is quoted as a whole, without its quotes, and with each tag on the line of what it encloses.
pub fn unwrapped(text: &str) -> String {
    let inner = text.strip_prefix(['"', '“', '`']).and_then(|text| text.strip_suffix(['"', '”', '`']));
    let text = inner.filter(|inner| !inner.contains(['"', '“', '”', '`'])).unwrap_or(text);
    ["verdict", "answer", "winner"].iter().fold(text.to_owned(), |text, tag| {
        let text = text.replace(&format!("<{tag}>\n"), &format!("<{tag}>"));
        text.replace(&format!("\n</{tag}>"), &format!("</{tag}>"))
    })
}

/// The lines that are neither quoted nor code.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let last_quote = text.rfind(['"', '”']);
    let (mut at, mut is_code, mut is_open) = (0, false, false);
    let mut is_announced = false;
    text.split_inclusive('\n').enumerate().filter_map(move |(index, line)| {
        let start = at;
        at += line.len();
        let is_quotation = is_open && last_quote.is_some_and(|quote| quote >= start);
        is_open ^= line.matches(['"', '“', '”']).count() % 2 == 1;
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence || line.trim_start().starts_with('>') {
            return None;
        }
        let end = if is_quotation { line.find(['"', '”']).map_or(line.len(), |end| end + 1) } else { 0 };
        let own = line.get(end..).unwrap_or("").trim_end();
        let line = Line { index, own, is_announced_otherwise: is_announced };
        // Once for each line, because many empty ones may follow a long one.
        is_announced = if own.is_empty() { is_announced } else { announces_other(own) };
        Some(line)
    })
}

/// Whether a line ends in a colon, and what follows it is not the judge's verdict.
pub fn announces_other(line: &str) -> bool {
    const OWN: [&str; 6] = ["my ", "verdict", "answer", "final", "here is", "json"];
    let plain = trim::plain(line);
    let plain = plain.trim_end_matches(['*', '_', ' ']);
    let is_own = || {
        lead::after(plain).is_some_and(|(_, rest)| trim::wrapping(rest).is_empty())
            || OWN.iter().any(|word| plain.contains(word))
                && !remark::names_a_side(line)
                && !plain.contains("not")
    };
    plain.ends_with(':') && !is_own()
}
