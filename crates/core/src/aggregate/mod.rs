//! From the votes on a pair to one decision: the one place where that is done.
//!
//! 1. An annotator has one voice for a pair; whoever hands out the votes sees to it that this is the latest.
//! 2. Where an expert has an opinion, only experts count; where people have one, judges do not, unless the [`Rule`] says otherwise.
//! 3. One flag takes the pair out: something is wrong with the pair itself.
//! 4. Both responses are bad where at least half of those who judged the pair say so.
//! 5. Everything else is decided by the rule's [`Method`].
//!
//! A [`Decision`] says what was decided, how probable it is, how strongly those feel who agree with it, and what became of each vote.

mod decide;
mod estimate;
mod rule;
#[cfg(test)]
mod tests;
mod voice;

pub use decide::{Decision, Fate, Outcome};
pub use rule::{Judges, Method, Rule};
pub use voice::{PairVoices, Voice};

/// Decides on each pair.
///
/// Where a method learns from all pairs how annotators err, only votes that count teach it.
/// Pairs that are given in another order get the same decisions, but for the last bits of a probability.
pub fn aggregate(pairs: &[PairVoices], rule: &Rule) -> Vec<Decision> {
    let valid: Vec<Vec<bool>> = pairs.iter().map(|pair| decide::valid(&pair.voices, rule.judges)).collect();
    let leanings = match rule.method {
        Method::Majority => estimate::majority(pairs, &valid),
        Method::DawidSkene => estimate::dawid_skene(pairs, &valid),
        Method::BradleyTerry => estimate::bradley_terry(pairs, &valid),
    };
    let decision = |((pair, valid), leaning): ((&PairVoices, &Vec<bool>), _)| {
        decide::decide(&pair.voices, valid, leaning)
    };
    pairs.iter().zip(&valid).zip(leanings).map(decision).collect()
}
