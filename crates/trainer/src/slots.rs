//! The braces of the dialogues: `{order}` and its kin are filled alike in a prompt and its reply.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::random::Random;

/// What can fill a slot.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Ready values.
    #[serde(default)]
    pub values: Vec<String>,
    /// Patterns, in which `#` stands for a digit and `A` for an upper-case letter.
    #[serde(default)]
    pub patterns: Vec<String>,
}

/// All slots by name.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Slots {
    /// What can fill each of them.
    pub slots: BTreeMap<String, Slot>,
}

/// These belong to one customer's case, so a reply may name them only when the prompt does.
const OF_THE_CASE: [&str; 6] = ["order", "tracking", "invoice", "email", "card", "product"];

impl Slots {
    /// One value for every slot.
    pub fn draw(&self, random: &mut Random) -> BTreeMap<&str, String> {
        self.slots.iter().map(|(name, slot)| (name.as_str(), slot.draw(random))).collect()
    }
}

impl Slot {
    fn draw(&self, random: &mut Random) -> String {
        let from_pattern = !self.patterns.is_empty()
            && random.below(self.values.len() + self.patterns.len()) >= self.values.len();
        if !from_pattern {
            return random.pick(&self.values).cloned().unwrap_or_default();
        }
        let pattern = random.pick(&self.patterns).cloned().unwrap_or_default();
        pattern
            .chars()
            .map(|letter| match letter {
                '#' => char::from(b'0' + random.below(10) as u8),
                'A' => char::from(b'A' + random.below(26) as u8),
                other => other,
            })
            .collect()
    }
}

/// The names of the slots in a text, in their order.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Puts the values into a text; unknown braces stay as they are.
pub fn fill(text: &str, values: &BTreeMap<&str, String>) -> String {
    let mut output = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        output.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) if values.contains_key(name) => {
                output.push_str(&values[name]);
                rest = tail;
            }
            _ => {
                output.push('{');
                rest = after;
            }
        }
    }
    output.push_str(rest);
    output
}

/// Whether a reply's line can answer a prompt: whatever it names of the case, the prompt names too.
pub fn suits(line: &str, ask: &str) -> bool {
    names(line).all(|slot| !OF_THE_CASE.contains(&slot) || names(ask).any(|other| other == slot))
}
