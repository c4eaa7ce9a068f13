//! What became of every pair and every vote.

use crate::aggregate::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What became of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairOutcome {
    /// It is a row.
    Exported,
    /// Neither is better.
    Tie,
    /// Its votes lean to no side, though some of them take one.
    VotesDisagreeEvenly,
    /// The method finds a response better that none of its votes prefers.
    Unsupported,
    /// At least half of its judgments find both responses bad.
    BothBad,
    /// A vote says that something is wrong with the pair.
    Flag,
    /// Its votes are skips.
    Skip,
    /// Its judges gave no verdict.
    Unparsed,
    /// Nobody voted.
    NoVotes,
    /// Both responses have the same text.
    IdenticalResponses,
    /// A response has no text.
    EmptyResponse,
    /// A response reached its most tokens, and such were not wanted.
    CutOff,
    /// Its prompt and texts are those of an earlier pair, which has its votes too.
    DuplicatePair,
    /// Its votes weigh nothing.
    WeightZero,
    /// The revision did not win against what it was made of.
    RevisionLost,
    /// The responses are nearly the same, and such were not wanted.
    NearIdentical,
    /// A response has more tokens than were wanted.
    OverLong,
    /// The prompt's roles do not take turns, and the format needs that.
    WrongRoles,
}

impl From<Outcome> for PairOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Better(_) => Self::Exported,
            Outcome::Tie => Self::Tie,
            Outcome::EvenlySplit => Self::VotesDisagreeEvenly,
            Outcome::Unsupported => Self::Unsupported,
            Outcome::BothBad => Self::BothBad,
            Outcome::Flag => Self::Flag,
            Outcome::Skip => Self::Skip,
            Outcome::Unparsed => Self::Unparsed,
            Outcome::NoVotes => Self::NoVotes,
        }
    }
}

impl PairOutcome {
    /// The heading, for people.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Exported => "exported",
            Self::Tie => "tie",
            Self::VotesDisagreeEvenly => "votes disagree evenly",
            Self::Unsupported => "no vote for the response that the method finds better",
            Self::BothBad => "both bad",
            Self::Flag => "flagged",
            Self::Skip => "skipped",
            Self::Unparsed => "no verdict in the judge's answer",
            Self::NoVotes => "no votes",
            Self::IdenticalResponses => "identical responses",
            Self::EmptyResponse => "empty response",
            Self::CutOff => "cut off at the most tokens",
            Self::DuplicatePair => "same prompt and texts as an earlier pair",
            Self::WeightZero => "votes that weigh nothing",
            Self::RevisionLost => "the revision lost against its original",
            Self::NearIdentical => "nearly identical responses",
            Self::OverLong => "a response longer than the most tokens wanted",
            Self::WrongRoles => "roles that do not take turns, which the format needs",
        }
    }
}

/// What became of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteOutcome {
    /// It stands behind a row.
    Counted,
    /// It is a tie on a pair that was left out.
    Tie,
    /// It finds both responses bad.
    BothBad,
    /// It flags the pair.
    Flag,
    /// It skips the pair.
    Skip,
    /// It holds no verdict.
    Unparsed,
    /// It prefers a side of a pair that was left out.
    PairLeftOut,
    /// Those with precedence have an opinion: experts, or people where it is a judge's.
    Overruled,
    /// A later vote of the same annotator on the same pair takes its place.
    Superseded,
    /// It stands in the votes twice.
    Duplicated,
    /// None of the samples has its pair.
    UnknownPair,
}

impl VoteOutcome {
    /// The heading, for people.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Counted => "behind a row",
            Self::Tie => "tie",
            Self::BothBad => "both bad",
            Self::Flag => "flag",
            Self::Skip => "skip",
            Self::Unparsed => "no verdict",
            Self::PairLeftOut => "on a pair that was left out",
            Self::Overruled => "overruled by experts, or by people",
            Self::Superseded => "replaced by a later vote of the same annotator",
            Self::Duplicated => "duplicated vote",
            Self::UnknownPair => "unknown pair",
        }
    }
}

/// Something to know of rows that were kept, or of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// One response of a row is the beginning of the other; trainers that guess the prompt from what both share would go wrong, ours is explicit.
    OnePrefixesTheOther,
    /// A response of a row reached its most tokens.
    CutOffKept,
    /// A vote's time lies in the future, or before the year 2000 when no clock had been set: it was taken for unknown.
    WrongTime,
    /// A weight is for a vote or pair that is not there.
    UnknownWeight,
    /// At least nine tenths of the neighbouring words of a row's responses are the same; what differs may be the one word that matters.
    NearIdenticalKept,
    /// The roles of a row's prompt do not take turns, which many chat templates refuse.
    WrongRolesKept,
    /// The tokens of a row's response were not counted but estimated from its characters.
    TokensEstimated,
}

impl Note {
    /// The heading, for people.
    pub fn heading(self) -> &'static str {
        match self {
            Self::OnePrefixesTheOther => "rows in which one response is the beginning of the other",
            Self::CutOffKept => "rows with a response cut off at the most tokens",
            Self::WrongTime => "votes with a time that cannot be right, taken for unknown",
            Self::UnknownWeight => "weights for votes or pairs that are not there",
            Self::NearIdenticalKept => {
                "rows whose responses have nine tenths of their neighbouring words in common"
            }
            Self::WrongRolesKept => "rows whose prompt's roles do not take turns",
            Self::TokensEstimated => "rows with a length estimated at four characters a token",
        }
    }
}

/// Counts under named headings; those of `pairs` and those of `votes` add up to all there are.
///
/// A pair that is not exported is left out, unless the format has a place for its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// All pairs of the samples.
    pub pairs: BTreeMap<PairOutcome, u64>,
    /// Of those without a better response, the ones that the format has a place for: they go out too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routed: BTreeMap<PairOutcome, u64>,
    /// All votes.
    pub votes: BTreeMap<VoteOutcome, u64>,
    /// What else there is to know; these counts overlap.
    pub notes: BTreeMap<Note, u64>,
}

impl Report {
    /// How many pairs there are.
    pub fn pair_count(&self) -> u64 {
        self.pairs.values().sum()
    }

    /// How many votes there are.
    pub fn vote_count(&self) -> u64 {
        self.votes.values().sum()
    }

    /// How many pairs became rows.
    pub fn exported(&self) -> u64 {
        self.pairs.get(&PairOutcome::Exported).copied().unwrap_or(0)
    }

    /// How many pairs go out: those with a better response, and those that the format has another place for.
    pub fn n_out(&self) -> u64 {
        self.exported() + self.routed.values().sum::<u64>()
    }

    /// How many pairs under a heading do not go out.
    pub fn n_left_out(&self, outcome: PairOutcome) -> u64 {
        let count = |counts: &BTreeMap<_, u64>| counts.get(&outcome).copied().unwrap_or(0);
        match outcome {
            PairOutcome::Exported => 0,
            _ => count(&self.pairs) - count(&self.routed),
        }
    }

    /// How many pairs are under each heading, with what became of them.
    pub(super) fn pair_lines(&self) -> Vec<(u64, String)> {
        let mut lines = Vec::new();
        for (outcome, all) in &self.pairs {
            let (left_out, heading) = (self.n_left_out(*outcome), outcome.heading());
            let how = if *outcome == PairOutcome::Exported { "" } else { ", kept as that" };
            lines.push((all - left_out, format!("{heading}{how}")));
            lines.push((left_out, format!("left out: {heading}")));
        }
        lines.retain(|(count, _)| *count > 0);
        lines
    }

    pub(super) fn route(&mut self, outcome: PairOutcome) {
        *self.routed.entry(outcome).or_insert(0) += 1;
    }

    pub(super) fn pair(&mut self, outcome: PairOutcome) {
        *self.pairs.entry(outcome).or_insert(0) += 1;
    }

    pub(super) fn vote(&mut self, outcome: VoteOutcome) {
        *self.votes.entry(outcome).or_insert(0) += 1;
    }

    pub(super) fn note(&mut self, note: Note) {
        *self.notes.entry(note).or_insert(0) += 1;
    }
}

impl fmt::Display for Report {
    /// A line a heading; no line end after the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pairs {:>6}", self.pair_count())?;
        for (count, what) in self.pair_lines() {
            write!(f, "\n      {count:>6}  {what}")?;
        }
        write!(f, "\nvotes {:>6}", self.vote_count())?;
        for (outcome, count) in &self.votes {
            write!(f, "\n      {count:>6}  {}", outcome.heading())?;
        }
        for (note, count) in &self.notes {
            write!(f, "\nnote  {count:>6}  {}", note.heading())?;
        }
        Ok(())
    }
}
