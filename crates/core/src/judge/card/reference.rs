//! By whose answers a judge was measured, in words.

use super::document::Card;

/// The id of an annotator that is nobody: its answers were known before anybody was asked, because one of two responses was made worse.
pub const BY_CONSTRUCTION: &str = "by-construction";

/// Whose answers on the shared pairs a judge was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// People, of whom none is an expert.
    People,
    /// Experts alone.
    Experts,
    /// Experts where they have an opinion, and people elsewhere.
    ExpertsAndPeople,
    /// Nobody: the answers were known, see [`BY_CONSTRUCTION`].
    KnownAnswers,
}

impl Card {
    /// By whom the judge was measured; people where nobody has an opinion.
    pub fn reference(&self) -> Reference {
        let counts = &self.counts;
        match counts.people {
            0 => Reference::People,
            n if n == counts.by_construction => Reference::KnownAnswers,
            n if n == counts.experts => Reference::Experts,
            _ if counts.experts == 0 => Reference::People,
            _ => Reference::ExpertsAndPeople,
        }
    }
}

impl Reference {
    /// Such as "people".
    pub fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Experts => "experts",
            Self::ExpertsAndPeople => "experts and people",
            Self::KnownAnswers => "the known answers",
        }
    }

    /// What a number of theirs is called, such as "people's".
    pub fn possessive(self) -> &'static str {
        match self {
            Self::People => "people's",
            Self::Experts => "experts'",
            Self::ExpertsAndPeople => "experts' and people's",
            // An apostrophe behind answers reads as a slip.
            Self::KnownAnswers => self.name(),
        }
    }

    /// What decides which side is right, such as "people's majority".
    pub fn majority(self) -> String {
        match self {
            Self::KnownAnswers => self.name().to_owned(),
            _ => format!("{} majority", self.possessive()),
        }
    }
}
