//! How terms, shares of answers and scores move: the same numbers for each stretch of time.
//!
//! A curve shows what the tests test; it is no test: intervals of single stretches are not adjusted for how many there are.

use super::document::{DriftReport, Test, TestResult};
use super::observations::{Observations, Seen, time_of};
use super::standards::{self, Share};
use super::terms::{Fitted, LEAST_TELLING};
use crate::drift::comparison::{Coding, Comparisons, Ridge};
use crate::drift::evidence::{Clusters, FEWEST_CLUSTERS, Score, robust_test};
use crate::drift::times;
use crate::drift::weights::blocks;
use crate::report::Measure;
use crate::schema::{Rating, Verdict};
use crate::statistics::{Estimate, cluster_mean};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::ops::Range;

/// The most stretches of time.
const MOST_BLOCKS: usize = 12;
/// A stretch has at least so many votes or scores, and there are two at least.
const LEAST_A_BLOCK: usize = 100;
/// Of more votes than this an even part is fitted, which moves no curve by more than its interval.
const MOST_FITTED: usize = 100_000;
/// The weak prior that keeps the numbers of a short stretch finite: standard deviations of 1.4 nats for strengths and about 3 for other terms.
const RIDGE: Ridge = Ridge { items: 0.5, features: 0.1 };

/// What a curve is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CurveKind {
    /// What a term is worth, in nats of log-odds.
    Term,
    /// How often neither response is better, 0 to 1.
    Ties,
    /// How often both are bad, 0 to 1.
    BothBad,
    /// The mean size of a preference as a share of the largest, 0 to 1.
    Strength,
    /// The mean score on a criterion as a share of its scale, 0 to 1.
    Score,
}

/// One stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// Its first vote or score.
    pub from: Timestamp,
    /// Its last one.
    pub to: Timestamp,
    /// Votes or scores in it.
    pub n: usize,
    /// The number with its 95 % interval, which lets votes of one annotator or pair depend on each other.
    pub value: Measure<Estimate>,
}

/// One number over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// What it is of.
    pub kind: CurveKind,
    /// The term or the criterion, as tests call it.
    pub name: String,
    /// The stretches, in order; each has as many votes as the others.
    pub stretches: Vec<Stretch>,
}

impl Curve {
    /// The tests of a report that are about this number.
    pub fn tests<'r>(&self, report: &'r DriftReport) -> Vec<&'r TestResult> {
        let is_own = |result: &&TestResult| match self.kind {
            CurveKind::Term => {
                matches!(result.test, Test::Trend | Test::Fluctuation) && result.about == self.name
            }
            CurveKind::Ties => result.test == Test::Ties,
            CurveKind::BothBad => result.test == Test::BothBad,
            CurveKind::Strength => result.test == Test::Strength,
            CurveKind::Score => {
                matches!(result.test, Test::Severity | Test::AnchorRating) && result.about == self.name
            }
        };
        report.tests.iter().filter(is_own).collect()
    }
}

/// All curves, and why there are none of some kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curves {
    /// What terms are worth.
    pub terms: Vec<Curve>,
    /// How often ties and "both bad" are said, and how strong preferences are.
    pub answers: Vec<Curve>,
    /// Mean scores by criterion.
    pub scores: Vec<Curve>,
    /// Why there is no curve of a term, where there is none.
    pub no_terms: Option<String>,
}

pub(super) fn curves(
    observations: &Observations<'_>,
    fitted: &Fitted,
    ratings: &[Rating],
    now: Option<Timestamp>,
) -> Curves {
    let terms = terms(fitted);
    Curves {
        answers: answers(observations),
        scores: scores(ratings, now),
        no_terms: terms.as_ref().err().cloned(),
        terms: terms.unwrap_or_default(),
    }
}

/// The places of each stretch's votes; none where there are too few for two.
fn stretches(times: &[f64]) -> Option<Vec<Range<usize>>> {
    let n_blocks = (times.len() / LEAST_A_BLOCK).min(MOST_BLOCKS);
    let has_time = times::LEAST_DAYS <= times.last()? - times.first()?;
    (n_blocks >= 2 && has_time)
        .then(|| blocks(times, n_blocks).into_iter().map(|block| block.votes).collect())
}

fn stretch(times: &[f64], place: &Range<usize>, value: Measure<Estimate>) -> Option<Stretch> {
    Some(Stretch {
        from: time_of(times[place.start])?,
        to: time_of(times[place.end - 1])?,
        n: place.len(),
        value,
    })
}

/// The model's numbers, fitted to each stretch alone.
fn terms(fitted: &Fitted) -> Result<Vec<Curve>, String> {
    if let Err(reason) = &fitted.fit {
        return Err(reason.to_string());
    }
    let all = &fitted.comparisons;
    let step = all.len().div_ceil(MOST_FITTED).max(1);
    let places: Vec<usize> = (0..all.len()).step_by(step).collect();
    let thinned = all.subset(&places, Coding::RelativeToFirst);
    let Some(parts) = stretches(thinned.times()) else {
        return Err(format!(
            "a stretch of time takes {LEAST_A_BLOCK} votes and a curve two of them, over more than a day"
        ));
    };
    let names = thinned.names();
    let values: Vec<Vec<Measure<Estimate>>> =
        parts.iter().map(|part| estimates(&thinned, part.clone(), names.len())).collect();
    let curve = |(column, name): (usize, String)| {
        let of_part = |(part, values): (&Range<usize>, &Vec<Measure<Estimate>>)| {
            let mut own = stretch(thinned.times(), part, values[column].clone())?;
            own.n = (own.n * step).min(all.len());
            Some(own)
        };
        let stretches = parts.iter().zip(&values).filter_map(of_part).collect();
        Curve { kind: CurveKind::Term, name, stretches }
    };
    Ok(names.into_iter().enumerate().map(curve).collect())
}

/// The coefficients of one stretch.
fn estimates(all: &Comparisons, part: Range<usize>, n_columns: usize) -> Vec<Measure<Estimate>> {
    let own = all.subset(&part.collect::<Vec<_>>(), Coding::RelativeToFirst);
    let fit = match own.fit_weighed(0..own.len(), &vec![1.0; own.len()], RIDGE) {
        Ok(fit) => fit,
        Err(reason) => return vec![Measure::CannotTell(reason.to_string()); n_columns],
    };
    let clusters = Clusters::of(&own);
    let estimate = |column: usize| {
        let n_telling = own.rows().iter().filter(|row| row.features[column] != 0.0).count();
        if n_telling < LEAST_TELLING {
            return Measure::CannotTell(format!("it differs in {n_telling} votes"));
        }
        let error = robust_test(&fit, own.rows(), column, &clusters).standard_error;
        let found = Estimate::normal(fit.coefficients[column], error);
        Measure::from_option(found, "its error cannot be told")
    };
    (0..n_columns).map(estimate).collect()
}

/// Shares of answers, for those that are given at all.
fn answers(observations: &Observations<'_>) -> Vec<Curve> {
    let seen = &observations.seen;
    let times: Vec<f64> = seen.iter().map(|seen| seen.time_days).collect();
    let Some(parts) = stretches(&times) else { return Vec::new() };
    let kinds: [(CurveKind, &str, Share); 3] = [
        (CurveKind::Ties, "ties", |verdict| f64::from(u8::from(verdict == Verdict::Strength(0)))),
        (CurveKind::BothBad, "both bad", |verdict| f64::from(u8::from(verdict == Verdict::BothBad))),
        (CurveKind::Strength, "strength", standards::strength),
    ];
    let varies = |share: Share| seen.iter().any(|vote| share(vote.verdict) != share(seen[0].verdict));
    let curve = |(kind, name, share): (CurveKind, &str, Share)| {
        let value = |part: &Range<usize>| mean_share(&seen[part.clone()], share);
        let stretches = parts.iter().filter_map(|part| stretch(&times, part, value(part))).collect();
        Curve { kind, name: name.to_owned(), stretches }
    };
    kinds.into_iter().filter(|(_, _, share)| varies(*share)).map(curve).collect()
}

fn mean_share(votes: &[Seen], share: Share) -> Measure<Estimate> {
    let is_by_annotator = has_many(votes.iter().map(|vote| vote.annotator));
    let group = |vote: &Seen| if is_by_annotator { vote.annotator } else { vote.pair };
    within_0_and_1(cluster_mean(votes.iter().map(|vote| (share(vote.verdict), group(vote)))))
}

/// Whether there are enough annotators to tell how they differ from each other.
fn has_many(annotators: impl Iterator<Item = usize>) -> bool {
    annotators.collect::<BTreeSet<_>>().len() >= FEWEST_CLUSTERS
}

fn within_0_and_1(found: Option<Estimate>) -> Measure<Estimate> {
    let clamped = found.map(|found| Estimate {
        value: found.value,
        low: found.low.max(0.0),
        high: found.high.min(1.0),
    });
    Measure::from_option(clamped, "all are of one pair or response")
}

/// Mean scores by criterion.
fn scores(ratings: &[Rating], now: Option<Timestamp>) -> Vec<Curve> {
    let curve = |(criterion, mut scores): (&str, Vec<Score>)| {
        scores.sort_by(|a, b| {
            let tie_broken = (a.annotator, a.item).cmp(&(b.annotator, b.item));
            a.time_days.total_cmp(&b.time_days).then(tie_broken)
        });
        let times: Vec<f64> = scores.iter().map(|score| score.time_days).collect();
        let parts = stretches(&times)?;
        let value = |part: &Range<usize>| mean_score(&scores[part.clone()]);
        let stretches = parts.iter().filter_map(|part| stretch(&times, part, value(part))).collect();
        Some(Curve { kind: CurveKind::Score, name: criterion.to_owned(), stretches })
    };
    standards::scores(ratings, now).into_iter().filter_map(curve).collect()
}

fn mean_score(scores: &[Score]) -> Measure<Estimate> {
    let is_by_annotator = has_many(scores.iter().map(|score| score.annotator));
    let group = |score: &Score| if is_by_annotator { score.annotator } else { score.item };
    within_0_and_1(cluster_mean(scores.iter().map(|score| (score.value, group(score)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::finding::planted::Study;
    use crate::drift::finding::{DriftSettings, curves, report_with_curves};

    #[test]
    fn a_jump_of_length_shows_in_its_curve_and_beside_its_tests() {
        let (samples, votes) = Study { n_votes: 1200, jump: 2.0, seed: 4, ..Study::default() }.simulate();
        let settings = DriftSettings { n_replicates: 99, ..DriftSettings::default() };
        let (report, found) = report_with_curves(&samples, &votes, &[], settings);
        let length = found.terms.iter().find(|curve| curve.name == "length").unwrap();
        assert_eq!(length.stretches.len(), 12);
        assert!(length.stretches.iter().all(|stretch| stretch.n == 100));
        let value = |place: usize| *length.stretches[place].value.value().unwrap();
        let mean = |places: Range<usize>| places.map(|place| value(place).value).sum::<f64>() / 6.0;
        let jump = mean(6..12) - mean(0..6);
        assert!((1.4..2.6).contains(&jump), "2 nats were planted, the curve rises by {jump}");
        assert!(value(11).low > 0.0 && value(0).contains(0.1), "{:?}", length.stretches);
        let tests = length.tests(&report);
        assert!(tests.iter().any(|test| test.test == Test::Trend && test.adjusted_p_value < 0.05));
        assert!(length.stretches.windows(2).all(|two| two[0].to <= two[1].from));
        assert_eq!(curves(&samples, &votes, &[], None), found, "alone they are the same");
    }

    #[test]
    fn shares_by_hand() {
        let vote = |pair: usize, verdict: Verdict| Seen {
            pair,
            annotator: 0,
            is_person: true,
            verdict,
            outcome: 0.5,
            position: 0.0,
            time_days: 0.0,
            version: None,
            showing: None,
        };
        let votes = [
            vote(0, Verdict::Strength(0)),
            vote(1, Verdict::Strength(-3)),
            vote(2, Verdict::BothBad),
            vote(3, Verdict::Strength(0)),
        ];
        let ties = |verdict| f64::from(u8::from(verdict == Verdict::Strength(0)));
        let share = *mean_share(&votes, ties).value().unwrap();
        assert_eq!(share.value, 0.5);
        // SE² = 4/3 · 4 · 0.25 / 16 = 1/12.
        let half = 1.959_963_985 * (1.0f64 / 12.0).sqrt();
        assert!((share.low - (0.5 - half).max(0.0)).abs() < 1e-6, "{share:?}");
        assert!(mean_share(&votes[..1], ties).value().is_none());
    }

    #[test]
    fn few_votes_or_votes_at_one_time_have_no_curve() {
        let (samples, votes) = Study { n_votes: 150, ..Study::default() }.simulate();
        let few = curves(&samples, &votes, &[], None);
        assert!(few.terms.is_empty() && few.answers.is_empty(), "{few:?}");
        assert!(few.no_terms.unwrap().contains("100 votes"));
        let (samples, mut votes) = Study { n_votes: 400, ..Study::default() }.simulate();
        let time = votes[0].decided_at;
        votes.iter_mut().for_each(|vote| vote.decided_at = time);
        let at_once = curves(&samples, &votes, &[], None);
        assert!(at_once.terms.is_empty() && at_once.answers.is_empty(), "{at_once:?}");
    }
}
