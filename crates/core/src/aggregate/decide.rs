//! Precedence, and what a pair's votes come to.

use super::estimate::Leaning;
use super::rule::Judges;
use super::voice::Voice;
use crate::schema::{AnnotatorKind, Side, Verdict};
use serde::{Deserialize, Serialize};

/// What was decided about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// This response is better.
    Better(Side),
    /// Neither is better.
    Tie,
    /// Opinions cancel each other out.
    EvenlySplit,
    /// The method finds a response better that none of the pair's votes prefers.
    Unsupported,
    /// Neither may be sent.
    BothBad,
    /// Something is wrong with the pair itself.
    Flag,
    /// Nobody wanted to judge it.
    Skip,
    /// Its judges gave no verdict.
    Unparsed,
    /// Nobody voted.
    NoVotes,
}

/// What became of a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Its strength counts.
    Counted,
    /// It finds both responses bad, which counts as that.
    BothBad,
    /// It flags the pair.
    Flag,
    /// It skips the pair.
    Skip,
    /// It holds no verdict.
    Unparsed,
    /// Those with precedence have an opinion, or judges do not count.
    Overruled,
}

/// One decision, and what stands behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided.
    pub outcome: Outcome,
    /// How probable it is that this response is better, or that neither is, by the method's own lights; none where the method has no probability for the outcome.
    pub probability: Option<f64>,
    /// The mean absolute strength of the votes that say the same, 0 to 3; 0 where none does.
    pub margin: f64,
    /// What became of each voice, in their order.
    pub fates: Vec<Fate>,
}

/// Which voices count beside those of others.
pub(super) fn valid(voices: &[Voice], judges: Judges) -> Vec<bool> {
    let rank = |voice: &Voice| match (voice.kind, judges) {
        (AnnotatorKind::Expert, _) => Some(2),
        (AnnotatorKind::Human, _) => Some(1),
        (AnnotatorKind::Judge | AnnotatorKind::Constitution, Judges::AsPeople) => Some(1),
        (AnnotatorKind::Judge | AnnotatorKind::Constitution, Judges::Last) => Some(0),
        (AnnotatorKind::Judge | AnnotatorKind::Constitution, Judges::Excluded) => None,
    };
    // Where nobody has an opinion, everybody's silence counts.
    let highest = voices.iter().filter(|voice| voice.is_opinion()).filter_map(rank).max();
    voices.iter().map(|voice| rank(voice).is_some_and(|rank| rank >= highest.unwrap_or(0))).collect()
}

pub(super) fn decide(voices: &[Voice], valid: &[bool], leaning: Leaning) -> Decision {
    let fates: Vec<Fate> = voices.iter().zip(valid).map(|(voice, valid)| fate(voice, *valid)).collect();
    let count = |fate| fates.iter().filter(|other| **other == fate).count();
    let n_counted = count(Fate::Counted);
    let (outcome, probability) = if count(Fate::Flag) > 0 {
        (Outcome::Flag, None)
    } else if count(Fate::BothBad) > 0 && count(Fate::BothBad) >= n_counted {
        (Outcome::BothBad, None)
    } else if n_counted > 0 {
        match leaning {
            Leaning::Towards(side, probability) if is_supported(side, voices, &fates) => {
                (Outcome::Better(side), Some(probability))
            }
            // What other pairs say makes no preference out of ties, and none against every vote.
            Leaning::Towards(..) => match level(voices, &fates) {
                Outcome::Tie => (Outcome::Tie, None),
                _ => (Outcome::Unsupported, None),
            },
            Leaning::Neither(probability) => (Outcome::Tie, Some(probability)),
            Leaning::Level => (level(voices, &fates), None),
        }
    } else if count(Fate::Unparsed) > 0 {
        (Outcome::Unparsed, None)
    } else if count(Fate::Skip) > 0 {
        (Outcome::Skip, None)
    } else {
        (Outcome::NoVotes, None)
    };
    let margin = margin(voices, &fates, outcome);
    Decision { outcome, probability, margin, fates }
}

fn fate(voice: &Voice, valid: bool) -> Fate {
    match voice.verdict {
        _ if !valid => Fate::Overruled,
        Verdict::Strength(_) => Fate::Counted,
        Verdict::BothBad => Fate::BothBad,
        Verdict::Skip => Fate::Skip,
        Verdict::Flag => Fate::Flag,
        Verdict::Unparsed => Fate::Unparsed,
    }
}

/// Whether a vote that counts takes the side.
fn is_supported(side: Side, voices: &[Voice], fates: &[Fate]) -> bool {
    let sign = if side == Side::First { -1 } else { 1 };
    let takes_it = |(voice, fate): (&Voice, &Fate)| {
        *fate == Fate::Counted && voice.strength().is_some_and(|strength| strength.signum() == sign)
    };
    voices.iter().zip(fates).any(takes_it)
}

/// Whether opinions that lean to no side are ties or differ.
fn level(voices: &[Voice], fates: &[Fate]) -> Outcome {
    let takes_side = |(voice, fate): (&Voice, &Fate)| *fate == Fate::Counted && voice.strength() != Some(0);
    if voices.iter().zip(fates).any(takes_side) { Outcome::EvenlySplit } else { Outcome::Tie }
}

fn margin(voices: &[Voice], fates: &[Fate], outcome: Outcome) -> f64 {
    let Outcome::Better(side) = outcome else { return 0.0 };
    let sign = if side == Side::First { -1 } else { 1 };
    let counted = voices.iter().zip(fates).filter(|(_, fate)| **fate == Fate::Counted);
    let supporting: Vec<i64> = counted.filter_map(|(voice, _)| voice.strength()).map(|s| s * sign).collect();
    let (sum, n) = supporting.iter().filter(|s| **s > 0).fold((0, 0), |(sum, n), s| (sum + s, n + 1));
    if n == 0 { 0.0 } else { sum as f64 / f64::from(n) }
}
