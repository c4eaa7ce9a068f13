//! The endless stream of training batches, and the fixed batches of held-out text.
//!
//! A step's text depends on the seed and the step alone, so that a resumed run continues with what was next.

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, bail};
use rayon::prelude::*;

use crate::bitext::Rows;
use crate::dialogues::{Composer, Dialogue};
use crate::model::{Batch, Contrast};
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
/// Share of contrasts whose input is made noisy, and share of their input tokens that another takes the place of.
///
/// Where the last words cannot be trusted, the prompt has to be read (word dropout: Bowman et al. 2016),
/// and a reply in unknown words is no surprise to a judge.
/// Noisy contrasts are not learned as text, which would make the model's own text garbled.
const SHARE_OF_NOISY_CONTRASTS: f64 = 0.75;
const SHARE_OF_NOISY_TOKENS: f64 = 0.12;
/// From this share of the run on, nothing is noisy and nothing dropped, and the learning rate falls to nothing.
pub const COOLING_BEGINS: f64 = 0.9;
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

    /// The batches of one step, taken when `share_done` of the run is over.
    pub fn step(
        &self,
        (step, share_done): (u64, f64),
        vocabulary: &Vocabulary,
        context: usize,
    ) -> Result<Vec<Batch>> {
        let (mut passages, mut total, mut real) = (Vec::new(), 0, 0f64);
        let mut drawn = 0;
        while total < TOKENS_PER_STEP {
            let first = (step << STEP_BITS) + drawn;
            let real_first = self.rows.is_some() && real < SHARE_OF_REAL_TOKENS * total as f64;
            let some: Vec<Passage> = (first..first + DRAWN_AT_ONCE)
                .into_par_iter()
                .map(|index| Passage::new(&self.dialogue(index, real_first), vocabulary))
                .collect::<Result<_>>()?;
            for passage in some {
                if passage.longest() <= context && total < TOKENS_PER_STEP {
                    let length = passage.inputs();
                    total += length;
                    real += if real_first { length as f64 } else { 0.0 };
                    passages.push(passage);
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
        let mut batches = pack(&passages, |_| random.chance(SHARE_OF_PROMPT_TARGETS));
        if share_done < COOLING_BEGINS {
            for batch in &mut batches {
                add_noise(batch, random);
                batch.dropout = Some(random.bits());
            }
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

/// A dialogue in tokens, and where it serves as a contrast the same reply after a prompt that it does not fit.
pub struct Passage {
    fitting: Encoded,
    unfitting: Option<Encoded>,
}

impl Passage {
    /// The tokens of a dialogue.
    pub fn new(dialogue: &Dialogue, vocabulary: &Vocabulary) -> Result<Self> {
        let with_prompt = |prompt: &String| Dialogue { prompt: Some(prompt.clone()), ..dialogue.clone() };
        let unfitting = dialogue.unfitting_prompt.as_ref().map(with_prompt);
        Ok(Self {
            fitting: vocabulary.encode(dialogue)?,
            unfitting: unfitting.map(|dialogue| vocabulary.encode(&dialogue)).transpose()?,
        })
    }

    fn sequences(&self) -> impl Iterator<Item = &Encoded> {
        [&self.fitting].into_iter().chain(&self.unfitting)
    }

    /// Input tokens of all its sequences.
    fn inputs(&self) -> usize {
        self.sequences().map(|sequence| sequence.tokens.len() - 1).sum()
    }

    fn longest(&self) -> usize {
        self.sequences().map(|sequence| sequence.tokens.len()).max().unwrap_or_default()
    }
}

/// Packs passages into batches; tokens of a reply always carry loss, those of a prompt where `prompt_target` says so.
pub fn pack(passages: &[Passage], mut prompt_target: impl FnMut(usize) -> bool) -> Vec<Batch> {
    let mut batches = vec![Batch::default()];
    let total: usize = passages.iter().map(Passage::inputs).sum();
    // Batches of one size, so that the cores finish together.
    let wanted = total.div_ceil(TOKENS_PER_BATCH).next_multiple_of(2);
    let size = total.div_ceil(wanted.max(1));
    for passage in passages {
        let full = |batch: &Batch| batch.tokens.len() + passage.inputs() / 2 > size;
        if batches.len() < wanted && batches.last().is_some_and(full) {
            batches.push(Batch::default());
        }
        let Some(batch) = batches.last_mut() else {
            continue;
        };
        let fitting = add_sequence(batch, &passage.fitting, &mut prompt_target);
        if let Some(sequence) = &passage.unfitting {
            let unfitting = add_sequence(batch, sequence, &mut |_| false);
            batch.contrasts.push(Contrast { fitting, unfitting, is_text: true });
        }
    }
    batches
}

/// Appends a sequence to a batch; returns where the rows of its reply begin, counted among those that carry loss, and where they end.
fn add_sequence(
    batch: &mut Batch,
    sequence: &Encoded,
    prompt_target: &mut impl FnMut(usize) -> bool,
) -> Range<usize> {
    let inputs = sequence.tokens.len() - 1;
    let mut reply = batch.rows.len();
    for next in 1..=inputs {
        if next == sequence.prompt {
            reply = batch.rows.len();
        }
        if next >= sequence.prompt || prompt_target(next) {
            batch.rows.push((batch.tokens.len() + next - 1) as u32);
            batch.targets.push(sequence.tokens[next]);
        }
    }
    batch.tokens.extend(&sequence.tokens[..inputs]);
    batch.lengths.push(inputs);
    reply..batch.rows.len()
}

/// Puts other tokens of the batch in the place of some input tokens of some contrasts; what is to be told apart stays.
fn add_noise(batch: &mut Batch, random: &mut Random) {
    let clean = batch.tokens.clone();
    let mut documents = Vec::with_capacity(batch.lengths.len());
    let mut start = 0;
    for length in &batch.lengths {
        documents.push(start..start + length);
        start += length;
    }
    for contrast in &mut batch.contrasts {
        if !random.chance(SHARE_OF_NOISY_CONTRASTS) {
            continue;
        }
        contrast.is_text = false;
        let rows = [contrast.fitting.start, contrast.unfitting.start].map(|row| batch.rows[row] as usize);
        let is_one_of_them = |document: &&Range<usize>| rows.iter().any(|row| document.contains(row));
        for place in documents.iter().filter(is_one_of_them).flat_map(Range::clone) {
            let other = clean[random.below(clean.len())];
            // Special tokens neither come nor go, so that turns stay what they are.
            let is_text = other.min(clean[place]) >= SPECIAL.len() as u32;
            if random.chance(SHARE_OF_NOISY_TOKENS) && is_text {
                batch.tokens[place] = other;
            }
        }
    }
}

/// Batches of text that is never trained on, with loss on the replies only.
pub fn held_out(dialogues: &[Dialogue], vocabulary: &Vocabulary, context: usize) -> Result<Vec<Batch>> {
    let mut passages = Vec::new();
    for dialogue in dialogues {
        let passage = Passage::new(dialogue, vocabulary)?;
        if passage.longest() <= context {
            passages.push(passage);
        }
    }
    let mut batches = pack(&passages, |_| false);
    batches.retain(|batch| !batch.rows.is_empty());
    Ok(batches)
}
