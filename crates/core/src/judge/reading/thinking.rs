//! Cuts the reasoning off that models write before their answer.

use super::NoVerdict;

/// The names of the tags that reasoning stands between.
const TAGS: [&str; 7] = ["think", "thinking", "thought", "reasoning", "reflection", "scratchpad", "analysis"];

/// Where a final answer begins in formats that name their channels.
const FINAL: [&str; 2] = ["<|channel|>final<|message|>", "◁/think▷"];

/// The answer without its reasoning, trimmed; reasoning that never ends is no answer.
///
/// A closing tag without an opening one ends reasoning too, as some servers keep the opening one to themselves.
pub fn after(answer: &str) -> Result<&str, NoVerdict> {
    let lower = answer.to_ascii_lowercase();
    let closes = TAGS.iter().map(|tag| format!("</{tag}>")).chain(FINAL.map(str::to_owned));
    let end = closes.filter_map(|close| Some(lower.rfind(&close)? + close.len())).max().unwrap_or(0);
    let opens = TAGS.iter().map(|tag| format!("<{tag}>"));
    let starts = opens.chain(["<|channel|>analysis<|message|>".to_owned(), "◁think▷".to_owned()]);
    if starts.into_iter().any(|open| lower[end..].contains(&open)) {
        return Err(NoVerdict::Unfinished);
    }
    Ok(super::trim::space(&answer[end..]))
}
