//! Which pairs are judged already.

use crate::files::{read_all, DASH};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;
use tiebreak_core::schema::{pairs, ContentHash, Pair, Sample, Vote};

/// The beginning of a hash of a pair's id, its prompt and its responses: there are many, and identical texts make pairs with the same id, but not with the same responses.
pub type PairKey = [u8; 16];

pub fn key(sample: &Sample, pair: &Pair<'_>) -> PairKey {
    key_of(&pair.id, &sample.prompt.id, [&pair.first.id, &pair.second.id])
}

pub fn key_of_vote(vote: &Vote) -> PairKey {
    let [first, second] = &vote.responses;
    key_of(&vote.pair, &vote.prompt_id, [first, second])
}

fn key_of(pair: &str, prompt: &str, [first, second]: [&str; 2]) -> PairKey {
    let mut hash = ContentHash::new("tiebreak/judged/1");
    [pair, prompt, first, second].iter().for_each(|part| hash.text(part));
    hash.beginning()
}

/// The pairs that have a vote in the file already, or were written for people.
pub fn done_in(out: &Path, escalated: Option<&Path>) -> Result<BTreeSet<PairKey>> {
    let file = |path: &Path| {
        (path != Path::new(DASH) && path.is_file()).then(|| vec![path.to_string_lossy().into_owned()])
    };
    let mut done = BTreeSet::new();
    if let Some(votes) = file(out) {
        let votes = read_all::<Vote>(&votes, |_| {})?;
        done.extend(votes.iter().map(key_of_vote));
    }
    if let Some(samples) = escalated.and_then(file) {
        for sample in read_all::<Sample>(&samples, |_| {})? {
            done.extend(pairs(&sample).map(|pair| key(&sample, &pair)));
        }
    }
    Ok(done)
}
