//! Verdicts that a judge card lets stand, and pairs that go to people instead.

use super::{key, PairKey};
use crate::files::{self, say, Log, Manifest, Opened};
use crate::terminal::{count, plural};
use anyhow::{bail, Context, Result};
use std::path::Path;
use tiebreak_core::judge::card::{Card, Decision, Use};
use tiebreak_core::judge::Judge;
use tiebreak_core::report::Measure;
use tiebreak_core::schema::{pairs, sha256_hex, Pair, Prompt, Sample, Vote};

/// Under which name an escalated pair keeps what the judge said.
const JUDGES_VOTE: &str = "judge_vote";

/// A card, and where the pairs go that it does not let the judge decide.
pub struct Trust {
    card: Card,
    log: Log,
    n_kept: usize,
    n_escalated: usize,
}

/// A card as it was read from its file.
pub struct Trusted {
    card: Card,
    /// What manifests say of it.
    pub argument: String,
}

/// Reads a card.
pub fn read_card(path: &Path) -> Result<Trusted> {
    let text = files::read_text(path)?;
    let card = Card::read(text.as_bytes()).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Trusted { card, argument: format!("sha256 {}", sha256_hex(text.as_bytes())) })
}

impl Trusted {
    /// An error where the card is another judge's; says so where it lets no verdict stand.
    pub fn check(&self, judge: &Judge) -> Result<()> {
        let (id, card) = (judge.annotator().id, &self.card.judge);
        if *card != id {
            bail!(
                "the card is that of `{card}`, and `{id}` judges here: a card holds for its own judge alone"
            );
        }
        let advice = &self.card.advice;
        if !matches!(advice.usage, Use::Label | Use::LabelAboveThreshold) {
            let answer = self.card.short_answer();
            say(&format!("by this card every pair goes to people. May it label? {answer} {}", advice.reason));
        } else if let Measure::CannotTell(reason) = &self.card.escalation.threshold {
            say(&format!("by this card every pair goes to people: {reason}"));
        }
        Ok(())
    }
}

impl Trust {
    /// Opens the file of escalated pairs; each that is there already is shown to `found`.
    pub fn open(
        card: Trusted,
        path: &Path,
        (manifest, force): (&Manifest, bool),
        mut found: impl FnMut(PairKey),
    ) -> Result<Self> {
        let Opened { log, problems } = Log::open(path, manifest, force, |sample: Sample| {
            pairs(&sample).for_each(|pair| found(key(&sample, &pair)));
        })?;
        problems.iter().for_each(|problem| say(&problem.to_string()));
        Ok(Self { card: card.card, log, n_kept: 0, n_escalated: 0 })
    }

    /// The vote with its confidence where it may stand; where not, the pair is written for people.
    pub fn take(&mut self, prompt: &Prompt, pair: &Pair<'_>, vote: Vote) -> Result<Option<Vote>> {
        match self.card.apply(&vote) {
            Decision::Keep { probability } => {
                self.n_kept += 1;
                Ok(Some(Vote { confidence: Some(probability), ..vote }))
            }
            Decision::Escalate => {
                self.n_escalated += 1;
                let said = serde_json::to_value(&vote).context("a vote cannot be written as JSON")?;
                let sample = Sample {
                    prompt: prompt.clone(),
                    responses: vec![pair.first.clone(), pair.second.clone()],
                    extra: [(JUDGES_VOTE.to_owned(), said)].into_iter().collect(),
                };
                self.log.append(&sample)?;
                Ok(None)
            }
        }
    }

    /// What became of the verdicts, in a sentence.
    pub fn text(&self) -> String {
        let (kept, escalated) = (plural(self.n_kept, "verdict"), count(self.n_escalated as u64));
        format!("{kept} kept by the card, and {escalated} pairs go to people: `tiebreak study` makes a study of them")
    }

    pub fn finish(self) -> Result<()> {
        self.log.finish()
    }
}
