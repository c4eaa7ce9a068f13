//! Comparisons with a known answer: a fitting reply against one with a planted defect.
//!
//! In half of the comparisons of every kind the fitting reply is the shorter one, so that a rule that looks at length alone stands at one half.

use crate::held_out::{self, HeldOut};
use crate::random::Random;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What random numbers are drawn for.
const ORDER: u64 = 1_000;
const DEFECT: u64 = 1_001;

/// What is wrong with the worse reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "&'static str")]
pub enum Defect {
    /// It answers another intent.
    OtherIntent,
    /// It breaks off in the middle of a sentence.
    Truncated,
    /// It says the same thing again and again.
    Repetitive,
    /// It is polite and says nothing.
    PoliteEmpty,
    /// It is rude.
    Rude,
}

impl Defect {
    /// All kinds, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::OtherIntent, Self::Truncated, Self::Repetitive, Self::PoliteEmpty, Self::Rude];

    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::OtherIntent => "another intent's reply",
            Self::Truncated => "truncated",
            Self::Repetitive => "repetitive",
            Self::PoliteEmpty => "polite and empty",
            Self::Rude => "rude",
        }
    }
}

impl From<Defect> for &'static str {
    fn from(defect: Defect) -> Self {
        defect.name()
    }
}

/// A prompt, a fitting reply and a worse one.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The customer's message.
    pub prompt: String,
    /// The fitting reply.
    pub better: String,
    /// The reply with the defect.
    pub worse: String,
    /// The defect.
    pub defect: Defect,
}

/// Bad replies that were never trained on.
#[derive(Debug, Deserialize)]
pub struct DefectLines {
    /// Rude replies.
    pub rude: Vec<String>,
    /// Polite replies that say nothing.
    pub polite_empty: Vec<String>,
}

impl DefectLines {
    /// The lines that the repository carries.
    pub fn committed() -> anyhow::Result<Self> {
        Ok(toml::from_str(include_str!("../data/heldout_defects.toml"))?)
    }
}

/// `n` comparisons, the kinds in turn, from dialogues of at least two intents.
pub fn comparisons(dialogues: &[HeldOut], lines: &DefectLines, n: usize, seed: u64) -> Vec<Comparison> {
    let order = shuffled(dialogues.len(), &mut Random::new(seed, ORDER, 0));
    let mut made = Vec::with_capacity(n);
    for (i, dialogue) in order.iter().cycle().map(|at| &dialogues[*at]).enumerate().take(40 * n) {
        if made.len() == n {
            break;
        }
        let defect = Defect::ALL[made.len() % Defect::ALL.len()];
        let worse_is_longer = (made.len() / Defect::ALL.len()).is_multiple_of(2);
        let mut maker = Maker { dialogues, lines, random: Random::new(seed, DEFECT, i as u64) };
        let worse = maker.worse(dialogue, defect, worse_is_longer);
        if let Some(worse) = worse.filter(|worse| (worse.len() > dialogue.reply.len()) == worse_is_longer) {
            let (prompt, better) = (dialogue.prompt.clone(), dialogue.reply.clone());
            made.push(Comparison { prompt, better, worse, defect });
        }
    }
    made
}

/// `n` comparisons of the hand-written dialogues in the folder of data files, which are never trained on, as JSON lines.
pub fn held_out_lines(data: &Path, n: usize, seed: u64) -> anyhow::Result<String> {
    let dialogues = held_out::committed(data)?;
    let mut lines = String::new();
    for comparison in comparisons(&dialogues, &DefectLines::committed()?, n, seed) {
        lines += &serde_json::to_string(&comparison)?;
        lines.push('\n');
    }
    Ok(lines)
}

struct Maker<'a> {
    dialogues: &'a [HeldOut],
    lines: &'a DefectLines,
    random: Random,
}

impl Maker<'_> {
    /// A worse reply of the wanted length relation, or none where this dialogue has none.
    fn worse(&mut self, dialogue: &HeldOut, defect: Defect, longer: bool) -> Option<String> {
        let reply = dialogue.reply.as_str();
        match defect {
            Defect::OtherIntent => self.other_reply(dialogue, longer),
            Defect::Truncated if longer => {
                let more = self.other_reply(dialogue, false).or_else(|| self.other_reply(dialogue, true))?;
                Some(format!("{reply} {}", cut(&more, 0.4)?))
            }
            Defect::Truncated => {
                let share = 0.35 + 0.4 * self.random.uniform();
                cut(reply, share)
            }
            Defect::Repetitive => repeated(reply, longer),
            Defect::PoliteEmpty => self.lines_of(&self.lines.polite_empty, reply, longer),
            Defect::Rude => self.lines_of(&self.lines.rude, reply, longer),
        }
    }

    fn other_reply(&mut self, dialogue: &HeldOut, longer: bool) -> Option<String> {
        let wanted = |other: &&HeldOut| {
            other.intent != dialogue.intent && (other.reply.len() > dialogue.reply.len()) == longer
        };
        let others: Vec<&HeldOut> = self.dialogues.iter().filter(wanted).collect();
        self.random.pick(&others).map(|other| other.reply.clone())
    }

    /// One line, or as many as make it longer than `reply`.
    fn lines_of(&mut self, lines: &[String], reply: &str, longer: bool) -> Option<String> {
        let order = shuffled(lines.len(), &mut self.random);
        let mut text = String::new();
        for at in order {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&lines[at]);
            if !longer || text.len() > reply.len() {
                return Some(text);
            }
        }
        None
    }
}

/// The numbers below `n` in random order (Fisher and Yates).
fn shuffled(n: usize, random: &mut Random) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, random.below(i + 1));
    }
    order
}

/// The first part of a text, broken off after a word that ends no sentence.
fn cut(text: &str, share: f64) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let n = ((words.len() as f64 * share) as usize).max(2);
    let ends_nothing = |word: &str| word.chars().next_back().is_some_and(char::is_alphanumeric);
    (n..words.len().saturating_sub(1))
        .find(|at| ends_nothing(words[at - 1]) && !words[*at].is_empty())
        .map(|at| words[..at].join(" "))
}

/// A reply that turns in circles: all of it over again, or its first sentence alone two or three times.
fn repeated(reply: &str, longer: bool) -> Option<String> {
    let end = reply.find(['.', '?', '!'])? + 1;
    let first = reply[..end].trim();
    if longer {
        let times = reply.len() / first.len() + 2;
        return Some(vec![first; times].join(" "));
    }
    let times = (reply.len() - 1) / (first.len() + 1);
    (times >= 2).then(|| vec![first; times.min(4)].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_comparisons_are_what_the_command_writes() {
        let committed = include_str!("../../native/data/held_out.jsonl");
        let made = held_out_lines(Path::new("data"), 200, 1).unwrap();
        assert!(made == committed, "write them again: tiebreak-trainer comparisons");
    }

    #[test]
    fn length_tells_nothing() {
        let dialogues: Vec<HeldOut> = (0..60)
            .map(|i| HeldOut {
                intent: format!("intent {}", i % 6),
                prompt: format!("question {i}"),
                reply: format!(
                    "This is answer {i}. It has {} more words that go on{}.",
                    i,
                    " and on".repeat(i % 9)
                ),
            })
            .collect();
        let lines = DefectLines::committed().unwrap();
        let made = comparisons(&dialogues, &lines, 100, 3);
        assert_eq!(made.len(), 100);
        for defect in Defect::ALL {
            let of_kind: Vec<_> = made.iter().filter(|c| c.defect == defect).collect();
            let longer = of_kind.iter().filter(|c| c.worse.len() > c.better.len()).count();
            assert_eq!((of_kind.len(), longer), (20, 10), "{defect:?}");
            assert!(of_kind.iter().all(|c| c.worse != c.better));
        }
        for comparison in made.iter().filter(|c| c.defect == Defect::Truncated) {
            assert!(comparison.worse.ends_with(char::is_alphanumeric), "{}", comparison.worse);
        }
    }
}
