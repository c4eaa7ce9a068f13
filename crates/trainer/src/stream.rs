//! The endless stream of training batches, and the fixed batches of held-out text.
//!
//! A step's text depends on the seed and the step alone, so that a resumed run continues with what was next.

use std::path::Path;

use anyhow::{Result, bail};
use rayon::prelude::*;

use crate::bitext::Rows;
use crate::dialogues::{Composer, Dialogue};
use crate::model::Batch;
use crate::random::Random;
use crate::vocabulary::{Encoded, SPECIAL, Vocabulary};

/// Tokens of one step, about.
pub const TOKENS_PER_STEP: usize = 2048;
/// Tokens of one batch, about; a core works on one batch at a time.
const TOKENS_PER_BATCH: usize = 1200;
/// Share of the tokens that come from real rows, where such are given.
const SHARE_OF_REAL_TOKENS: f64 = 0.35;
/// Share of prompt tokens that carry loss; learning each of them with this weight has the same expectation.
const SHARE_OF_PROMPT_TARGETS: f64 = 0.25;
/// Share of sequences whose input is made noisy, and share of their input tokens that another takes the place of.
///
/// Where the last words cannot be trusted, the prompt has to be read (word dropout: Bowman et al. 2016),
/// and a reply in unknown words is no surprise to a judge.
const SHARE_OF_NOISY_SEQUENCES: f64 = 0.5;
const SHARE_OF_NOISY_TOKENS: f64 = 0.1;
/// Share of prompts in whose place keywords of the reply stand, as people type them into a search box.
///
/// They teach that a reply takes up the words of its prompt, whatever the words are.
const SHARE_OF_KEYWORD_PROMPTS: f64 = 0.15;
/// Dialogues drawn at once while a step is filled.
const DRAWN_AT_ONCE: u64 = 16;
/// A step owns two to this power of the stream's indices.
const STEP_BITS: u32 = 16;

/// All that is trained on.
pub struct Source {
    /// Composes dialogues.
    pub composer: Composer,
    /// Real rows, where a file was given.
    pub rows: Option<Rows>,
    /// Keys every draw.
    pub seed: u64,
}

impl Source {
    /// Reads the folder of data files, and real rows where a file is given.
    pub fn read(data: &Path, csv: Option<&Path>, seed: u64) -> Result<Self> {
        let composer = Composer::read(data)?;
        let rows = csv.map(|csv| Rows::read(csv, data)).transpose()?;
        Ok(Self { composer, rows, seed })
    }

    /// Texts to learn a vocabulary from: the real rows and as many composed dialogues.
    pub fn texts(&self, count: u64) -> impl Iterator<Item = String> + Send {
        (0..count).flat_map(move |index| {
            let real = self.rows.as_ref().and_then(|rows| rows.dialogue(self.seed, index));
            let composed = self.composer.compose(self.seed, index);
            [real, Some(composed)]
                .into_iter()
                .flatten()
                .flat_map(|dialogue| [dialogue.prompt.unwrap_or_default(), dialogue.reply])
        })
    }

    /// The batches of one step, and the tokens in them.
    pub fn step(&self, step: u64, vocabulary: &Vocabulary, context: usize) -> Result<Vec<Batch>> {
        let (mut sequences, mut total, mut real) = (Vec::new(), 0, 0f64);
        let mut drawn = 0;
        while total < TOKENS_PER_STEP {
            let first = (step << STEP_BITS) + drawn;
            let real_first = self.rows.is_some() && real < SHARE_OF_REAL_TOKENS * total as f64;
            let some: Vec<Encoded> = (first..first + DRAWN_AT_ONCE)
                .into_par_iter()
                .map(|index| vocabulary.encode(&self.dialogue(index, real_first)))
                .collect::<Result<_>>()?;
            for sequence in some {
                let length = sequence.tokens.len();
                if length <= context && total < TOKENS_PER_STEP {
                    total += length;
                    real += if real_first { length as f64 } else { 0.0 };
                    sequences.push(sequence);
                    // Only as many real rows as make up their share.
                    if real_first && real >= SHARE_OF_REAL_TOKENS * total as f64 {
                        break;
                    }
                }
            }
            drawn += DRAWN_AT_ONCE;
            if drawn >= 1 << STEP_BITS {
                bail!("no dialogue fits into a context of {context} tokens");
            }
        }
        let random = &mut Random::new(self.seed, 5, step);
        let mut batches = pack(&sequences, |_| random.chance(SHARE_OF_PROMPT_TARGETS));
        for batch in &mut batches {
            add_noise(batch, random);
        }
        Ok(batches)
    }

    fn dialogue(&self, index: u64, real: bool) -> Dialogue {
        let row = self.rows.as_ref().filter(|_| real);
        let mut dialogue = row
            .and_then(|rows| rows.dialogue(self.seed, index))
            .unwrap_or_else(|| self.composer.compose(self.seed, index));
        let random = &mut Random::new(self.seed, 6, index);
        if dialogue.prompt.is_some() && random.chance(SHARE_OF_KEYWORD_PROMPTS) {
            dialogue.prompt = keywords(&dialogue.reply, random).or(dialogue.prompt);
        }
        dialogue
    }
}

/// Two to eight of the longer words of a text, in any order.
fn keywords(text: &str, random: &mut Random) -> Option<String> {
    let mut words: Vec<&str> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() >= 4)
        .collect();
    let wanted = 2 + random.below(7);
    let mut chosen = Vec::new();
    while chosen.len() < wanted && !words.is_empty() {
        chosen.push(words.swap_remove(random.below(words.len())).to_lowercase());
    }
    (!chosen.is_empty()).then(|| chosen.join(" "))
}

/// Packs sequences into batches; tokens of a reply always carry loss, those of a prompt where `prompt_target` says so.
pub fn pack(sequences: &[Encoded], mut prompt_target: impl FnMut(usize) -> bool) -> Vec<Batch> {
    let mut batches = vec![Batch::default()];
    let total: usize = sequences.iter().map(|sequence| sequence.tokens.len() - 1).sum();
    // Batches of one size, so that the cores finish together.
    let wanted = total.div_ceil(TOKENS_PER_BATCH).next_multiple_of(2);
    let size = total.div_ceil(wanted.max(1));
    for sequence in sequences {
        let inputs = sequence.tokens.len() - 1;
        let full = |batch: &Batch| batch.tokens.len() + inputs / 2 > size;
        if batches.len() < wanted && batches.last().is_some_and(full) {
            batches.push(Batch::default());
        }
        let Some(batch) = batches.last_mut() else {
            continue;
        };
        for next in 1..=inputs {
            if next >= sequence.prompt || prompt_target(next) {
                batch.rows.push((batch.tokens.len() + next - 1) as u32);
                batch.targets.push(sequence.tokens[next]);
            }
        }
        batch.tokens.extend(&sequence.tokens[..inputs]);
        batch.lengths.push(inputs);
    }
    batches
}

/// Puts other tokens of the batch in the place of some input tokens; what is to be learned stays.
fn add_noise(batch: &mut Batch, random: &mut Random) {
    let clean = batch.tokens.clone();
    let mut start = 0;
    for length in &batch.lengths {
        let noisy = random.chance(SHARE_OF_NOISY_SEQUENCES);
        for place in start..start + length {
            if noisy && random.chance(SHARE_OF_NOISY_TOKENS) {
                let other = clean[random.below(clean.len())];
                // Special tokens neither come nor go, so that turns stay what they are.
                if other.min(clean[place]) >= SPECIAL.len() as u32 {
                    batch.tokens[place] = other;
                }
            }
        }
        start += length;
    }
}

/// Batches of text that is never trained on, with loss on the replies only.
pub fn held_out(dialogues: &[Dialogue], vocabulary: &Vocabulary, context: usize) -> Result<Vec<Batch>> {
    let mut sequences = Vec::new();
    for dialogue in dialogues {
        let sequence = vocabulary.encode(dialogue)?;
        if sequence.tokens.len() <= context {
            sequences.push(sequence);
        }
    }
    let mut batches = pack(&sequences, |_| false);
    batches.retain(|batch| !batch.rows.is_empty());
    Ok(batches)
}
