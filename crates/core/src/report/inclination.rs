//! Whether what stands first, and what is longer, is preferred, by people and by each judge.

use super::measure::Measure;
use super::table::PairTable;
use crate::agreement::{Ballot, Voter};
use crate::judge::card::LEAST_LENGTH_DIFFERENCE;
use crate::schema::AnnotatorKind;
use crate::statistics::Share;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most judges that are told one by one.
const MOST_JUDGES: usize = 12;

/// By how many characters the longer of two responses is longer: above the first number, up to the second where there is one.
pub const LENGTH_STEPS: [(usize, Option<usize>); 3] = [(30, Some(100)), (100, Some(300)), (300, None)];

/// Whose votes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// All people, experts among them.
    People,
    /// One judge, by its id.
    Judge(String),
}

/// What draws votes beside the responses' worth; pairs of one prompt are taken to hang together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inclination {
    /// Whose.
    pub who: Who,
    /// How often what stood first is preferred, of votes that take a side and tell the order; one half where the order says nothing.
    pub first: Measure<Share>,
    /// How often the longer response is preferred, of votes that take a side on responses whose lengths differ by more than 30 characters.
    pub longer: Measure<Share>,
    /// The same by how much longer it is.
    pub by_step: Vec<LengthStep>,
}

/// How often the longer response is preferred where it is longer by so much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LengthStep {
    /// Above so many characters.
    pub above: usize,
    /// Up to so many; none for all that is longer.
    pub up_to: Option<usize>,
    /// How often.
    pub longer: Measure<Share>,
}

/// Those of people, and of the judges with the most votes in the order of their ids.
pub fn inclinations(table: &PairTable<'_>) -> Vec<Inclination> {
    let mut by_whom: BTreeMap<Who, Vec<&Ballot>> = BTreeMap::new();
    for ballot in &table.ballots.ballots {
        by_whom.entry(who(&table.ballots.annotators[ballot.annotator as usize])).or_default().push(ballot);
    }
    let mut largest: Vec<(Who, Vec<&Ballot>)> = by_whom.into_iter().collect();
    largest.sort_by_key(|(who, own)| (*who != Who::People, std::cmp::Reverse(own.len())));
    largest.truncate(MOST_JUDGES + 1);
    largest.sort_by(|(a, _), (b, _)| a.cmp(b));
    let longer_by = differences(table);
    largest.into_iter().map(|(who, own)| inclination(table, who, &own, &longer_by)).collect()
}

fn who(voter: &Voter) -> Who {
    match voter.kind {
        AnnotatorKind::Human | AnnotatorKind::Expert => Who::People,
        AnnotatorKind::Judge | AnnotatorKind::Constitution => Who::Judge(voter.id.clone()),
    }
}

/// By how many characters each pair's first response is longer than its second.
fn differences(table: &PairTable<'_>) -> Vec<i64> {
    let length = |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    table.pairs().iter().map(|pair| length(&pair.pair.first.text) - length(&pair.pair.second.text)).collect()
}

fn inclination(table: &PairTable<'_>, who: Who, own: &[&Ballot], longer_by: &[i64]) -> Inclination {
    let prompt = |ballot: &Ballot| Some(table.pairs()[table.place(ballot)?].sample.prompt.id.as_str());
    let first = own.iter().filter_map(|ballot| Some((ballot.prefers_shown_first()?, prompt(ballot)?)));
    let longer = |above: usize, up_to: Option<usize>| {
        let choices = own.iter().filter_map(move |ballot| {
            let by = longer_by[table.place(ballot)?];
            let is_within = by.unsigned_abs() > above as u64
                && up_to.is_none_or(|up_to| by.unsigned_abs() <= up_to as u64);
            let prefers_first = prefers_first(ballot)?;
            is_within.then_some((prefers_first == (by > 0), prompt(ballot)?))
        });
        Measure::from_option(
            Share::that_in_groups(choices),
            &format!("no vote takes a side where lengths differ by {}", step_words(above, up_to)),
        )
    };
    Inclination {
        who,
        first: Measure::from_option(
            Share::that_in_groups(first),
            "no vote takes a side and tells what was shown first",
        ),
        longer: longer(LEAST_LENGTH_DIFFERENCE as usize, None),
        by_step: LENGTH_STEPS
            .iter()
            .map(|(above, up_to)| LengthStep { above: *above, up_to: *up_to, longer: longer(*above, *up_to) })
            .collect(),
    }
}

fn prefers_first(ballot: &Ballot) -> Option<bool> {
    match ballot.class()? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    }
}

fn step_words(above: usize, up_to: Option<usize>) -> String {
    match up_to {
        Some(up_to) => format!("{} to {up_to} characters", above + 1),
        None => format!("more than {above} characters"),
    }
}
