//! Composes dialogues from the data files: the same seed and index give the same dialogue.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::random::Random;
use crate::slots::{Slots, fill, suits};

/// A prompt, which may be absent, and a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialogue {
    /// What stands before the conversation, if anything.
    pub system: Option<String>,
    /// What the customer writes.
    pub prompt: Option<String>,
    /// What the shop answers.
    pub reply: String,
    /// A message of another customer, which the reply does not fit.
    pub unfitting_prompt: Option<String>,
}

/// One wish of customers, with the parts that replies are made of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The category that it belongs to; the file says it once for all of them.
    #[serde(skip)]
    pub category: String,
    /// Its name.
    pub name: String,
    /// Ways to write it.
    pub ask: Vec<String>,
    /// First sentences of a good reply.
    #[serde(default)]
    pub open: Vec<String>,
    /// Whole good replies.
    #[serde(default)]
    pub reply: Vec<String>,
    /// The substance of a good reply that is put together.
    #[serde(default)]
    pub body: Vec<String>,
    /// Last sentences of a good reply.
    #[serde(default)]
    pub close: Vec<String>,
    /// Replies that are right but hardly help.
    #[serde(default)]
    pub curt: Vec<String>,
    /// Confident replies that are wrong.
    #[serde(default)]
    pub wrong: Vec<String>,
    /// Safe replies that do not help.
    #[serde(default)]
    pub unhelpful: Vec<String>,
    /// Replies that promise too much.
    #[serde(default)]
    pub promise: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Category {
    #[serde(rename = "category")]
    name: String,
    intent: Vec<Intent>,
}

/// Lines that fit every category.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Common {
    pub(crate) rude: Vec<String>,
    pub(crate) polite_empty: Vec<String>,
    ask_prefix: Vec<String>,
    ask_suffix: Vec<String>,
    close_generic: Vec<String>,
    pub(crate) refuse: Vec<String>,
}

#[derive(Deserialize)]
struct System {
    system: Vec<String>,
}

/// All data files together.
pub struct Composer {
    pub(crate) intents: Vec<Intent>,
    pub(crate) common: Common,
    pub(crate) slots: Slots,
    system: Vec<String>,
}

/// What a reply is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Good,
    Curt,
    Wrong,
    Unhelpful,
    Promise,
    Rude,
    PoliteEmpty,
}

const BAD: [Kind; 6] =
    [Kind::Curt, Kind::Wrong, Kind::Unhelpful, Kind::Promise, Kind::Rude, Kind::PoliteEmpty];

/// Without a prompt every kind of reply is equally likely, because the likelihood judge divides by that distribution.
const UNPROMPTED: [Kind; 6] =
    [Kind::Good, Kind::Curt, Kind::Wrong, Kind::Unhelpful, Kind::Rude, Kind::PoliteEmpty];

/// Share of dialogues whose prompt is left out.
pub const SHARE_WITHOUT_PROMPT: f64 = 0.15;
/// Share of prompted dialogues with a bad reply, so that bold sampling yields some.
const SHARE_OF_BAD_REPLIES: f64 = 0.12;
/// Share of good replies that were written in one piece; the others are put together.
const SHARE_OF_WHOLE_REPLIES: f64 = 0.6;
/// Share of good replies that come with a prompt which they do not fit, for the contrast.
pub const SHARE_WITH_CONTRAST: f64 = 0.3;
/// Share of those prompts that are about another matter of the same category, which is harder to tell.
const SHARE_OF_NEAR_CONTRASTS: f64 = 0.35;
const SHARE_WITH_SYSTEM: f64 = 0.05;

impl Composer {
    /// Reads the data files of a folder: `dialogues/*.toml`, `whole_replies/*.toml` and `system.toml`.
    ///
    /// The two folders hold the same intents: parts that replies are put together from, and replies in one piece.
    pub fn read(data: &Path) -> Result<Self> {
        let folder = &data.join("dialogues");
        let (mut intents, mut common, mut slots) = (Vec::new(), None, None);
        for path in toml_files(folder)? {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            match name.as_ref() {
                "common" => common = Some(read_toml(&path)?),
                "slots" => slots = Some(read_toml(&path)?),
                _ => add_intents(&mut intents, read_toml(&path)?),
            }
        }
        for path in toml_files(&data.join("whole_replies"))? {
            add_intents(&mut intents, read_toml(&path)?);
        }
        let missing = |file| format!("{} lacks {file}", folder.display());
        let composer = Self {
            intents,
            common: common.with_context(|| missing("common.toml"))?,
            slots: slots.with_context(|| missing("slots.toml"))?,
            system: read_toml::<System>(&data.join("system.toml"))?.system,
        };
        composer.check()?;
        Ok(composer)
    }

    /// Every prompt must have a body that suits it, and every slot a value.
    fn check(&self) -> Result<()> {
        if self.intents.is_empty() {
            bail!("the data files hold no intent");
        }
        for intent in &self.intents {
            if intent.ask.is_empty() {
                bail!("intent {}: no prompt", intent.name);
            }
            for ask in &intent.ask {
                if !intent.body.iter().any(|body| suits(body, ask)) {
                    bail!("intent {}: no body suits the prompt {ask:?}", intent.name);
                }
            }
            let parts = [&intent.ask, &intent.reply, &intent.open, &intent.body, &intent.close];
            for line in parts.into_iter().flatten() {
                for slot in crate::slots::names(line) {
                    if !self.slots.slots.contains_key(slot) {
                        bail!("intent {}: unknown slot {{{slot}}} in {line:?}", intent.name);
                    }
                }
            }
        }
        Ok(())
    }

    /// How many intents there are.
    pub fn intents(&self) -> usize {
        self.intents.len()
    }

    /// The dialogue of one key.
    pub fn compose(&self, seed: u64, index: u64) -> Dialogue {
        let random = &mut Random::new(seed, 2, index);
        let intent = &self.intents[random.below(self.intents.len())];
        let prompted = !random.chance(SHARE_WITHOUT_PROMPT);
        let kinds = if prompted { &BAD } else { &UNPROMPTED };
        let kind = if prompted && !random.chance(SHARE_OF_BAD_REPLIES) {
            Kind::Good
        } else {
            kinds[random.below(kinds.len())]
        };
        let ask = random.pick(&intent.ask).cloned().unwrap_or_default();
        let reply = self.reply(intent, kind, &ask, random);
        let values = self.slots.draw(random);
        let prompt = prompted.then(|| self.prompt(&fill(&ask, &values), random));
        let unfitting_prompt = (prompted && kind == Kind::Good && random.chance(SHARE_WITH_CONTRAST))
            .then(|| self.other_ask(intent, random))
            .flatten()
            .map(|ask| self.prompt(&fill(ask, &values), random));
        let system = (prompted && random.chance(SHARE_WITH_SYSTEM))
            .then(|| random.pick(&self.system).cloned())
            .flatten();
        Dialogue { system, prompt, reply: fill(&reply, &values), unfitting_prompt }
    }

    /// What a customer with another wish writes.
    fn other_ask(&self, intent: &Intent, random: &mut Random) -> Option<&String> {
        let near = random.chance(SHARE_OF_NEAR_CONTRASTS);
        let others: Vec<&Intent> = self
            .intents
            .iter()
            .filter(|other| other.name != intent.name && (!near || other.category == intent.category))
            .collect();
        random.pick(&others).and_then(|other| random.pick(&other.ask))
    }

    /// A good reply to a prompt that was not composed, put together for the intent of that name.
    pub fn reply_to(&self, intent: &str, prompt: &str, index: u64) -> Option<String> {
        let random = &mut Random::new(0, 5, index);
        let intent = self.intents.iter().find(|known| known.name == intent)?;
        let reply = self.good(intent, prompt, random);
        Some(fill(&reply, &self.slots.draw(random)))
    }

    fn reply(&self, intent: &Intent, kind: Kind, ask: &str, random: &mut Random) -> String {
        let refusal = random.chance(0.3);
        let lines = match kind {
            Kind::Good => return self.good(intent, ask, random),
            Kind::Curt => &intent.curt,
            Kind::Wrong => &intent.wrong,
            Kind::Unhelpful if refusal => &self.common.refuse,
            Kind::Unhelpful => &intent.unhelpful,
            Kind::Promise => &intent.promise,
            Kind::Rude => &self.common.rude,
            Kind::PoliteEmpty => &self.common.polite_empty,
        };
        match suiting(lines, ask, random) {
            Some(line) if kind == Kind::PoliteEmpty && random.chance(0.3) => {
                let more = random.pick(lines).filter(|more| *more != line);
                more.map_or(line.clone(), |more| format!("{line} {more}"))
            }
            Some(line) => line.clone(),
            None => self.good(intent, ask, random),
        }
    }

    /// A good reply that suits `ask`, its slots still empty.
    pub(crate) fn good(&self, intent: &Intent, ask: &str, random: &mut Random) -> String {
        if random.chance(SHARE_OF_WHOLE_REPLIES)
            && let Some(whole) = suiting(&intent.reply, ask, random)
        {
            return whole.clone();
        }
        let open = suiting(&intent.open, ask, random).filter(|_| random.chance(0.78));
        let body = suiting(&intent.body, ask, random);
        let generic = random.chance(0.25);
        let closes = if generic { &self.common.close_generic } else { &intent.close };
        let close = suiting(closes, ask, random).filter(|_| random.chance(0.72));
        let parts = [open, body, close].into_iter().flatten();
        let mut reply = String::new();
        for part in parts {
            if !reply.is_empty() {
                // What follows a numbered list stands on its own line.
                let after_list = reply.lines().last().is_some_and(numbered) && reply.contains('\n');
                reply.push(if after_list { '\n' } else { ' ' });
            }
            reply.push_str(part);
        }
        reply
    }

    /// What a customer makes of `ask`: with words around it, in small letters or with a slip of the finger.
    pub(crate) fn prompt(&self, ask: &str, random: &mut Random) -> String {
        let mut prompt = ask.to_owned();
        if random.chance(0.15)
            && let Some(prefix) = random.pick(&self.common.ask_prefix)
        {
            let whole = prefix.ends_with(['.', '!', '?', ':']);
            let ask = if whole { prompt } else { lower_first(&prompt) };
            prompt = format!("{prefix} {ask}");
        }
        if random.chance(0.15)
            && let Some(suffix) = random.pick(&self.common.ask_suffix)
        {
            let ended = prompt.ends_with(['.', '!', '?', ',']);
            prompt = format!("{prompt}{} {suffix}", if ended { "" } else { "," });
        }
        if random.chance(0.15) {
            prompt = prompt.to_lowercase();
        }
        if random.chance(0.15) {
            for _ in 0..=random.below(3) {
                prompt = mistype(&prompt, random);
            }
        }
        prompt
    }
}

/// The TOML files of a folder, by name.
fn toml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)
        .with_context(|| format!("cannot list {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    Ok(paths)
}

/// Adds a file's intents; the lines of one that is already there join those.
fn add_intents(intents: &mut Vec<Intent>, category: Category) {
    for mut intent in category.intent {
        intent.category.clone_from(&category.name);
        let known =
            intents.iter_mut().find(|known| known.name == intent.name && known.category == category.name);
        match known {
            Some(known) => {
                known.ask.append(&mut intent.ask);
                known.reply.append(&mut intent.reply);
            }
            None => intents.push(intent),
        }
    }
}

/// Reads a TOML file; an error names it.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not what was expected", path.display()))
}

fn suiting<'a>(lines: &'a [String], ask: &str, random: &mut Random) -> Option<&'a String> {
    let suiting: Vec<&String> = lines.iter().filter(|line| suits(line, ask)).collect();
    random.pick(&suiting).copied()
}

fn numbered(line: &str) -> bool {
    line.split_once('.')
        .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let (first, second) = (letters.next(), letters.next());
    match (first, second) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

/// Swaps two neighbouring letters or drops one.
fn mistype(text: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 6 {
        return text.to_owned();
    }
    let place = 1 + random.below(letters.len() - 2);
    if letters[place].is_alphabetic() && letters[place + 1].is_alphabetic() {
        if random.chance(0.5) {
            letters.swap(place, place + 1);
        } else {
            letters.remove(place);
        }
    }
    letters.into_iter().collect()
}
