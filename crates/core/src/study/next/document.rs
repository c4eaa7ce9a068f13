//! What was chosen, and why.

use super::anchors::AnchorCount;
use super::candidate::PairCounts;
use super::doubts::Doubts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a pair was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectedBy {
    /// It was drawn from all pairs that can be asked.
    Random,
    /// People judged it a while ago, and it shows whether the standard has moved.
    Anchor,
    /// Judges disagree on it, or one answers differently in the two orders.
    Disputed,
    /// Its votes are old, and much rests on them.
    Leverage,
    /// Its votes count little by now, and none is newer.
    Faded,
    /// It connects its prompt's responses.
    Tree,
    /// A vote on it is expected to tell most.
    Gain,
}

impl SelectedBy {
    /// All of them, in the order in which they choose.
    pub const ALL: [Self; 7] =
        [Self::Random, Self::Anchor, Self::Disputed, Self::Leverage, Self::Faded, Self::Tree, Self::Gain];
}

/// How a pair came into a study; it stands in the key, and never in the study.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// What chose it.
    pub by: SelectedBy,
    /// The probability that the pair is among those drawn at random, whatever its votes: how many are drawn over how many can be asked, above 0 to 1.
    ///
    /// It is stored for every pair; only pairs that were chosen by [`SelectedBy::Random`] were drawn with it, and estimates for all pairs rest on those.
    pub propensity: f64,
    /// What one vote on it is expected to tell, in nats, 0 to ln 2.
    pub gain_nats: f64,
}

/// One chosen pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextPair {
    /// `tiebreak/next/1`.
    pub schema: String,
    /// The pair's id.
    pub pair: String,
    /// The prompt's id.
    pub prompt_id: String,
    /// The responses' ids, the canonical first one first.
    pub responses: [String; 2],
    /// What chose it.
    #[serde(flatten)]
    pub selection: Selection,
    /// The same in words.
    pub reason: String,
}

impl NextPair {
    /// The name and version that every chosen pair carries.
    pub const SCHEMA: &'static str = "tiebreak/next/1";

    /// The pair as one line of JSON, with a line end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a chosen pair has text keys and finite numbers") + "\n"
    }
}

/// The pairs to annotate next.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// The chosen pairs: what was drawn at random first, then kind by kind, the most telling of each first.
    pub pairs: Vec<NextPair>,
    /// What they were chosen from.
    pub counts: PairCounts,
    /// How far anchors reach.
    pub anchors: AnchorCount,
    /// The net flip rate that the number of anchors is told for.
    pub net_flip_rate: f64,
    /// After how many days a pair is old.
    pub old_after_days: f64,
    /// How many prompts have responses that neither people's votes nor chosen pairs connect, though pairs are left that would.
    pub unconnected: usize,
    /// What of the votes and weights could not be used as it is.
    pub doubts: Doubts,
}

impl Next {
    /// How many pairs each kind chose.
    pub fn by_kind(&self) -> BTreeMap<SelectedBy, usize> {
        let mut counts = BTreeMap::new();
        for pair in &self.pairs {
            *counts.entry(pair.selection.by).or_default() += 1;
        }
        counts
    }

    /// Each chosen pair's id and how it was chosen, for [`Parts::chosen`](crate::study::Parts::chosen).
    pub fn selections(&self) -> BTreeMap<String, Selection> {
        self.pairs.iter().map(|pair| (pair.pair.clone(), pair.selection)).collect()
    }
}
