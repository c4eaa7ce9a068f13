//! TRL's `RewardTrainer`, whose loss is −ln σ(r(chosen) − r(rejected) − margin).
//!
//! The trainer looks for `margin` in the first row of a batch, so that every row has it.

use super::openrlhf::Row;
use super::{Ruling, json};

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    Row::of(ruling).iter().map(json).collect()
}

pub(super) fn how_to_load(file: &str) -> String {
    format!(
        "from datasets import load_dataset\n\
         from trl import RewardTrainer\n\
         train = load_dataset(\"json\", data_files=\"{file}\", split=\"train\")\n\
         RewardTrainer(model, train_dataset=train).train()"
    )
}
