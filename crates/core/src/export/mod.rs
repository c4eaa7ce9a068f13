//! Samples and votes in, preferences out, and a report of everything that stayed behind.
//!
//! A pair becomes a row when its votes lean to one side.
//! Every pair and every vote is counted under exactly one heading of the [`Report`], so that nothing is lost unseen.
//!
//! How several votes on a pair become one is told in [`aggregate`](crate::aggregate).
//! A revision that loses against what it was made of makes no row.
//! `margin` is the mean absolute strength of the votes for the chosen response; `weight` is the mean weight of all votes with a strength, scaled so that the mean over all rows is 1.
//!
//! Texts are large and votes are many, so that neither is kept:
//! [`Ballots`] takes votes one by one and [`PairTable`] samples, [`decide`] brings them together, and the samples are read for the second time to make rows of them, see [`Decisions::second_reading`].
//! Each takes what it holds in some hundred bytes a vote or pair.
//! Whoever has everything in memory calls [`export`].

mod ballots;
pub mod card;
mod decide;
mod document;
pub mod format;
mod pairs;
mod report;
mod ruling;
mod split;
#[cfg(test)]
mod tests;
mod texts;
mod weigh;
mod weights;

pub use ballots::Ballots;
pub use decide::{Places, decide};
pub use document::{Document, PartFacts};
pub use pairs::PairTable;
pub use report::{Note, PairOutcome, Report, VoteOutcome};
pub use ruling::{Decisions, Ruling, SecondReading};
pub use split::{Prompts, Split, SplitFacts};
pub use texts::{CHARACTERS_PER_TOKEN, Requirements, takes_turns, token_count};
pub use weigh::{Weighing, WeightFacts, WeightsAs};
pub use weights::WeightTable;

use crate::aggregate::Rule;
use crate::schema::{Preference, Sample, Vote, Weight};

/// What is exported, and how rows are weighed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Leaves out pairs with a response that reached its most tokens.
    pub drop_cut_off: bool,
    /// Weights by vote id ([`vote_id`](crate::schema::vote_id)) or pair id; a vote that has none weighs 1.
    pub weights: Vec<Weight>,
}

/// Rows for training, and what became of everything else.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The rows, in the order of the samples and, within one, of its pairs.
    pub preferences: Vec<Preference>,
    /// Every pair and every vote under one heading.
    pub report: Report,
}

/// Makes preferences from votes by the usual [`Rule`]: the sum of strengths, experts before people, people before judges.
///
/// The result depends on the records alone, and not on the order of the votes, unless one annotator voted twice at one time.
pub fn export(samples: &[Sample], votes: &[Vote], settings: &Settings) -> Export {
    let mut ballots = Ballots::new(settings.weights.iter().cloned().collect());
    for vote in votes {
        ballots.add(vote);
    }
    let requirements = Requirements { drop_cut_off: settings.drop_cut_off, ..Requirements::default() };
    let mut pairs = PairTable::new(requirements);
    samples.iter().for_each(|sample| pairs.add(sample));
    let decisions = decide(ballots, &pairs, &Rule::default(), Places::default());
    let mut reading = decisions.second_reading();
    let rulings = samples.iter().filter_map(|sample| reading.next(sample)).flatten();
    let preferences = rulings.filter_map(|ruling| ruling.preference()).collect();
    Export { preferences, report: decisions.report().clone() }
}
