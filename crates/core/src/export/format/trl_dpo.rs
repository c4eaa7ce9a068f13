//! TRL, explicit prompt and conversational: `DPOTrainer`, and those of CPO and ORPO.
//!
//! The trainers read `prompt`, `chosen` and `rejected`, and leave all other columns aside.

use super::{Location, Ruling};
use crate::schema::to_line;

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    ruling.preference().iter().map(to_line).collect()
}

pub(super) fn how_to_load(trainer: &str, at: &Location<'_>) -> String {
    let source = match at.has_card {
        true => format!("\"{}\"", at.dataset),
        false => format!("\"json\", data_files=\"{}\"", at.file),
    };
    format!(
        "from datasets import load_dataset\n\
         from trl import {trainer}\n\
         train = load_dataset({source}, split=\"train\")\n\
         {trainer}(model, train_dataset=train).train()"
    )
}

/// What stands in every row and what in some: a loader that finds a field only after its first ten megabytes refuses the file.
pub(super) const FEATURES: &str = "  features:
  - name: schema
    dtype: string
  - name: prompt
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string
  - name: chosen
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string
  - name: rejected
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string
  - name: margin
    dtype: float64
  - name: weight
    dtype: float64
  - name: origin
    struct:
    - name: pair
      dtype: string
    - name: prompt_id
      dtype: string
    - name: category
      dtype: string
    - name: responses
      sequence: string
    - name: votes
      dtype: int64
    - name: annotators
      list:
      - name: id
        dtype: string
      - name: kind
        dtype: string
    - name: decided_at
      dtype: string
    - name: epoch
      dtype: string
    - name: guideline_version
      dtype: string
";
