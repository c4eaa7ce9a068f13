//! A panel: several judges' votes on a pair as one vote.
//!
//! Verga et al. 2024, "Replacing judges with juries", show that several small judges can be worth more than a large one.
//! How much more depends on how far they err together, which the [`PanelReport`] tells.
//! Votes are never pooled by plain majority, in which a judge that always says the same has a full voice:
//! - [`Pooling::DawidSkene`] estimates from the votes alone how each judge errs, see [`dawid_skene`](crate::agreement::dawid_skene).
//!   Two judges who differ leave open which of them is right, and a third that always says the same does not tell either: it takes three or more whose answers depend on those of two others ([`Agreement`]), and whoever else sits there has no say.
//!   It takes errors as independent: those that most members share look like the truth, and only people's votes show them.
//! - [`Pooling::Median`] takes the median of log-odds that each judge's card has calibrated, which one judge alone cannot move far.
//!
//! A tie and "both bad" are an answer of their own, "neither"; a vote that could not be read is passed over.

mod agreement;
mod bench;
mod report;
#[cfg(test)]
mod tests;

pub use agreement::Agreement;
pub use report::{Member, PanelReport, SharedErrors};

use super::card::table::{JudgeVote, Majority, Stance, Table};
use super::card::{Card, judges};
use crate::schema::{
    Annotator, AnnotatorKind, ContentHash, IndexedPair, JudgeEvidence, PairIndex, Sample, Verdict, Vote,
};
use bench::{Bench, bench};
use std::collections::BTreeMap;

/// How votes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Smoothed Dawid-Skene over the judges.
    DawidSkene,
    /// The median of calibrated log-odds.
    Median,
}

impl Pooling {
    /// The name as it stands in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::DawidSkene => "dawid-skene",
            Self::Median => "median",
        }
    }

    /// How many members it takes at least.
    pub fn least_members(self) -> usize {
        match self {
            Self::DawidSkene => 3,
            Self::Median => 2,
        }
    }
}

/// The ids of the judges that can be members, in order: all that voted but panels, whose members would vote twice.
pub fn candidates(votes: &[Vote]) -> Vec<String> {
    judges(votes).into_iter().filter(|judge| !is_panel(votes, judge)).collect()
}

fn is_panel(votes: &[Vote], judge: &str) -> bool {
    let has_members = |vote: &Vote| vote.judge.as_ref().is_some_and(|evidence| !evidence.members.is_empty());
    votes.iter().any(|vote| vote.annotator.id == judge && has_members(vote))
}

/// Why there is no panel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// One judge is no panel.
    #[error("a panel needs two judges or more, and there is {n}")]
    TooFew {
        /// How many there are.
        n: usize,
    },
    /// Where judges differ, nothing tells who of them is right.
    #[error(
        "these votes do not tell how each judge errs, because Dawid-Skene needs three judges or more whose answers are shown to depend on those of two others on the same pairs: add a judge or pairs, or take the median with cards (`--method median`)"
    )]
    CannotCompare,
    /// A panel's members would vote twice.
    #[error("`{judge}` is a panel itself: name judges, not panels, as members")]
    IsPanel {
        /// The panel's annotator id.
        judge: String,
    },
    /// The median needs to know what each judge's log-odds are worth.
    #[error(
        "there is no card of `{judge}`, and a median needs calibrated log-odds: make one with `tiebreak calibrate`"
    )]
    NoCard {
        /// The judge.
        judge: String,
    },
    /// The card says that the log-odds mean nothing.
    #[error("the card of `{judge}` has no slope above 0 for its log-odds: leave it out of the panel")]
    NoSlope {
        /// The judge.
        judge: String,
    },
}

/// The panel's votes, and what became of its judges'.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// One vote for each pair on which a member voted, in the order of the samples.
    pub votes: Vec<Vote>,
    /// What the members are worth.
    pub report: PanelReport,
}

/// A probability's distance from 0 that keeps its log-odds finite.
const LEAST_PROBABILITY: f64 = 1e-10;

/// One pair before the panel.
struct Hearing<'a> {
    indexed: &'a IndexedPair<'a>,
    /// What people say of it.
    majority: Majority,
    /// What each member said, in the order of the members.
    seats: Vec<Option<JudgeVote<'a>>>,
}

impl<'a> Hearing<'a> {
    fn prompt(&self) -> &'a str {
        &self.indexed.sample.prompt.id
    }

    fn stance(&self, seat: usize) -> Option<Stance> {
        self.seats[seat].as_ref()?.stance
    }
}

/// Pools the votes of `members`, judges' annotator ids, into those of one judge, the panel.
///
/// `cards` are needed for [`Pooling::Median`] alone; people's votes only enter the report.
///
/// Errors: [`PanelError`], where members are too few, panels themselves, or cannot be compared by their votes or cards.
pub fn pool(
    samples: &[Sample],
    votes: &[Vote],
    members: &[String],
    (pooling, cards): (Pooling, &[Card]),
) -> Result<Panel, PanelError> {
    if members.len() < 2 {
        return Err(PanelError::TooFew { n: members.len() });
    }
    if let Some(judge) = members.iter().find(|member| is_panel(votes, member)) {
        return Err(PanelError::IsPanel { judge: judge.clone() });
    }
    if members.len() < pooling.least_members() {
        return Err(PanelError::CannotCompare);
    }
    let slopes = match pooling {
        Pooling::DawidSkene => Vec::new(),
        Pooling::Median => members.iter().map(|member| slope(member, cards)).collect::<Result<_, _>>()?,
    };
    let index = PairIndex::new(samples);
    let hearings = hearings(&index, votes, members);
    let bench = bench(&hearings, members.len());
    if pooling == Pooling::DawidSkene && bench.estimate.is_none() {
        return Err(PanelError::CannotCompare);
    }
    let annotator = annotator(pooling, members);
    let vote = |(place, hearing): (usize, &Hearing<'_>)| {
        let (verdict, log_odds) = match pooling {
            Pooling::DawidSkene => by_estimate(hearing, place, &bench),
            Pooling::Median => by_median(hearing, &slopes),
        };
        let evidence = JudgeEvidence {
            method: format!("panel-{}", pooling.name()),
            members: members.to_vec(),
            log_odds,
            raw_text: log_odds.is_none().then(|| "no member of the panel gave an answer to pool".to_owned()),
            ..JudgeEvidence::default()
        };
        signed(hearing, annotator.clone(), verdict, evidence)
    };
    let votes: Vec<Vote> = hearings.iter().enumerate().map(vote).collect();
    let report = report::report(&hearings, (members, pooling), bench, &votes);
    Ok(Panel { votes, report })
}

fn slope(judge: &str, cards: &[Card]) -> Result<f64, PanelError> {
    let card = cards.iter().find(|card| card.judge == judge);
    let card = card.ok_or_else(|| PanelError::NoCard { judge: judge.to_owned() })?;
    let slope = card.calibration.value().map(|calibration| calibration.slope.value);
    slope.filter(|slope| *slope > 0.0).ok_or_else(|| PanelError::NoSlope { judge: judge.to_owned() })
}

/// The pairs on which a member voted, in the order of the index.
fn hearings<'a>(index: &'a PairIndex<'a>, votes: &'a [Vote], members: &[String]) -> Vec<Hearing<'a>> {
    let mut by_pair: BTreeMap<&str, Hearing<'a>> = BTreeMap::new();
    for (seat, member) in members.iter().enumerate() {
        for comparison in Table::new(index, votes, member).comparisons {
            let hearing = by_pair.entry(&comparison.indexed.pair.id).or_insert_with(|| Hearing {
                indexed: comparison.indexed,
                majority: comparison.majority,
                seats: vec![None; members.len()],
            });
            hearing.seats[seat] = comparison.judge;
        }
    }
    let mut heard = index.pairs().iter().filter_map(|indexed| by_pair.remove(indexed.pair.id.as_str()));
    heard.by_ref().filter(|hearing| hearing.seats.iter().any(Option::is_some)).collect()
}

/// The likeliest answer, and the log-odds of the first against the second.
fn by_estimate(hearing: &Hearing<'_>, place: usize, bench: &Bench) -> (Verdict, Option<f64>) {
    let has_answer = bench.answers(hearing).next().is_some();
    let estimate = bench.estimate.as_ref().filter(|estimate| has_answer && place < estimate.n_items());
    let Some([first, second, neither]) = estimate.map(|estimate| estimate.item(place)) else {
        return (Verdict::Unparsed, None);
    };
    let log = |p: &f64| libm::log(p.max(LEAST_PROBABILITY));
    let verdict = if first > second && first > neither {
        Verdict::Strength(-1)
    } else {
        Verdict::Strength(i8::from(second > first && second > neither))
    };
    (verdict, Some(log(first) - log(second)))
}

/// The side of the median of the members' calibrated log-odds; exactly 0 is a tie.
fn by_median(hearing: &Hearing<'_>, slopes: &[f64]) -> (Verdict, Option<f64>) {
    let readable = hearing.seats.iter().zip(slopes).filter_map(|(seat, slope)| {
        let vote = seat.as_ref()?;
        vote.stance?;
        Some(slope * vote.log_odds?)
    });
    let mut all: Vec<f64> = readable.collect();
    all.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (all.get(all.len().saturating_sub(1) / 2), all.get(all.len() / 2)) else {
        return (Verdict::Unparsed, None);
    };
    let median = (low + high) / 2.0;
    let strength = if median > 0.0 { -1 } else { i8::from(median < 0.0) };
    (Verdict::Strength(strength), Some(median))
}

/// Who the panel is: another pooling, or other members, are another judge.
fn annotator(pooling: Pooling, members: &[String]) -> Annotator {
    let mut hash = ContentHash::new("tiebreak/panel/1");
    members.iter().for_each(|member| hash.text(member));
    let id = format!("panel:{}:{}", pooling.name(), &hash.hex()[..12]);
    Annotator { id, kind: AnnotatorKind::Judge }
}

/// The panel's vote, as old as the last of its members'.
fn signed(hearing: &Hearing<'_>, annotator: Annotator, verdict: Verdict, evidence: JudgeEvidence) -> Vote {
    let pair = &hearing.indexed.pair;
    let responses = [pair.first.id.clone(), pair.second.id.clone()];
    let prompt_id = hearing.prompt().to_owned();
    let decided_at = hearing.seats.iter().flatten().filter_map(|vote| vote.vote.decided_at).max();
    Vote {
        decided_at,
        judge: Some(Box::new(evidence)),
        ..Vote::new(pair.id.clone(), prompt_id, responses, annotator, verdict)
    }
}
