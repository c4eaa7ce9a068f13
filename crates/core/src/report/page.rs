//! How a report is laid out: 80 columns, headings at the margin, labels, numbers and notes below each other.

use super::measure::Measure;
use crate::statistics::{Estimate, Share};

const WIDTH: usize = 80;
/// Columns of a row's label, its indent included.
const LABEL: usize = 34;
/// Columns of a row's number.
const NUMBER: usize = 10;

/// What a number is in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Share,
    Points,
    Nats,
    Plain,
}

impl Unit {
    fn number(self, value: f64) -> String {
        match self {
            Self::Share => format!("{:.1}", 100.0 * value),
            Self::Points => format!("{:+.1}", 100.0 * value),
            Self::Nats => format!("{value:+.3}"),
            Self::Plain => format!("{value:.3}"),
        }
    }

    /// What follows a number.
    fn name(self) -> &'static str {
        match self {
            Self::Share => " %",
            Self::Plain => "",
            Self::Points => " points",
            Self::Nats => " nats",
        }
    }
}

/// Text that grows downwards, headings at the margin and everything else under an indent.
pub(crate) struct Page(String);

impl Page {
    pub fn new() -> Self {
        Self(String::new())
    }

    /// All of it, without a line end.
    pub fn text(&self) -> &str {
        self.0.trim_end()
    }

    pub fn heading(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Words under an indent, broken between them.
    pub fn paragraph(&mut self, text: &str) {
        self.wrapped("  ", "  ", text);
    }

    /// A line of a list, broken between words where it is too long.
    pub fn example(&mut self, text: &str) {
        self.wrapped("    - ", "      ", text);
    }

    /// A line of a table, as it is.
    pub fn line(&mut self, text: &str) {
        self.0.push_str("  ");
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    /// A label, a number, and what is to be known of it.
    pub fn row(&mut self, label: &str, number: &str, note: &str) {
        let first = format!("  {label:<width$}{number:>NUMBER$}  ", width = LABEL - 2);
        self.wrapped(&first, &" ".repeat(LABEL + NUMBER + 2), note);
    }

    /// A label, and words beside it.
    pub fn named(&mut self, label: &str, text: &str) {
        let first = format!("  {label:<width$} ", width = LABEL - 3);
        self.wrapped(&first, &" ".repeat(LABEL), text);
    }

    pub fn cannot_tell(&mut self, label: &str, reason: &str) {
        let first =
            if label.is_empty() { "  ".to_owned() } else { format!("  {label:<width$}", width = LABEL - 2) };
        let indent = " ".repeat(first.len());
        self.wrapped(&first, &indent, &format!("cannot tell: {reason}"));
    }

    pub fn share(&mut self, label: &str, measured: &Measure<Share>, more: &str) {
        match measured {
            Measure::Value(share) => {
                let (low, high) = (100.0 * share.low, 100.0 * share.high);
                let note = format!("{low:.1} to {high:.1} %, {} of {}{more}", share.count, share.total);
                self.row(label, &percent(share.share), &note);
            }
            Measure::CannotTell(reason) => self.cannot_tell(label, reason),
        }
    }

    pub fn estimate(&mut self, label: &str, found: Estimate, unit: Unit, more: &str) {
        let mut note = format!("{} to {}{}", unit.number(found.low), unit.number(found.high), unit.name());
        if !more.is_empty() {
            note += &format!(", {more}");
        }
        let number = match unit {
            Unit::Share => percent(found.value),
            unit => unit.number(found.value),
        };
        self.row(label, &number, &note);
    }

    pub fn measured<T>(
        &mut self,
        label: &str,
        measured: &Measure<T>,
        unit: Unit,
        of: impl Fn(&T) -> (Estimate, String),
    ) {
        match measured {
            Measure::Value(found) => {
                let (estimate, more) = of(found);
                self.estimate(label, estimate, unit, &more);
            }
            Measure::CannotTell(reason) => self.cannot_tell(label, reason),
        }
    }

    fn wrapped(&mut self, first: &str, indent: &str, text: &str) {
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.0.push_str(line.trim_end());
                self.0.push('\n');
                line = indent.to_owned();
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }
}

pub(crate) fn plural(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The first letter large.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// `p = 0.031`, or `p < 0.001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// `61.3 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
