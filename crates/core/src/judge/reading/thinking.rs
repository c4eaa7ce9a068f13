//! Cuts the reasoning off that models write before their answer.

use super::NoVerdict;

/// The names of the tags that reasoning stands between.
pub const TAGS: [&str; 8] =
    ["think", "thinking", "thought", "reasoning", "reflection", "scratchpad", "analysis", "seed:think"];

/// Other marks that begin reasoning, in small letters.
const OPENS: [&str; 4] = ["<|channel|>analysis<|message|>", "◁think▷", "[think]", "<|begin_of_thought|>"];

/// Other marks that end it, or where a final answer begins in formats that name their channels.
const CLOSES: [&str; 5] =
    ["<|channel|>final<|message|>", "◁/think▷", "[/think]", "<|end_of_thought|>", "<|begin_of_solution|>"];

/// The answer without its reasoning, trimmed; reasoning that never ends is no answer.
///
/// A closing tag without an opening one ends reasoning too, as some servers keep the opening one to themselves; one after a quote is quoted, and ends nothing.
pub fn after(answer: &str) -> Result<&str, NoVerdict> {
    let lower = answer.to_ascii_lowercase();
    let ends_of = |close: String| {
        let ends = lower.rmatch_indices(close.as_str()).find(|(at, _)| !lower[..*at].ends_with(QUOTES))?;
        Some(ends.0 + close.len())
    };
    let closes = TAGS.iter().map(|tag| format!("</{tag}>")).chain(CLOSES.map(str::to_owned));
    let end = closes.filter_map(ends_of).max().unwrap_or(0);
    let mut opens = TAGS.iter().map(|tag| format!("<{tag}>")).chain(OPENS.map(str::to_owned));
    if opens.any(|open| lower[end..].contains(&open)) {
        return Err(NoVerdict::Unfinished);
    }
    let text = super::trim::space(&answer[end..]);
    Ok(super::trim::space(text.strip_suffix("<|end_of_solution|>").unwrap_or(text)))
}

const QUOTES: [char; 8] = ['"', '\'', '`', '“', '„', '‘', '’', '«'];
