//! All that the page tells, computed or read, with people under their pseudonyms.

use super::Request;
use crate::files::read_one_by_one;
use crate::outcome::Problems;
use crate::terminal::plural;
use anyhow::{bail, Result};
use std::collections::BTreeMap;
use tiebreak_core::agreement::{agreement, annotators, AgreementReport, AnnotatorReport, Ballots, Collector};
use tiebreak_core::drift::finding::{curves, report_with_curves, Curves, DriftReport, DriftSettings};
use tiebreak_core::drift::weights::{weight_records, Decay, GroupKind};
use tiebreak_core::judge::card::Card;
use tiebreak_core::merge::Concerns;
use tiebreak_core::pseudonym::{Pseudonyms, VotesKey};
use tiebreak_core::report::{
    collection, coverage, disputed, inclinations, AgeTally, Collection, Coverage, Dispute, Inclination,
    PairTable, TrainingRows, WeightAges,
};
use tiebreak_core::schema::{AnnotatorKind, Problem, Vote};

/// What the page is made of.
pub struct Material {
    pub collection: Collection,
    /// How far people agree, and where no person voted how far judges do.
    pub agreement: AgreementReport,
    /// People and judges.
    pub annotators: AnnotatorReport,
    /// What of the votes could not be used as it is.
    pub concerns: Concerns,
    pub unreadable: Unreadable,
    pub whose: Whose,
    pub cards: Vec<Card>,
    pub drift: Drift,
    /// None where no weights were given and no decay is proved.
    pub weights: Option<(WeightAges, WeightSource)>,
    pub inclinations: Vec<Inclination>,
    pub coverage: Coverage,
    pub disputes: Vec<Dispute>,
    pub has_examples: bool,
    pub rows: Option<TrainingRows>,
    pub n_ratings: usize,
}

/// The finding, and what it shows over time.
pub struct Drift {
    pub report: DriftReport,
    pub curves: Curves,
    /// Whether the finding was read, and not computed.
    pub was_given: bool,
}

/// Lines that hold no record, by the record that they should hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unreadable {
    pub samples: usize,
    pub votes: usize,
}

/// Whose standard is looked at, and who is compared with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    People,
    /// Where no person voted.
    Judges,
}

/// Where weights are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightSource {
    Given,
    Drift,
}

/// What the first reading of the votes gives.
struct FirstReading {
    ballots: Ballots,
    concerns: Concerns,
    votes_key: VotesKey,
    given_weights: Option<WeightAges>,
    n_votes: usize,
    n_unreadable: usize,
}

/// Reads the votes, twice or three times so that few are in memory, and computes everything.
pub fn gather(request: &Request<'_>, problems: &mut Problems) -> Result<Material> {
    let FirstReading { mut ballots, concerns, votes_key, given_weights, n_votes, n_unreadable } =
        read(request, problems)?;
    if ballots.ballots.is_empty() {
        bail!(no_votes(&request.votes.join(", "), n_votes, n_unreadable));
    }
    let whose = if ballots.has_people() { Whose::People } else { Whose::Judges };
    let mut drift = drift(request, whose)?;
    let weights = match given_weights {
        Some(ages) => Some((ages, WeightSource::Given)),
        None => weights_of(&drift, request)?.map(|ages| (ages, WeightSource::Drift)),
    };
    if let Some(pseudonyms) = request.names.pseudonyms(votes_key)? {
        rename_in_drift(&mut drift.report, &ballots, &pseudonyms);
        ballots.rename(|voter| pseudonyms.name(&voter.id, voter.kind));
    }
    problems.were_told(concerns.len());
    let table = PairTable::new(request.samples, &ballots);
    Ok(Material {
        collection: collection(request.samples, &table),
        coverage: coverage(&table),
        inclinations: inclinations(&table),
        disputes: disputed(&table, request.n_examples),
        has_examples: request.n_examples > 0,
        annotators: annotators(&ballots),
        // Last, because it takes the ballots.
        agreement: agreement(&ballots.of_people()),
        concerns,
        unreadable: Unreadable { samples: request.n_unreadable_samples, votes: n_unreadable },
        whose,
        cards: request.cards.to_vec(),
        drift,
        weights,
        rows: request.rows.clone(),
        n_ratings: request.ratings.len(),
    })
}

/// Why there is nothing to report on.
fn no_votes(files: &str, n_votes: usize, n_unreadable: usize) -> String {
    match (n_votes, n_unreadable) {
        (0, 0) => format!("there is no vote in {files}; the annotation page and `tiebreak judge` make some"),
        (0, n) => format!("no vote in {files} can be read, of {}", plural(n, "line")),
        _ => format!(
            "no vote in {files} is on a pair of these samples; give the samples that the votes were made on"
        ),
    }
}

fn read(request: &Request<'_>, problems: &mut Problems) -> Result<FirstReading> {
    let mut collector = Collector::new(request.samples, request.keys, request.now);
    let mut votes_key = VotesKey::default();
    let mut tally = request.weights.map(|weights| (weights, AgeTally::new(weights.reference_time)));
    let (mut n_votes, mut n_unreadable) = (0, 0);
    let told = |problem: &Problem| {
        problems.add(problem);
        n_unreadable += 1;
    };
    for vote in read_one_by_one::<Vote>(request.votes, told)? {
        n_votes += 1;
        if let Some((weights, tally)) = &mut tally {
            if let Some(weight) = weights.of(&vote) {
                tally.add(vote.decided_at, weight);
            }
        }
        votes_key.add(&vote);
        collector.add(vote);
    }
    let (ballots, concerns) = collector.close();
    let given_weights = tally.map(|(_, tally)| tally.close());
    Ok(FirstReading { ballots, concerns, votes_key, given_weights, n_votes, n_unreadable })
}

/// The finding on people's votes, or on judges' where no person voted.
fn drift(request: &Request<'_>, whose: Whose) -> Result<Drift> {
    let votes = read_one_by_one::<Vote>(request.votes, |_| {})?
        .filter(move |vote| whose == Whose::Judges || vote.annotator.kind.is_person());
    let (samples, ratings, now) = (request.samples, request.ratings, Some(request.now));
    if let Some(report) = request.drift {
        let curves = curves(samples, votes, ratings, now);
        return Ok(Drift { report: report.clone(), curves, was_given: true });
    }
    let settings = DriftSettings { now, ..DriftSettings::default() };
    let (report, curves) = report_with_curves(samples, votes, ratings, settings);
    Ok(Drift { report, curves, was_given: false })
}

/// What votes weigh by the finding; none where all count alike.
fn weights_of(drift: &Drift, request: &Request<'_>) -> Result<Option<WeightAges>> {
    let report = &drift.report;
    let is_used = |decay: Decay| decay != Decay::None;
    let has_decay = report.weights.as_ref().is_some_and(|choice| is_used(choice.decay))
        || report.group_weights.iter().any(|group| is_used(group.choice.decay));
    if !has_decay {
        return Ok(None);
    }
    let weighing = report.weighing(request.samples, None);
    let mut tally = AgeTally::new(weighing.reference_time);
    for vote in read_one_by_one::<Vote>(request.votes, |_| {})? {
        for weight in weight_records([&vote], &weighing) {
            tally.add(vote.decided_at, weight.weight);
        }
    }
    Ok(Some(tally.close()))
}

/// Calls people by their pseudonyms wherever the finding names one.
fn rename_in_drift(report: &mut DriftReport, ballots: &Ballots, pseudonyms: &Pseudonyms) {
    let kinds: BTreeMap<&str, AnnotatorKind> =
        ballots.annotators.iter().map(|voter| (voter.id.as_str(), voter.kind)).collect();
    // Whoever did not vote may be a person.
    let kind = |id: &str| kinds.get(id).copied().unwrap_or(AnnotatorKind::Human);
    let name = |id: &str| pseudonyms.name(id, kind(id));
    report.severity.iter_mut().for_each(|own| own.annotator = name(&own.annotator));
    let groups = report.group_weights.iter_mut().filter(|group| group.kind == GroupKind::Annotator);
    groups.for_each(|group| group.name = name(&group.name));
    report.group_weights.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    report.severity.sort_by(|a, b| (&a.criterion, &a.annotator).cmp(&(&b.criterion, &b.annotator)));
}
