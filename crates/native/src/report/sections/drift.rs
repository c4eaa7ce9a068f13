//! Whether the standard moves, with the tests, and curves of what they test.

use super::curves::figures;
use crate::report::material::{Material, Whose};
use crate::report::page::{Block, Section, Table};
use crate::report::words::{date, number, number_within};
use crate::terminal::{count, plural};
use tiebreak_core::drift::finding::{DriftReport, Kind, Test, TestResult};

/// The most annotators whose scores' moves are told.
const MOST_ANNOTATORS: usize = 30;

pub fn section(material: &Material) -> Section {
    let report = &material.drift.report;
    let mut blocks = vec![
        Block::Answer {
            label: format!("Does the standard move? {}", report.short_answer()),
            text: report.reason().to_owned(),
            more: vec![format!("Remedy: {}.", report.remedy())],
        },
        Block::text(basis(material)),
    ];
    if report.tests.is_empty() {
        blocks.push(Block::nothing(
            "Nothing could be tested; what was left out, and why, stands below. Tests need votes with times over more than a day.",
        ));
    } else {
        blocks.push(Block::Folded(tests(report)));
    }
    let curves = &material.drift.curves;
    blocks.push(Block::heading("What terms are worth, over time"));
    match &curves.no_terms {
        Some(reason) => blocks.push(Block::cannot_tell("Curves of terms", reason.clone())),
        None => {
            blocks.push(Block::text(
                "In nats of log-odds for the response that has more of it: above 0 it is preferred. Lengths and other numbers are scaled, so that 1 is a large difference. The band is the 95 % interval of each stretch alone; the tests below a picture are adjusted for everything that was tested.",
            ));
            blocks.push(Block::Figures { figures: figures(&curves.terms, report) });
        }
    }
    if !curves.answers.is_empty() {
        blocks.push(Block::heading("How good something has to be, over time"));
        blocks.push(Block::Figures { figures: figures(&curves.answers, report) });
    }
    blocks.push(Block::heading("Scores, over time"));
    blocks.push(scores(material));
    blocks.extend(severity(report).map(Block::Folded));
    if !report.left_out.is_empty() {
        blocks.push(Block::Folded(left_out(report)));
    }
    Section { id: "drift", title: "Drift", blocks }
}

fn basis(material: &Material) -> String {
    let counts = &material.drift.report.counts;
    let whose = match material.whose {
        Whose::People => "people's votes",
        Whose::Judges => "judges' votes, because no person voted",
    };
    let source = if material.drift.was_given {
        format!("The finding is that of the file given with --drift; the curves are computed from {whose}.")
    } else {
        format!("No finding was given with --drift: it was computed with the settings that `tiebreak drift` has by itself, from {whose}.")
    };
    format!(
        "{source} It rests on {} on {} by {} over {:.0} days, and on {}.",
        plural(counts.votes, "vote"),
        plural(counts.pairs, "pair"),
        plural(counts.annotators, "annotator"),
        counts.days,
        plural(counts.ratings, "rating")
    )
}

fn tests(report: &DriftReport) -> Table {
    let columns = [
        "question",
        "test",
        "of",
        "found",
        "adjusted p",
        "p alone",
        "change in 30 days",
        "seen from",
        "date",
        "on",
    ];
    let mut table = Table::of_words(format!("All {}", plural(report.tests.len(), "test")), columns);
    for result in &report.tests {
        let is_found = result.adjusted_p_value <= report.settings.alpha;
        table.row([
            question(result.test.kind()).to_owned(),
            result.test.name().to_owned(),
            about(result),
            if is_found { "yes" } else { "no" }.to_owned(),
            small(result.adjusted_p_value),
            small(result.p_value),
            result.per_30_days.map_or_else(dash, |change| number_within(change, 3)),
            result.smallest_detectable.map_or_else(dash, |change| number(change, 2)),
            result.at.map_or_else(dash, date),
            count(result.n as u64),
        ]);
    }
    table
}

/// What a test is of, and beside the one of anchors' lengths what Bowker's test says, which decides nothing.
fn about(result: &TestResult) -> String {
    match result.symmetry {
        Some(found) => format!("{}; symmetry alone, p {} (Bowker)", result.about, small(found.p_value)),
        None => result.about.clone(),
    }
}

fn dash() -> String {
    "–".to_owned()
}

fn small(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

fn question(kind: Kind) -> &'static str {
    match kind {
        Kind::Criteria => "what people like",
        Kind::Severity => "how good it has to be",
        Kind::Data => "what is compared",
    }
}

fn scores(material: &Material) -> Block {
    let curves = &material.drift.curves.scores;
    if !curves.is_empty() {
        return Block::Figures { figures: figures(curves, &material.drift.report) };
    }
    if material.n_ratings == 0 {
        return Block::missing(
            "No ratings were given with --ratings. A standard that rises for both responses of a pair shows in absolute scores alone.",
            "tiebreak judge --samples samples.jsonl --model model.gguf --template rubric --ratings ratings.jsonl --out votes.jsonl",
        );
    }
    Block::nothing("No criterion has 200 scores with times over more than a day, which a curve takes.")
}

/// Whose scores move for certain, the largest first.
fn severity(report: &DriftReport) -> Option<Table> {
    let mut moved: Vec<_> = report.severity.iter().filter(|own| !own.per_30_days.contains(0.0)).collect();
    moved.sort_by(|a, b| b.per_30_days.value.abs().total_cmp(&a.per_30_days.value.abs()));
    let columns = ["annotator", "criterion", "percent of the scale in 30 days"];
    let mut table = Table::of_words("Whose scores move", columns);
    for own in moved.into_iter().take(MOST_ANNOTATORS) {
        let [value, low, high] = [own.per_30_days.value, own.per_30_days.low, own.per_30_days.high]
            .map(|share| number(100.0 * share, 1));
        table.row([own.annotator.clone(), own.criterion.clone(), format!("{value} ({low} to {high})")]);
    }
    (!table.rows.is_empty()).then_some(table)
}

fn left_out(report: &DriftReport) -> Table {
    let mut table = Table::of_words("What could not be tested, and why", ["what", "why"]);
    for left_out in &report.left_out {
        table.row([left_out.what.clone(), left_out.reason.clone()]);
    }
    table
}

/// A test in a line below the picture of what it tests.
pub fn told(result: &TestResult, alpha: f64) -> String {
    let is_found = result.adjusted_p_value <= alpha;
    let mut text = format!("Test of {}: adjusted p {}", result.test.name(), small(result.adjusted_p_value));
    if let (Test::Trend, Some(change)) = (result.test, result.per_30_days) {
        text += &format!(", {} nats in 30 days", number_within(change, 3));
    }
    if let (true, Some(at)) = (is_found, result.at) {
        text += &format!(", pointing at {}", date(at));
    }
    text + if is_found { ": it moves." } else { ": no move shown." }
}
