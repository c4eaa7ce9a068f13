//! Parts of the prompts that are kept apart, so that nothing is measured on what it was fitted to.

use crate::schema::ContentHash;

/// How many parts there are.
pub(super) const N_FOLDS: u64 = 5;

/// The part that a prompt belongs to, from 0: by a hash of its id, so that it is the same in every run and for every judge.
pub(super) fn fold(prompt_id: &str) -> u64 {
    let mut hash = ContentHash::new("tiebreak/judge-card/fold/1");
    hash.text(prompt_id);
    hash.number() % N_FOLDS
}
