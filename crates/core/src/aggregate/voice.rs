//! Votes as they are counted.

use crate::schema::{AnnotatorKind, Verdict};

/// What one annotator says of a pair, in the pair's order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Who, by any number that stands for the same annotator on every pair.
    pub annotator: u32,
    /// What kind of annotator.
    pub kind: AnnotatorKind,
    /// What was said; "first" is that of the pair.
    pub verdict: Verdict,
    /// How much it counts beside other voices on the pair, at least 0; 1 where nothing is weighed.
    pub weight: f64,
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
