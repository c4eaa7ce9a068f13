//! Where a preference of our own export comes from.

use super::row::Row;
use super::said::Who;
use jiff::Timestamp;
use serde_json::Value;

/// What `origin` and `margin` of our own rows tell; of other rows nothing.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub prompt_id: Option<String>,
    pub category: Option<String>,
    /// The annotator, where there was one only.
    pub who: Option<Who>,
    pub decided_at: Option<Timestamp>,
    /// The margin, where it is a strength and no mean of several.
    pub strength: Option<i8>,
}

impl Origin {
    /// Reads it where the row is a preference of ours; the fields stay in the row.
    pub fn take(row: &mut Row<'_>) -> Self {
        let schema = row.get("schema").and_then(Value::as_str);
        let Some(origin) = row.get("origin").filter(|_| schema == Some(super::OWN_SCHEMA)) else {
            return Self::default();
        };
        let text = |name: &str| origin.get(name).and_then(Value::as_str).map(str::to_owned);
        let margin = row.get("margin").and_then(Value::as_f64);
        Self {
            prompt_id: text("prompt_id"),
            category: text("category"),
            who: only_annotator(origin),
            decided_at: text("decided_at").and_then(|time| time.parse().ok()),
            strength: margin.filter(|margin| [1.0, 2.0, 3.0].contains(margin)).map(|margin| margin as i8),
        }
    }
}

fn only_annotator(origin: &Value) -> Option<Who> {
    let [only] = origin.get("annotators")?.as_array()?.as_slice() else { return None };
    let kind = serde_json::from_value(only.get("kind")?.clone()).ok();
    Some(Who::Named { id: only.get("id")?.as_str()?.to_owned(), kind })
}
