//! Texts that occur again and again, each kept once and known by a number.

use crate::lookup::Lookup;
use std::sync::Arc;

/// Ids of annotators, pairs and the like; a record that names one needs four bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    numbers: Lookup<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Names {
    /// The number of `text`, in the order in which texts first came.
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).expect("memory ends before four billion texts do");
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.set(text, number);
        number
    }

    /// The number of a text that came before.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The text that has this number.
    pub fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// All texts, in the order of their numbers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// How many different texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// By number, the place among the sorted texts: an order that does not depend on which text came first.
    pub fn ranks(&self) -> Vec<u32> {
        let mut sorted: Vec<usize> = (0..self.texts.len()).collect();
        sorted.sort_unstable_by_key(|number| &self.texts[*number]);
        let mut ranks = vec![0; sorted.len()];
        for (rank, number) in (0..).zip(sorted) {
            ranks[number] = rank;
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_its_rank_is_that_of_the_text() {
        let mut names = Names::default();
        assert_eq!(["b", "c", "b", "a"].map(|text| names.number(text)), [0, 1, 0, 2]);
        assert_eq!((names.len(), names.text(1), names.find("a"), names.find("d")), (3, "c", Some(2), None));
        assert_eq!(names.ranks(), [1, 2, 0]);
    }
}
