//! The judge card: how a judge's votes compare with people's on the same pairs.
//!
//! [`measure`] makes one from samples and votes; [`Card::apply`] uses it; its text form is its [`Display`](std::fmt::Display).
//!
//! What counts as what:
//! - Of several votes by one annotator on a pair the latest counts, and without times the last of them. Where an expert has an opinion, only experts do.
//! - A tie and "both bad" are opinions without a side. A skip, a flag and an unparsed verdict are no opinion; a judge that skips or flags abstains, which is not the same as an answer that cannot be read.
//! - Experts may be nobody: answers that were known before anybody was asked go by one id, [`BY_CONSTRUCTION`]. [`Card::reference`] says by whom a judge was measured; names of fields say people for all of them.
//! - People's majority is the answer (first, second, neither) with more votes than each other one; without one, people are split.
//! - Accuracies are on pairs on which people's majority and the judge both take a side.
//!   Pairs without a side are counted beside them, and never turn into errors or successes.
//! - Pairs of one prompt hang together: intervals and tests take them as groups, thresholds are tested on one of them.
//!   The likelihood ratio of [`Calibration::cox_p_value`] alone takes them as independent, and the card's text says so.
//! - Whatever is fitted is measured on prompts that it was not fitted to; which prompts go together follows from a hash of their ids.
//!
//! Votes that are on no pair of the samples are counted as unknown.

mod accuracy;
mod advice;
mod bias;
mod calibrated;
mod document;
mod escalation;
mod fold;
mod measures;
mod position;
mod reference;
#[cfg(test)]
mod simulation;
pub(super) mod table;
#[cfg(test)]
mod tests;
mod text;
mod win_rate;

pub(crate) use bias::LEAST_LENGTH_DIFFERENCE;
pub use document::{Advice, Card, CardError, CardSettings, Counts, Use};
pub use escalation::Decision;
pub use measures::{
    Baselines, Bin, Calibration, Concordance, Contrast, Escalation, LeftOneOut, Length, Position, Scores,
    ThresholdTest, WinRate,
};
pub use position::{PositionSummary, position_summary};
pub use reference::{BY_CONSTRUCTION, Reference};

use crate::report::Measure;
use crate::schema::{AnnotatorKind, Extra, ModelReference, PairIndex, Sample, Vote};
use crate::statistics::Share;
use std::collections::BTreeSet;
use table::{Comparison, JudgeVote, Majority, Stance, Table};

/// The ids of all judges that voted, in order; a panel is one of them, as [`panel`](super::panel) pools them.
pub fn judges(votes: &[Vote]) -> Vec<String> {
    let is_judge =
        |vote: &&Vote| matches!(vote.annotator.kind, AnnotatorKind::Judge | AnnotatorKind::Constitution);
    let ids: BTreeSet<&String> = votes.iter().filter(is_judge).map(|vote| &vote.annotator.id).collect();
    ids.into_iter().cloned().collect()
}

/// Measures the judge with the annotator id `judge` against the people among the votes; other judges' votes are passed over.
///
/// The result depends on the records alone.
pub fn measure(samples: &[Sample], votes: &[Vote], judge: &str, settings: CardSettings) -> Card {
    let index = PairIndex::new(samples);
    let table = Table::new(&index, votes, judge);
    let model = model(&table);
    let share_of_votes = |holds: fn(&JudgeVote<'_>) -> bool| {
        let votes =
            table.comparisons.iter().filter_map(|pair| Some((holds(pair.judge.as_ref()?), pair.prompt())));
        Measure::from_option(Share::that_in_groups(votes), "the judge voted on no pair of the samples")
    };
    let mut card = Card {
        schema: Card::SCHEMA.to_owned(),
        judge: judge.to_owned(),
        settings,
        advice: Advice { usage: Use::CannotTell, more_pairs: 0, reason: String::new() },
        counts: counts(&table),
        accuracy: accuracy::accuracy(&table),
        concordance: accuracy::concordance(&table),
        left_one_out: accuracy::left_one_out(&table),
        baselines: accuracy::baselines(&table),
        position: position::position(&table),
        length: bias::length(&table),
        self_preference: bias::self_preference(&table, model.as_ref().map(|model| model.name.as_str())),
        abstained: share_of_votes(|vote| vote.is_abstention()),
        unparsed: share_of_votes(|vote| vote.is_unparsed()),
        calibration: calibrated::calibration(&table),
        escalation: escalation::escalation(&table, &settings),
        win_rates: win_rate::win_rates(&table),
        model,
        extra: Extra::new(),
    };
    card.advice = advice::advice(&card);
    card
}

/// The model that the judge's votes name.
fn model(table: &Table<'_>) -> Option<ModelReference> {
    let mut votes = table.comparisons.iter().filter_map(|pair| pair.judge.as_ref());
    votes.find_map(|judge| judge.vote.judge.as_ref()?.model.clone())
}

fn counts(table: &Table<'_>) -> Counts {
    let shared: Vec<&Comparison<'_>> = table.shared().collect();
    let count = |holds: &dyn Fn(&Comparison<'_>) -> bool| shared.iter().filter(|pair| holds(pair)).count();
    let is_decided = |pair: &Comparison<'_>| matches!(pair.majority, Majority::Side(_));
    let of_judge = |holds: fn(&JudgeVote<'_>) -> bool| {
        count(&|pair| is_decided(pair) && pair.judge.as_ref().is_some_and(holds))
    };
    let people: BTreeSet<&str> =
        shared.iter().flat_map(|pair| &pair.people).map(|person| person.annotator).collect();
    let experts = shared.iter().flat_map(|pair| &pair.people).filter(|person| person.is_expert);
    let only = |judge: bool| {
        let has = |pair: &&Comparison<'_>| (pair.judge.is_some(), !pair.people.is_empty()) == (judge, !judge);
        table.comparisons.iter().filter(has).count()
    };
    Counts {
        people: people.len(),
        by_construction: usize::from(people.contains(BY_CONSTRUCTION)),
        experts: experts.map(|expert| expert.annotator).collect::<BTreeSet<_>>().len(),
        prompts: shared.iter().map(|pair| pair.prompt()).collect::<BTreeSet<_>>().len(),
        pairs: shared.len(),
        people_decided: count(&is_decided),
        people_tied: count(&|pair| pair.majority == Majority::Tie),
        people_split: count(&|pair| pair.majority == Majority::Split),
        compared: count(&|pair| pair.both_sides().is_some()),
        judge_tied: count(&|pair| is_decided(pair) && pair.judge_stance() == Some(Stance::Neither)),
        judge_abstained: of_judge(|vote| vote.is_abstention()),
        judge_silent: of_judge(|vote| vote.is_unparsed()),
        judge_only: only(true),
        people_only: only(false),
        unknown: table.n_unknown,
    }
}
