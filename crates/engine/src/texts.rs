//! Many short texts behind one another, such as the names of a vocabulary's tokens.

/// Texts by their numbers, in one piece of memory: a vocabulary of 50,000 names takes a third of what as many strings would.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    all: String,
    /// Where each one ends in `all`, in bytes.
    ends: Vec<usize>,
}

impl Texts {
    /// Appends a text.
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    /// The text with this number, counted from 0.
    pub fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.all[start..end])
    }

    /// All of them in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.all[std::mem::replace(&mut start, *end)..*end])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut all = Self::default();
        texts.into_iter().for_each(|text| all.push(text.as_ref()));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_by_its_number() {
        let list = ["", "a", "", "ähnlich", "b c", ""];
        let texts: Texts = list.iter().collect();
        assert_eq!(texts.iter().collect::<Vec<_>>(), list);
        assert_eq!((texts.len(), texts.is_empty(), Texts::default().is_empty()), (6, false, true));
        assert!((0..6).all(|number| texts.get(number) == Some(list[number])));
        assert_eq!(texts.get(6), None);
    }
}
