//! The first reading: everything that decisions need, and no texts.

use super::card::CardFacts;
use super::plan::Plan;
use crate::args::ExportArgs;
use crate::clock::Clock;
use crate::files::{read_one_by_one, ReadTwice};
use crate::outcome::Problems;
use anyhow::{bail, Result};
use tiebreak_core::export::{Ballots, PairTable, Prompts, Requirements};
use tiebreak_core::pseudonym::VotesKey;
use tiebreak_core::schema::{Sample, Vote, Weight};

/// What was read.
pub struct Collected {
    pub samples: ReadTwice,
    pub pairs: PairTable,
    pub ballots: Ballots,
    /// Where they are to be split.
    pub prompts: Option<Prompts>,
    /// Complete where no other key is given.
    pub key: VotesKey,
    pub card: Option<CardFacts>,
}

pub fn collect(args: &ExportArgs, plan: &Plan, problems: &mut Problems) -> Result<Collected> {
    let requirements = Requirements {
        drop_cut_off: args.rules.drop_cut_off,
        drop_near_identical: args.rules.drop_near_identical,
        max_tokens: args.rules.max_tokens,
        needs_turns: plan.format.needs_turns(),
    };
    let weights: Vec<String> = args.weights.iter().cloned().collect();
    let weights = read_one_by_one::<Weight>(&weights, |problem| problems.add(problem))?.collect();
    let mut collected = Collected {
        samples: ReadTwice::new(&args.samples)?,
        pairs: PairTable::new(requirements),
        ballots: Ballots::new(weights).at(Clock::from_environment()?.now()),
        prompts: args.split.test_share.map(|_| Prompts::default()),
        key: VotesKey::default(),
        card: plan.has_card.then(CardFacts::default),
    };
    collected.read_samples(problems)?;
    if collected.pairs.n_samples() == 0 {
        bail!("there is no usable sample in {}; `tiebreak generate` makes some", args.samples.join(", "));
    }
    let needs_key = !args.names.raw_ids && args.names.pseudonym_key.is_none();
    collected.read_votes(&args.votes, needs_key, problems)?;
    Ok(collected)
}

impl Collected {
    fn read_samples(&mut self, problems: &mut Problems) -> Result<()> {
        for sample in self.samples.records::<Sample>(|problem| problems.add(problem))? {
            self.pairs.add(&sample);
            if let Some(prompts) = &mut self.prompts {
                prompts.add(&sample.prompt.messages);
            }
            if let Some(card) = &mut self.card {
                card.add_sample(&sample);
            }
        }
        Ok(())
    }

    fn read_votes(&mut self, sources: &[String], needs_key: bool, problems: &mut Problems) -> Result<()> {
        for vote in read_one_by_one::<Vote>(sources, |problem| problems.add(problem))? {
            if let (Some(card), Some(is_turned)) = (&mut self.card, self.pairs.is_turned(&vote)) {
                card.add_vote(&vote, is_turned);
            }
            let hash = self.ballots.add(&vote);
            if needs_key {
                self.key.add_hashed(vote.annotator.kind, hash);
            }
        }
        Ok(())
    }
}
