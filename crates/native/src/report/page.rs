//! What a page is made of; the template says how each looks.

use super::chart::Picture;
use crate::terminal::count;
use serde::Serialize;

/// The whole page.
#[derive(Debug, Serialize)]
pub struct Page {
    pub title: String,
    /// What the report is about, in a line.
    pub subtitle: String,
    pub sections: Vec<Section>,
    /// What stands below everything.
    pub notes: Vec<String>,
}

/// One part of the page, with an entry in its contents.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Its name in links.
    pub id: &'static str,
    pub title: &'static str,
    pub blocks: Vec<Block>,
}

/// One thing below another.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    Heading {
        text: String,
    },
    Text {
        text: String,
    },
    /// An answer, in a box.
    Answer {
        label: String,
        text: String,
        more: Vec<String>,
    },
    /// Why there is no number.
    CannotTell {
        what: String,
        reason: String,
    },
    /// Why there is nothing here, and which command would change that.
    Missing {
        reason: String,
        command: Option<String>,
    },
    /// Large numbers with what they count.
    Facts {
        facts: Vec<Fact>,
    },
    /// Sentences, each of which may lead to a section.
    List {
        items: Vec<Item>,
    },
    Table(Table),
    /// A table that is opened on demand.
    Folded(Table),
    Figures {
        figures: Vec<Figure>,
    },
    Disputes {
        disputes: Vec<DisputeView>,
    },
}

#[derive(Debug, Serialize)]
pub struct Fact {
    pub number: String,
    pub label: String,
}

#[derive(Debug, Serialize)]
pub struct Item {
    /// What comes first, in bold; may be empty.
    pub label: String,
    pub text: String,
    /// The section that says more.
    pub section: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    /// As many cells as columns in each; the first one names the row.
    pub rows: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub struct Column {
    pub name: String,
    pub is_number: bool,
}

/// A picture with its numbers.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub title: String,
    /// What is to be seen, also for those who do not see it.
    pub text: String,
    /// None where no number is known; the table says why.
    pub picture: Option<Picture>,
    /// What the colours are, where there are several.
    pub legend: Vec<Key>,
    /// What else is to be known, below the picture.
    pub notes: Vec<String>,
    pub table: Table,
}

/// A colour and what it stands for.
#[derive(Debug, Serialize)]
pub struct Key {
    pub name: String,
    /// The number of the series' colour, from 1.
    pub series: usize,
}

/// A pair with its texts.
#[derive(Debug, Serialize)]
pub struct DisputeView {
    pub title: String,
    pub text: String,
    pub messages: Vec<Speech>,
    pub responses: Vec<Speech>,
    pub opinions: Table,
}

/// A text and whose it is.
#[derive(Debug, Serialize)]
pub struct Speech {
    pub who: String,
    pub text: String,
    /// How many of its characters are left out at the end.
    pub left_out: usize,
}

impl Table {
    /// A table whose first column holds names and whose others hold numbers.
    pub fn of_numbers<const N: usize>(caption: impl Into<String>, columns: [&str; N]) -> Self {
        Self::new(caption, columns, N)
    }

    /// A table of words.
    pub fn of_words<const N: usize>(caption: impl Into<String>, columns: [&str; N]) -> Self {
        Self::new(caption, columns, 1)
    }

    /// A table of which the columns from the second up to `n_numbers` hold numbers.
    pub fn new<const N: usize>(caption: impl Into<String>, columns: [&str; N], n_numbers: usize) -> Self {
        let column = |(place, name): (usize, &str)| Column {
            name: name.to_owned(),
            is_number: place > 0 && place < n_numbers,
        };
        Self {
            caption: caption.into(),
            columns: columns.into_iter().enumerate().map(column).collect(),
            rows: Vec::new(),
        }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl Block {
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading { text: text.into() }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    pub fn cannot_tell(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::CannotTell { what: what.into(), reason: reason.into() }
    }

    pub fn missing(reason: impl Into<String>, command: impl Into<String>) -> Self {
        Self::Missing { reason: reason.into(), command: Some(command.into()) }
    }

    /// Nothing, and no command would change that.
    pub fn nothing(reason: impl Into<String>) -> Self {
        Self::Missing { reason: reason.into(), command: None }
    }
}

impl Key {
    /// The series at these places that there are, with the colours of their places.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>, is_there: impl Fn(usize) -> bool) -> Vec<Self> {
        let all = names.into_iter().enumerate().filter(|(place, _)| is_there(*place));
        all.map(|(place, name)| Self { name: name.to_owned(), series: place + 1 }).collect()
    }
}

impl Fact {
    pub fn new(number: impl Into<String>, label: impl Into<String>) -> Self {
        Self { number: number.into(), label: label.into() }
    }

    /// A number of things, with the name of one or of many.
    pub fn counted(number: usize, one: &str, many: &str) -> Self {
        Self::new(count(number), if number == 1 { one } else { many })
    }
}

impl Item {
    pub fn new(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self { label: label.into(), text: text.into(), section: None }
    }

    pub fn leading_to(self, section: &'static str) -> Self {
        Self { section: Some(section), ..self }
    }
}
