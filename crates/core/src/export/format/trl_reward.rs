//! TRL's `RewardTrainer`, whose loss is −ln σ(r(chosen) − r(rejected) − margin).
//!
//! The trainer looks for `margin` in the first row of a batch, so that every row has it.

use super::openrlhf::Row;
use super::{Ruling, json};

pub(super) fn rows(ruling: &Ruling<'_>) -> Vec<String> {
    Row::of(ruling).iter().map(json).collect()
}
