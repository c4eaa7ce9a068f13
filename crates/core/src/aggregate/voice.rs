//! Votes as they are counted.

use crate::schema::{AnnotatorKind, Verdict, Vote};
use std::collections::BTreeMap;

/// What one annotator says of a pair, in the pair's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Who, by any number that stands for the same annotator on every pair.
    pub annotator: u32,
    /// What kind of annotator.
    pub kind: AnnotatorKind,
    /// What was said; "first" is that of the pair.
    pub verdict: Verdict,
}

impl Voice {
    pub(super) fn is_opinion(&self) -> bool {
        matches!(self.verdict, Verdict::Strength(_) | Verdict::BothBad)
    }

    pub(super) fn strength(&self) -> Option<i64> {
        match self.verdict {
            Verdict::Strength(strength) => Some(i64::from(strength)),
            _ => None,
        }
    }
}

/// All that is said of one pair.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairVoices {
    /// One voice for each annotator.
    pub voices: Vec<Voice>,
    /// The prompt, by any number: responses to one prompt are compared with each other.
    pub prompt: u32,
    /// The pair's first and second response, by numbers within the prompt from 0.
    pub responses: [u32; 2],
}

/// A vote, and whether its first response is the pair's second.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The vote.
    pub vote: &'a Vote,
    /// Whether the two texts stood the other way round where it was given.
    pub is_turned: bool,
}

impl Said<'_> {
    /// The verdict in the pair's own order.
    pub fn verdict(&self) -> Verdict {
        match self.vote.verdict {
            // Negation of -128, which no reader lets in, would overflow.
            Verdict::Strength(strength) if self.is_turned => Verdict::Strength(strength.saturating_neg()),
            verdict => verdict,
        }
    }
}

/// The votes that speak for their annotators, and how many do not.
#[derive(Clone, Debug, Default)]
pub struct OneVoice<'a> {
    /// The latest vote of each annotator, in the order of their ids.
    pub said: Vec<Said<'a>>,
    /// Votes that stand there twice.
    pub n_duplicated: usize,
    /// Votes that a later one replaces.
    pub n_superseded: usize,
}

/// The latest vote of each annotator on a pair; of several at one time the one with the highest number, else the last.
pub fn one_voice_each<'a>(votes: impl IntoIterator<Item = Said<'a>>) -> OneVoice<'a> {
    let mut voices: BTreeMap<&str, Said<'a>> = BTreeMap::new();
    let mut found = OneVoice::default();
    for said in votes {
        let Some(other) = voices.get_mut(said.vote.annotator.id.as_str()) else {
            voices.insert(&said.vote.annotator.id, said);
            continue;
        };
        let (new, old) = (said.vote, other.vote);
        let is_same_time = new.decided_at == old.decided_at && new.decided_at.is_some();
        if new == old || (is_same_time && said.verdict() == other.verdict()) {
            found.n_duplicated += 1;
            continue;
        }
        if (new.decided_at, new.number) >= (old.decided_at, old.number) {
            *other = said;
        }
        found.n_superseded += 1;
    }
    found.said = voices.into_values().collect();
    found
}
