//! Messages with fitting replies, and replies that fit nothing.

use std::path::Path;

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::bitext::Rows;
use crate::comparisons::DefectLines;
use crate::dialogues::Composer;
use crate::held_out::HeldOut;
use crate::random::Random;
use crate::slots::{fill, suits};

/// One in so many messages and replies in one piece is set aside, by its hash.
const SET_ASIDE_ONE_IN: u8 = 12;
/// The same for the replies that fit nothing, of which there are few.
const BAD_SET_ASIDE_ONE_IN: u8 = 3;
/// Share of the batches that are made of real rows, where such are given.
///
/// A batch is of one kind: the real rows have intents of their own, which overlap with the composer's.
const SHARE_OF_REAL_BATCHES: f64 = 0.2;
/// What random numbers are drawn for.
const SET_ASIDE: u64 = 2_010;

/// A message and a fitting reply.
pub struct Example {
    /// What the customer wants.
    pub intent: String,
    /// The customer's message.
    pub prompt: String,
    /// The reply.
    pub reply: String,
}

/// All that a head is trained on.
pub struct Source {
    composer: Composer,
    rows: Option<Rows>,
    /// Replies that fit no message.
    pub bad_replies: Vec<String>,
}

/// What a head is measured on: none of it is trained on, and none of it is used in an evaluation.
pub struct SetAside {
    /// Messages with a fitting reply in one piece.
    pub dialogues: Vec<HeldOut>,
    /// Replies with defects.
    pub lines: DefectLines,
}

impl Source {
    /// Reads the folder of data files, and real rows where a file is given, and sets a part aside.
    pub fn read(data: &Path, csv: Option<&Path>) -> Result<(Self, SetAside)> {
        let mut composer = Composer::read(data)?;
        let rows = csv.map(|csv| Rows::read(csv, data)).transpose()?;
        let dialogues = set_aside_dialogues(&mut composer);
        let common = &mut composer.common;
        let rude = set_aside(&mut common.rude, BAD_SET_ASIDE_ONE_IN);
        let polite_empty = set_aside(&mut common.polite_empty, BAD_SET_ASIDE_ONE_IN);
        let bad_replies = [&common.rude[..], &common.polite_empty, &common.refuse].concat();
        let set_aside = SetAside { dialogues, lines: DefectLines { rude, polite_empty } };
        Ok((Self { composer, rows, bad_replies }, set_aside))
    }

    /// Whether the next batch is of real rows.
    pub fn is_real(&self, random: &mut Random) -> bool {
        random.chance(SHARE_OF_REAL_BATCHES) && self.rows.is_some()
    }

    /// A message and a fitting reply, both with their slots filled.
    pub fn example(&self, is_real: bool, random: &mut Random) -> Example {
        let row = self.rows.as_ref().filter(|_| is_real);
        row.and_then(|rows| real(rows, random)).unwrap_or_else(|| self.composed(random))
    }

    fn composed(&self, random: &mut Random) -> Example {
        let intents = &self.composer.intents;
        let intent = &intents[random.below(intents.len())];
        let ask = random.pick(&intent.ask).cloned().unwrap_or_default();
        let reply = self.composer.good(intent, &ask, random);
        let values = self.composer.slots.draw(random);
        let prompt = self.composer.prompt(&fill(&ask, &values), random);
        Example { intent: intent.name.clone(), prompt, reply: fill(&reply, &values) }
    }
}

fn real(rows: &Rows, random: &mut Random) -> Option<Example> {
    let row = random.pick(&rows.training)?;
    let reply = rows.fill_text(&row.response, row, random);
    let prompt = rows.fill_text(&row.instruction, row, random);
    Some(Example { intent: row.intent.clone(), prompt, reply })
}

/// Takes messages and replies out of every intent and pairs them; an intent keeps at least what it needs.
fn set_aside_dialogues(composer: &mut Composer) -> Vec<HeldOut> {
    let random = &mut Random::new(0, SET_ASIDE, 0);
    let mut dialogues = Vec::new();
    for intent in &mut composer.intents {
        let asks = set_aside(&mut intent.ask, SET_ASIDE_ONE_IN);
        let replies = set_aside(&mut intent.reply, SET_ASIDE_ONE_IN);
        for ask in asks {
            let suiting: Vec<&String> = replies.iter().filter(|reply| suits(reply, &ask)).collect();
            let Some(reply) = random.pick(&suiting) else { continue };
            let values = composer.slots.draw(random);
            let (prompt, reply) = (fill(&ask, &values), fill(reply, &values));
            dialogues.push(HeldOut { intent: intent.name.clone(), prompt, reply });
        }
    }
    dialogues
}

/// Takes one in `one_in` lines out, never all of them.
fn set_aside(lines: &mut Vec<String>, one_in: u8) -> Vec<String> {
    let is_chosen = |line: &mut String| Sha256::digest(line.as_bytes())[0] < u8::MAX / one_in;
    let mut left = lines.len();
    lines
        .extract_if(.., |line| {
            let goes = left > 1 && is_chosen(line);
            left -= usize::from(goes);
            goes
        })
        .collect()
}
