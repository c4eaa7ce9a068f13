//! A marked verdict: `[[A]]`, `<verdict>A</verdict>`, `\boxed{A}`, or a line that begins with a word such as "Verdict:".

use super::lead::{self, Scope};
use super::lines::{Line, lines, unwrapped};
use super::{Choice, Found, NoVerdict, label, remark, trim};

/// A marker that was found in a line.
struct Marker {
    choice: Choice,
    /// What its lead word speaks of; none for one in brackets that has its line for itself.
    scope: Option<Scope>,
    /// What follows it on its line.
    tail: String,
    /// The index of its line.
    line: usize,
}

/// What is marked in a text.
#[derive(Default)]
struct Marked {
    /// What the judge says itself, in order.
    own: Vec<Marker>,
    /// Verdicts in brackets that stand within a sentence, which may mean anything.
    mentioned: Vec<Choice>,
}

/// The verdict that the last marker holds, where nothing else in the text casts doubt on it.
pub fn read(text: &str) -> Found {
    let text = unwrapped(text);
    let marked = marked(&text);
    let Some((last, earlier)) = marked.own.split_last() else {
        let (first, others) = marked.mentioned.split_first()?;
        let differ = others.iter().any(|other| other != first);
        return Some(Err(if differ { NoVerdict::Contradiction } else { NoVerdict::Unclear }));
    };
    let after = text.lines().skip(last.line + 1).collect::<Vec<_>>().join("\n");
    let is_last = trim::wrapping(&last.tail).is_empty() && trim::wrapping(&after).is_empty();
    let is_overruled = |other: &Marker| {
        last.scope == Some(Scope::Whole) && other.scope == Some(Scope::Partial) || other.choice == last.choice
    };
    let is_mentioned = marked.mentioned.iter().any(|choice| *choice != last.choice);
    let ends_it = is_last && last.scope != Some(Scope::Partial);
    Some(match () {
        () if !earlier.iter().all(is_overruled) => Err(NoVerdict::Contradiction),
        () if is_mentioned && !ends_it => Err(NoVerdict::Contradiction),
        () if remark::lets_stand(&last.tail, &after, last.choice) => Ok(last.choice),
        () => Err(NoVerdict::Unclear),
    })
}

/// What the markers of a text say that are the judge's own.
pub fn choices(text: &str) -> Vec<Choice> {
    marked(text).own.iter().map(|marker| marker.choice).collect()
}

fn marked(text: &str) -> Marked {
    let mut marked = Marked::default();
    for line in lines(text) {
        let n_before = marked.own.len();
        enclosed(&line, &mut marked);
        // A line such as "Verdict: [[A]]" is one marker, and the one in brackets is it.
        if marked.own.len() == n_before && !line.is_announced_otherwise {
            let own = trim::visible(line.own);
            marked.own.extend(sentences(&own).filter_map(|sentence| led(sentence, line.index)));
        }
    }
    marked
}

/// Verdicts in double brackets, in a tag or in a box.
fn enclosed(line: &Line<'_>, marked: &mut Marked) {
    const FORMS: [(&str, &str); 6] = [
        ("[[", "]]"),
        ("<verdict>", "</verdict>"),
        ("<answer>", "</answer>"),
        ("<winner>", "</winner>"),
        ("\\boxed{\\text{", "}}"),
        ("\\boxed{", "}"),
    ];
    let lower = line.own.to_ascii_lowercase();
    let mut found = Vec::new();
    for (open, close) in FORMS {
        for (at, _) in lower.match_indices(open) {
            let start = at + open.len();
            let Some(length) = lower[start..].find(close) else { continue };
            if let Some(choice) = in_brackets(&line.own[start..start + length]) {
                found.push((at, start + length + close.len(), choice));
            }
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    let condition = condition(&lower);
    for (at, end, choice) in found {
        // A box is often set as a formula.
        let before = line.own[..at].trim_end_matches('$');
        let after = line.own[end..].trim_start_matches('$');
        let is_conditional = condition.is_some_and(|condition| condition < at);
        match own(before, after, is_conditional).filter(|_| !line.is_announced_otherwise) {
            Some((scope, tail)) => {
                marked.own.push(Marker { choice, scope, tail: tail.to_owned(), line: line.index });
            }
            None if is_quoted(before, after) => {}
            None => marked.mentioned.push(choice),
        }
    }
}

/// What stands in a pair of brackets; `C` is what some judges are told to write for a tie.
fn in_brackets(inside: &str) -> Option<Choice> {
    label::statement(inside).or_else(|| (trim::plain(inside) == "c").then_some(Choice::Tie))
}

/// The scope and the tail of an enclosed verdict that is the judge's own: after a lead word, or alone on its line.
fn own<'a>(before: &str, after: &'a str, is_conditional: bool) -> Option<(Option<Scope>, &'a str)> {
    const OWN: [&str; 5] =
        ["is my verdict", "is my final verdict", "is my choice", "is my answer", "is my preference"];
    if after.trim_start().starts_with(['?', '？']) {
        return None;
    }
    let mut starts = sentences(before).filter(|start| start.len() <= MOST_LEAD_BYTES);
    let scope = starts.find_map(|start| {
        let start = trim::visible(start);
        let (scope, rest) = lead::after(&start)?;
        trim::wrapping(rest).is_empty().then_some(scope)
    });
    if scope.is_some() || ends_in_conclusion(before) && !is_conditional {
        return Some((scope, after));
    }
    if is_quoted(before, after) || !trim::wrapping(trim::line_start(before)).is_empty() {
        return None;
    }
    // The number of a list may tell a rank, so that one after it overrules nothing.
    let scope = (!trim::wrapping(before).is_empty()).then_some(Scope::Partial);
    let tail = OWN.iter().find_map(|words| trim::strip_prefix(after.trim_start(), words));
    tail.or_else(|| trim::wrapping(after).is_empty().then_some(after)).map(|tail| (scope, tail))
}

/// A lead word with its marks is never longer than this; without a limit a line of many verdicts would cost the cube of its length.
const MOST_LEAD_BYTES: usize = 256;

/// Whether `before` leads up to a conclusion, as in "it does not help, so [[B]]".
fn ends_in_conclusion(before: &str) -> bool {
    const CONCLUSIONS: [&str; 4] = ["so", "therefore", "thus", "hence"];
    let last = trim::wrapping(before).rsplit(char::is_whitespace).next();
    let last = last.filter(|last| last.len() <= MOST_LEAD_BYTES).map(trim::plain);
    last.is_some_and(|last| CONCLUSIONS.contains(&last.as_str()))
}

/// Where the first word "if" of a line in small letters begins: a conclusion after it holds under a condition.
fn condition(lower: &str) -> Option<usize> {
    let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_word = |at: usize, word: &str| {
        !touches(lower[..at].chars().next_back()) && !touches(lower[at + word.len()..].chars().next())
    };
    lower.match_indices("if").find(|(at, word)| is_word(*at, word)).map(|(at, _)| at)
}

/// Whether a quotation is open where `before` ends that closes in `after`.
fn is_quoted(before: &str, after: &str) -> bool {
    let is_open = |open: char, close: char| {
        let n_open = before.matches(open).count();
        let n_closed = before.matches(close).count();
        let is_inside = if open == close { n_open % 2 == 1 } else { n_open > n_closed };
        is_inside && after.contains(close)
    };
    let pairs = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('`', '`'), ('「', '」')];
    // A single one is an apostrophe too, and a quote only where it touches the brackets.
    let is_single = before.ends_with(['\'', '‘', '’']) && after.starts_with(['\'', '’']);
    is_single || pairs.iter().any(|(open, close)| is_open(*open, *close))
}

/// The sentences of a line, each to the end of the line, without the marks of lists and headings.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let line = trim::line_start(line);
    let ends = line.match_indices(". ").chain(line.match_indices("! ")).chain(line.match_indices("? "));
    let ends = ends.chain(line.match_indices('。'));
    let mut starts: Vec<usize> = ends.map(|(at, end)| at + end.len()).chain([0]).collect();
    starts.sort_unstable();
    starts.into_iter().map(|start| &line[start..])
}

/// What a sentence says that begins with a lead word, such as "Verdict: A, because …".
fn led(sentence: &str, line: usize) -> Option<Marker> {
    const STOPS: [&str; 10] = [". ", ", ", "; ", " because", " (", " – ", " — ", " - ", "。", "，"];
    let (scope, rest) = lead::after(sentence)?;
    let marker = |choice, tail: &str| Marker { choice, scope: Some(scope), tail: tail.to_owned(), line };
    if let Some(choice) = label::statement(rest) {
        return Some(marker(choice, ""));
    }
    let at = STOPS.iter().filter_map(|stop| rest.find(stop)).min()?;
    let (said, tail) = rest.split_at(at);
    // A number or a word such as "first" before more text may as well begin a list.
    if label::is_ordinal(said) {
        return None;
    }
    label::statement(said).map(|choice| marker(choice, tail))
}
