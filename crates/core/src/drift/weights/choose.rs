//! Which decay, if any: chosen on earlier votes, and proved on later ones.
//!
//! 1. Votes are divided into twenty blocks in the order of time; the first five only train.
//! 2. Each candidate foretells the next ten blocks, and the least loss is the best.
//! 3. Of the candidates that are less than one standard error worse than the best, the one that keeps most is selected: no decay where that is among them (the one-standard-error rule of Breiman, Friedman, Olshen and Stone 1984).
//! 4. The last five blocks, untouched so far, say what the selected one gains over no decay.
//!    Unless the interval of that is above 0, all votes keep the weight 1.

use super::chain::{Block, Candidate, blocks, losses};
use super::decay::Decay;
use crate::drift::comparison::{Coding, Comparisons, Ridge, kish_size};
use crate::drift::evidence::{Clusters, Scores, fluctuation};
use crate::drift::times::LEAST_DAYS;
use crate::report::capitalised;
use crate::statistics::{Estimate, cluster_mean_and_error, normal_quantile};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// With fewer votes no decay is tried.
pub const LEAST_VOTES: usize = 200;
/// Of more votes than this an even part is looked at, which finds a decay as well.
const MOST_VOTES: usize = 50_000;
const N_BLOCKS: usize = 20;
/// The five blocks before these only train.
const SELECTION: Range<usize> = 5..15;
const CONFIRMATION: Range<usize> = 15..20;
/// In days; those that are far shorter or longer than the votes' time are not tried.
const HALF_LIVES: [f64; 11] = [7.0, 14.0, 30.0, 60.0, 120.0, 240.0, 365.0, 730.0, 1460.0, 2920.0, 5840.0];
const WINDOWS: [f64; 6] = [30.0, 90.0, 180.0, 365.0, 730.0, 1460.0];
/// Normal priors with standard deviations of 1.4 nats for strengths and about 3 for other terms.
pub(super) const RIDGE: Ridge = Ridge { items: 0.5, features: 0.1 };

/// What one candidate lost on the blocks that select.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateLoss {
    /// What it is, seen from the last vote.
    pub decay: Decay,
    /// Mean loss of a vote, in nats; ln 2 is a coin's.
    pub loss: f64,
    /// By how much that is more than the best one's.
    pub worse_by: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// How many votes of weight 1 its weights are worth, of all.
    pub kish_size: f64,
}

/// What old votes are worth, and the evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The decay to use; none unless it is proved or forced.
    pub decay: Decay,
    /// The one with the least loss.
    pub best: Decay,
    /// The one that the one-standard-error rule selects.
    pub selected: Decay,
    /// What the selected one gains over no decay on votes that took no part in the selection, in nats a vote, with its 95 % interval; none where no decay was selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<Estimate>,
    /// All candidates, those that keep most first.
    pub candidates: Vec<CandidateLoss>,
    /// How many votes.
    pub votes: usize,
    /// How many votes of weight 1 the decay to use leaves.
    pub kish_size: f64,
    /// Why, in plain sentences.
    pub reason: String,
}

/// Why nothing could be chosen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoChoice {
    /// Too few votes.
    #[error("{0} votes have a time, and a decay is chosen from {LEAST_VOTES} or more: all count alike")]
    TooFew(usize),
    /// Nothing to foretell by.
    #[error("no term differs in enough votes to foretell others by: all count alike")]
    NoTerms,
    /// Nothing that is independent.
    #[error("all votes that could prove a decay are on one pair: all count alike")]
    OnePair,
    /// Nothing to foretell.
    #[error("no vote takes a side, which could be foretold: all count alike")]
    NoSides,
    /// No passage of time.
    #[error("all votes were given within a day: all count alike")]
    NoTime,
}

/// Chooses for all votes; `known_days` are dates at which votes might be cut.
pub fn choose(comparisons: &Comparisons, known_days: &[f64]) -> Result<Choice, NoChoice> {
    choose_one_of(comparisons, known_days, last_day(comparisons), 1)
}

/// One of several choices that are made, whose ages count back from `last_day`: each has to be proved the more surely, as Bonferroni says.
pub(super) fn choose_one_of(
    comparisons: &Comparisons,
    known_days: &[f64],
    last_day: f64,
    n_choices: usize,
) -> Result<Choice, NoChoice> {
    let trial = Trial::new(comparisons, known_days, last_day)?;
    let by_candidate: Vec<Vec<f64>> =
        trial.candidates.iter().map(|candidate| trial.losses(*candidate, SELECTION)).collect();
    let means: Vec<f64> = by_candidate.iter().map(|losses| mean(losses)).collect();
    let best = (0..means.len()).min_by(|a, b| means[*a].total_cmp(&means[*b])).unwrap_or(0);
    let keys = trial.keys(SELECTION);
    let candidate = |place: usize| {
        let differences = by_candidate[place].iter().zip(&by_candidate[best]).map(|(a, b)| a - b);
        let (worse_by, standard_error) =
            cluster_mean_and_error(differences.zip(keys.iter().copied())).ok_or(NoChoice::OnePair)?;
        Ok(CandidateLoss {
            decay: trial.candidates[place].decay_at(trial.last_day),
            loss: means[place],
            worse_by,
            standard_error,
            kish_size: trial.kish_size(trial.candidates[place]),
        })
    };
    let candidates: Vec<CandidateLoss> = (0..means.len()).map(candidate).collect::<Result<_, _>>()?;
    // Candidates stand in the order of how much they keep.
    let is_as_good =
        |place: &usize| *place == best || candidates[*place].worse_by < candidates[*place].standard_error;
    let selected = (0..means.len()).find(is_as_good).unwrap_or(best);
    Ok(trial.confirmed(candidates, [best, selected], n_choices))
}

/// What a decay that somebody asked for costs or gains, on all blocks that are foretold.
pub fn forced(comparisons: &Comparisons, decay: Decay) -> Result<Choice, NoChoice> {
    let trial = Trial::new(comparisons, &[], last_day(comparisons))?;
    let candidate = Candidate::Aged(decay);
    let range = SELECTION.start..CONFIRMATION.end;
    let gain = trial.gain(candidate, range).map(|(gain, error)| Estimate::normal(gain, error));
    let gain = gain.flatten();
    let kish_size = trial.kish_size(candidate);
    let measured = match gain {
        Some(gain) if gain.high < 0.0 => format!("it costs {:.4} nats a vote", -gain.value),
        Some(gain) if gain.low > 0.0 => format!("it gains {:.4} nats a vote", gain.value),
        _ => "that it helps or harms cannot be told".to_owned(),
    };
    let interval = gain.map_or(String::new(), |gain| {
        format!(" (95 % interval of the gain {:+.4} to {:+.4})", gain.low, gain.high)
    });
    let reason = format!(
        "{decay} was asked for: on later votes foretold from earlier ones {measured}{interval}, and {} votes are worth {kish_size:.0}.",
        comparisons.len()
    );
    Ok(Choice {
        decay,
        best: decay,
        selected: decay,
        gain,
        candidates: Vec::new(),
        votes: comparisons.len(),
        kish_size,
        reason: capitalised(&reason),
    })
}

/// Votes in blocks, and what is tried on them.
struct Trial<'a> {
    all: &'a Comparisons,
    comparisons: Comparisons,
    blocks: Vec<Block>,
    candidates: Vec<Candidate>,
    last_day: f64,
    is_by_annotator: bool,
}

impl<'a> Trial<'a> {
    fn new(all: &'a Comparisons, known_days: &[f64], last_day: f64) -> Result<Self, NoChoice> {
        if all.len() < LEAST_VOTES {
            return Err(NoChoice::TooFew(all.len()));
        }
        if all.rows().n_columns() == 0 {
            return Err(NoChoice::NoTerms);
        }
        if all.rows().iter().all(|row| row.outcome == 0.5) {
            return Err(NoChoice::NoSides);
        }
        let step = all.len().div_ceil(MOST_VOTES);
        let places: Vec<usize> = (0..all.len()).step_by(step).collect();
        let comparisons = all.subset(&places, Coding::Each);
        let times = comparisons.times();
        let first = times[0];
        let span = times[times.len() - 1] - first;
        if span < LEAST_DAYS {
            return Err(NoChoice::NoTime);
        }
        let is_by_annotator = Clusters::of(&comparisons).annotators.is_some();
        let blocks = blocks(times, N_BLOCKS);
        let mut trial = Self { all, candidates: Vec::new(), blocks, last_day, is_by_annotator, comparisons };
        trial.candidates = trial.tried(first, span, known_days);
        Ok(trial)
    }

    /// No decay, half-lives, windows and cuts, those that keep most first.
    fn tried(&self, first: f64, span: f64, known_days: &[f64]) -> Vec<Candidate> {
        let half_lives = HALF_LIVES.iter().filter(|days| (span / 50.0..=4.0 * span).contains(*days));
        let windows = WINDOWS.iter().filter(|days| (span / 20.0..0.9 * span).contains(*days));
        let cuts = known_days.iter().copied().chain(self.change_before_confirmation());
        let mut candidates: Vec<Candidate> = half_lives
            .map(|days| Candidate::Aged(Decay::HalfLife { days: *days }))
            .chain(windows.map(|days| Candidate::Aged(Decay::Window { days: *days })))
            .chain(cuts.filter(|day| *day > first && *day < self.last_day).map(Candidate::CutAt))
            .collect();
        candidates.sort_by(|a, b| self.kish_size(*b).total_cmp(&self.kish_size(*a)));
        candidates.insert(0, Candidate::Aged(Decay::None));
        candidates
    }

    /// The date at which scores stray farthest, by the votes before the confirmation alone: it must not know what it is proved on.
    fn change_before_confirmation(&self) -> Option<f64> {
        let places: Vec<usize> = (0..self.blocks[CONFIRMATION.start].votes.start).collect();
        let before = self.comparisons.subset(&places, Coding::Each);
        let fit = before.rows().fit(&before.ridges(RIDGE))?;
        let scores = Scores::new(before.rows(), before.times(), &fit);
        // Strengths of each item are one too many to be told apart; what is left is the others.
        let found = fluctuation(&scores.from_column(before.n_item_columns()))?;
        Some(found.day)
    }

    fn losses(&self, candidate: Candidate, range: Range<usize>) -> Vec<f64> {
        losses(&self.comparisons, &self.blocks[range], candidate, RIDGE)
    }

    /// What votes of the blocks depend on each other by: the annotator where there are many, else the pair.
    fn keys(&self, range: Range<usize>) -> &[usize] {
        let votes = self.blocks[range.start].votes.start..self.blocks[range.end - 1].votes.end;
        let keys =
            if self.is_by_annotator { self.comparisons.annotators() } else { self.comparisons.pairs() };
        &keys[votes]
    }

    /// The mean of what a candidate gains over no decay, and its standard error.
    fn gain(&self, candidate: Candidate, range: Range<usize>) -> Option<(f64, f64)> {
        let without = self.losses(Candidate::Aged(Decay::None), range.clone());
        let with = self.losses(candidate, range.clone());
        let differences = without.iter().zip(&with).map(|(a, b)| a - b);
        cluster_mean_and_error(differences.zip(self.keys(range).iter().copied()))
    }

    fn kish_size(&self, candidate: Candidate) -> f64 {
        kish_size(candidate.weights(self.all.times(), self.last_day))
    }

    fn confirmed(
        &self,
        candidates: Vec<CandidateLoss>,
        [best, selected]: [usize; 2],
        n_choices: usize,
    ) -> Choice {
        let decay_of = |place: usize| candidates[place].decay;
        let measured = if selected == 0 { None } else { self.gain(self.candidates[selected], CONFIRMATION) };
        let z = normal_quantile(1.0 - 0.025 / n_choices as f64);
        let is_proved = measured.is_some_and(|(gain, error)| gain - z * error > 0.0);
        let gain = measured.and_then(|(gain, error)| Estimate::normal(gain, error));
        let used = if is_proved { selected } else { 0 };
        let reason = if decay_of(best) == Decay::None {
            "No decay foretells later votes best.".to_owned()
        } else if selected == 0 {
            let found = &candidates[0];
            format!(
                "{} foretells later votes best, but no decay is worse by {:.4} nats a vote only, less than its standard error of {:.4}: no evidence that decay helps.",
                decay_of(best),
                found.worse_by,
                found.standard_error
            )
        } else {
            let verdict = if is_proved { "it helps" } else { "no evidence that decay helps" };
            let gain = gain.map_or("cannot be measured".to_owned(), |gain| {
                format!(
                    "is {:+.4} nats a vote (95 % interval {:+.4} to {:+.4})",
                    gain.value, gain.low, gain.high
                )
            });
            format!(
                "{} was selected; on the votes after, its gain over no decay {gain}: {verdict}.",
                decay_of(selected)
            )
        };
        Choice {
            decay: decay_of(used),
            best: decay_of(best),
            selected: decay_of(selected),
            gain,
            votes: self.all.len(),
            kish_size: candidates[used].kish_size,
            candidates,
            reason: capitalised(&reason),
        }
    }
}

/// The day of the last vote; 0 where there is none.
pub(super) fn last_day(comparisons: &Comparisons) -> f64 {
    comparisons.times().last().copied().unwrap_or_default()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
