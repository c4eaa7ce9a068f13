//! What to annotate next: pairs from which most is learned, and enough random ones to measure by.
//!
//! [`choose`] takes samples and the votes so far, and gives pairs, each with its reason; [`Streams`] tells afterwards which votes are on pairs that were selected.
//!
//! - A share of the pairs, at least a tenth, is drawn at random from all that can be asked, before anything else is chosen.
//!   A selector looks for hard pairs, so that agreement and drift over everything that it chose would be those of hard pairs.
//!   The probability to be drawn, the propensity, is stored with every pair.
//!   The draw is keyed by the seed and by how many votes there are, so that each round draws other pairs under one seed.
//! - Anchors: pairs that people judged a while ago, see [`anchors_needed`].
//! - Disputed pairs: judges answer for both sides, and no person has spoken.
//! - Old pairs on whose votes much rests, and pairs whose votes count little by now.
//! - The rest goes by information gain: for each prompt first the pairs that connect its responses, then whatever tells most.
//!
//! # The model
//!
//! Each prompt's responses have strengths θ, normal with mean 0 and a standard deviation of one logit unless the settings say otherwise, and P(a preferred to b) = σ(θ_a − θ_b) (Bradley and Terry 1952).
//! A tie and "both bad" are half a vote for each side.
//! Of an annotator's votes on a pair the last counts, of people's those of experts where there are any, and each by its weight.
//! A judge's vote has its log-odds as a probability for outcome, where it has any, and else its verdict as a person's has; it has a quarter of a person's weight by default: it counts, and a person is not kept from a pair by it.
//!
//! Pairs with a response that is empty, the same as the other, or dropped by the screening are never chosen, nor are those that a person flagged.
//! The result depends on the records and the settings alone, and not on their order; ties are broken by pair id.
//! The cost is in proportion to pairs and votes, but for sorting and for the cube of the number of responses to one prompt.

mod anchors;
mod candidate;
mod document;
mod doubts;
mod draw;
mod evidence;
#[cfg(test)]
mod fixture;
mod gain;
mod posterior;
#[cfg(test)]
mod properties;
mod refresh;
mod select;
mod settings;
#[cfg(test)]
mod simulation;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod tree;

pub use anchors::{AnchorCount, anchors_needed};
pub use candidate::PairCounts;
pub use document::{Next, NextPair, SelectedBy, Selection};
pub use doubts::Doubts;
pub use settings::{LEAST_RANDOM_SHARE, NextError, NextSettings, Shares};
pub use stream::{Stream, Streams};

use crate::schema::{PairIndex, Sample, Vote};
use candidate::Pool;
use evidence::Evidence;
use select::Selector;
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Chooses pairs of the samples' responses; as many as the settings want, or all that can be asked where there are fewer.
///
/// Votes may come one by one from a file: little of each is kept.
/// `weights` are those of votes by vote id, or of pairs by pair id; what has none weighs 1.
///
/// Errors: [`NextError`], where the settings make no sense.
pub fn choose<V: Borrow<Vote>>(
    samples: &[Sample],
    votes: impl IntoIterator<Item = V>,
    weights: &BTreeMap<String, f64>,
    settings: &NextSettings,
) -> Result<Next, NextError> {
    settings.check()?;
    let index = PairIndex::new(samples);
    let evidence = Evidence::new(&index, votes, weights, settings);
    let pool = Pool::new(&index, &evidence, settings);
    let due = anchors::due(&pool.candidates, settings.old_after_days);
    let anchors = AnchorCount {
        needed: anchors_needed(settings.net_flip_rate, settings.discordance),
        judged_again: evidence.n_judged_again,
        due: due.len(),
    };
    let mut selector = Selector::new(&pool, settings);
    selector.draw(evidence.n_votes);
    selector.take_anchors(due);
    selector.take_disputed();
    selector.take_levers();
    selector.take_by_gain();
    Ok(Next {
        unconnected: selector.n_unconnected(),
        pairs: selector.pairs,
        counts: pool.counts,
        anchors,
        net_flip_rate: settings.net_flip_rate,
        old_after_days: settings.old_after_days,
        doubts: evidence.doubts,
    })
}
