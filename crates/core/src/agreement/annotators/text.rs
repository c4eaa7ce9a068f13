//! The report as a person reads it.

use super::AnnotatorReport;
use crate::judge::card::page::{Page, plural};
use crate::schema::printable;
use std::fmt;

/// The most annotators whose numbers are told one by one.
const MOST_ROWS: usize = 30;

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
        page.paragraph(
            "Nobody is dropped: these are questions, and votes count until a person decides otherwise.",
        );
        self.numbers(&mut page);
        f.write_str(page.text())
    }
}

impl AnnotatorReport {
    fn numbers(&self, page: &mut Page) {
        page.heading("Annotators");
        page.row("", "votes", "gold, repeats, first, others, right and reading by all votes, words a minute");
        for facts in self.annotators.iter().take(MOST_ROWS) {
            let share =
                |value: Option<f64>| value.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share));
            let numbers = [
                share(facts.gold.value().map(|gold| gold.mean)),
                share(facts.repeats.value().map(|repeats| repeats.share)),
                share(facts.first.value().map(|first| first.share.share)),
                share(facts.others.value().map(|others| others.share)),
                share(facts.right.value().copied()),
                share(facts.reading.value().map(|reading| reading.skill)),
                facts.speed.value().map_or("-".to_owned(), |speed| format!("{:.0}", speed.words_per_minute)),
            ];
            page.row(&printable(&facts.id), &facts.votes.to_string(), &numbers.join(", "));
        }
        let more = self.annotators.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            page.paragraph(&format!("and {} more", plural(more, "annotator")));
        }
    }
}
