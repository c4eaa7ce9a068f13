//! The report as a person reads it.

use super::{AnnotatorFacts, AnnotatorReport};
use crate::report::Page;
use crate::schema::printable;
use std::fmt;

/// The most annotators whose numbers are told one by one.
const MOST_ROWS: usize = 30;
/// Columns of a name.
const NAME: usize = 22;
/// Columns of each number.
const WIDTHS: [usize; 9] = [7, 6, 6, 6, 7, 6, 6, 6, 6];

impl fmt::Display for AnnotatorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page::new();
        page.heading("Who should be asked about, and why");
        if self.ask.is_empty() {
            page.paragraph("Nobody.");
        }
        for asked in &self.ask {
            let suspend = if asked.suggests_suspension { ": suspend until it is clear" } else { "" };
            page.paragraph(&format!("{}{suspend}", printable(&asked.annotator)));
            asked.reasons.iter().for_each(|reason| page.example(&reason.words));
        }
        if !self.ask.is_empty() {
            page.paragraph(
                "Nobody is dropped: these are questions, and votes count until a person decides otherwise.",
            );
        }
        self.numbers(&mut page);
        f.write_str(page.text())
    }
}

impl AnnotatorReport {
    fn numbers(&self, page: &mut Page) {
        page.heading("Annotators");
        page.paragraph("gold: accuracy on known verdicts (posterior mean); again: same answer to a pair shown again; first: what stood first was preferred; others: with most of the others; right, coin and reads: estimated from all votes together (Dawid-Skene, the same with one error rate for all answers, noisy Bradley-Terry); words a minute.");
        let names = ["votes", "gold", "again", "first", "others", "right", "coin", "reads", "words"];
        page.line(&columns("", names.map(str::to_owned)));
        for facts in self.annotators.iter().take(MOST_ROWS) {
            page.line(&columns(&shortened(&facts.id), cells(facts)));
        }
        let more = self.annotators.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            page.paragraph(&format!("and {more} more"));
        }
    }
}

fn cells(facts: &AnnotatorFacts) -> [String; 9] {
    let share = |value: Option<f64>| value.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let speed = facts.speed.value().map(|speed| format!("{:.0}", speed.words_per_minute));
    [
        facts.votes.to_string(),
        share(facts.gold.value().map(|gold| gold.mean)),
        share(facts.repeats.value().map(|repeats| repeats.share)),
        share(facts.first.value().map(|first| first.share.share)),
        share(facts.others.value().map(|others| others.share)),
        share(facts.right.value().copied()),
        share(facts.one_coin.value().copied()),
        share(facts.reading.value().map(|reading| reading.skill)),
        speed.unwrap_or("-".to_owned()),
    ]
}

fn columns(name: &str, cells: [String; 9]) -> String {
    let cells: String = cells.iter().zip(WIDTHS).map(|(cell, width)| format!("{cell:>width$}")).collect();
    format!("{name:<NAME$}{cells}")
}

/// A name that fits its column, its end replaced by a mark where it does not.
fn shortened(name: &str) -> String {
    let name = printable(name);
    if name.chars().count() < NAME {
        return name;
    }
    name.chars().take(NAME - 2).chain(['…']).collect()
}
