//! Fields of rows that become fields of records beside those that the records have.

use crate::schema::Extra;

/// The names that a vote has itself.
pub(super) const VOTE: &[&str] = &[
    "pair",
    "prompt_id",
    "responses",
    "annotator",
    "verdict",
    "shown_first",
    "reasons",
    "rationale",
    "confidence",
    "guideline_version",
    "shown_at",
    "decided_at",
    "active_ms",
    "shown_in",
    "interaction",
    "number",
    "receipt",
    "judge",
];
/// The names that a rating has itself.
pub(super) const RATING: &[&str] = &[
    "prompt_id",
    "response",
    "annotator",
    "criterion",
    "value",
    "scale_low",
    "scale_high",
    "guideline_version",
    "shown_at",
    "decided_at",
];
/// The names that a response has itself.
pub(super) const RESPONSE: &[&str] = &[
    "id",
    "text",
    "tokens",
    "finish_reason",
    "mean_logprob_nats",
    "sampling",
    "model",
    "runtime",
    "created_at",
    "revision",
];

/// Adds fields; one that the record has itself, or that is there already, is called `source_NAME`, and what is there stays.
pub(super) fn keep(extra: &mut Extra, fields: Extra, own: &[&str]) {
    for (name, value) in fields {
        let is_taken = own.contains(&name.as_str()) || name == "schema" || extra.contains_key(&name);
        let name = if is_taken { format!("source_{name}") } else { name };
        extra.entry(name).or_insert(value);
    }
}
