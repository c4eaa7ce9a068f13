//! TRL, explicit prompt and conversational: `DPOTrainer`, and those of CPO and ORPO.
//!
//! The trainers read `prompt`, `chosen` and `rejected`, and leave all other columns aside.

use super::Ruling;
use crate::schema::to_line;

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    ruling.preference().iter().map(to_line).collect()
}

pub(super) fn how_to_load(file: &str) -> String {
    format!(
        "from datasets import load_dataset\n\
         from trl import DPOTrainer\n\
         train = load_dataset(\"json\", data_files=\"{file}\", split=\"train\")\n\
         DPOTrainer(model, train_dataset=train).train()"
    )
}
