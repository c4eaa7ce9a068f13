//! The pairs that annotators disagree on most, with their texts.

use super::table::PairTable;
use crate::agreement::{Ballot, N_CLASSES, voices};
use crate::schema::{AnnotatorKind, Message, Verdict};
use crate::statistics::Share;
use serde::Serialize;

/// One pair that its annotators see differently.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dispute {
    /// The pair's id.
    pub pair: String,
    /// The prompt's category.
    pub category: Option<String>,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The texts of the first and the second response.
    pub responses: [String; 2],
    /// How many say first, second, neither.
    pub counts: [usize; N_CLASSES],
    /// How many differ from the most common answer, of all opinions.
    pub against: Share,
    /// What each says, by annotator.
    pub opinions: Vec<Opinion>,
}

/// What one annotator says of a pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opinion {
    /// The annotator's id, or the name that ballots go by.
    pub annotator: String,
    /// The kind.
    pub kind: AnnotatorKind,
    /// What was said; "first" is the first response.
    pub verdict: Verdict,
}

/// The `most` pairs of which the largest share of opinions differs from the most common one for certain, the most disputed first.
///
/// They are ordered by the lower end of that share's 95 % interval by Wilson: one against one says less than ten against ten.
/// Of pairs with the same votes the one whose id comes first is first.
pub fn disputed(table: &PairTable<'_>, most: usize) -> Vec<Dispute> {
    let mut found: Vec<(Share, &[Ballot])> =
        table.ballots.by_pair().filter_map(|pair| Some((against(pair)?, pair))).collect();
    // A stable sort: pairs stand in the order of their ids.
    found.sort_by(|(a, _), (b, _)| b.low.total_cmp(&a.low));
    found.into_iter().take(most).filter_map(|(against, pair)| dispute(table, against, pair)).collect()
}

/// None where nobody disagrees.
fn against(pair: &[Ballot]) -> Option<Share> {
    let counts = counts(pair);
    let total: usize = counts.iter().sum();
    let most = counts.iter().max().copied().unwrap_or(0);
    Share::of(total - most, total).filter(|against| against.count > 0)
}

fn counts(pair: &[Ballot]) -> [usize; N_CLASSES] {
    let mut counts = [0; N_CLASSES];
    voices(pair).filter_map(Ballot::class).for_each(|class| counts[class] += 1);
    counts
}

fn dispute(table: &PairTable<'_>, against: Share, pair: &[Ballot]) -> Option<Dispute> {
    let indexed = &table.pairs()[table.place(&pair[0])?];
    let opinion = |ballot: &Ballot| {
        let voter = &table.ballots.annotators[ballot.annotator as usize];
        Opinion { annotator: voter.id.clone(), kind: voter.kind, verdict: ballot.verdict }
    };
    Some(Dispute {
        pair: indexed.pair.id.clone(),
        category: indexed.sample.prompt.category.clone(),
        messages: indexed.sample.prompt.messages.clone(),
        responses: [indexed.pair.first.text.clone(), indexed.pair.second.text.clone()],
        counts: counts(pair),
        against,
        opinions: voices(pair).map(opinion).collect(),
    })
}
