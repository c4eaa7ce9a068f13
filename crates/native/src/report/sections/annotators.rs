//! How each annotator works, and who should be asked about it.

use crate::report::chart::{dots, Dot, Scale, SERIES};
use crate::report::material::Material;
use crate::report::page::{Block, Figure, Item, Key, Section, Table};
use crate::report::words::{kind, measured_or_dash, one_kind, percent, share};
use crate::terminal::{count, plural};
use std::collections::BTreeSet;
use tiebreak_core::agreement::{AnnotatorFacts, AnnotatorReport};
use tiebreak_core::schema::AnnotatorKind;

/// The most annotators who are told with what was seen.
const MOST_ASKED: usize = 20;
/// The most annotators in the table.
const MOST_ROWS: usize = 100;
/// In the order of their colours.
const KINDS: [AnnotatorKind; 4] =
    [AnnotatorKind::Human, AnnotatorKind::Expert, AnnotatorKind::Judge, AnnotatorKind::Constitution];
/// A longer table is opened on demand.
const MOST_OPEN_ROWS: usize = 30;
/// The most annotators in the picture.
const MOST_DOTS: usize = 30;

pub fn section(material: &Material) -> Section {
    let report = &material.document.annotators;
    let shown = shown(report);
    let mut blocks = vec![Block::heading("Who should be asked about, and why")];
    if report.ask.is_empty() {
        blocks.push(Block::text("Nobody: no measure of any annotator stands out."));
    } else {
        blocks.push(Block::List { items: asked(report) });
        blocks.push(Block::text(not_dropped(report)));
    }
    blocks.push(Block::heading("How each works"));
    blocks.push(Block::text(
        "Gold: accuracy on pairs with a known verdict, the posterior's mean. Again: the same answer to a pair that was shown again. First: what stood first was preferred, one half where the order says nothing. Others: the answer is that of most others on the pair. Right, one coin and reads: the probabilities of being right, by an error rate for each answer and by one for all, and of choosing by the responses, estimated from all votes together by Dawid-Skene and by noisy Bradley-Terry. A dash: there was nothing to measure it by.",
    ));
    let table = table(&shown);
    blocks.push(if shown.len() > MOST_OPEN_ROWS { Block::Folded(table) } else { Block::Table(table) });
    let more = report.annotators.len().saturating_sub(shown.len());
    if more > 0 {
        blocks.push(Block::text(format!(
            "{} more are not shown: those who should be asked about stand here, and then those with the most votes. `tiebreak agreement --out agreement.json` writes all.",
            count(more as u64)
        )));
    }
    blocks.extend(others(&shown).map(|figure| Block::Figures { figures: vec![figure] }));
    Section { id: "annotators", title: "Annotators", blocks }
}

/// Those to be asked about, and then those with the most votes.
fn shown(report: &AnnotatorReport) -> Vec<&AnnotatorFacts> {
    let ask: BTreeSet<&str> = report.ask.iter().map(|asked| asked.annotator.as_str()).collect();
    let mut all: Vec<&AnnotatorFacts> = report.annotators.iter().collect();
    all.sort_by_key(|facts| (!ask.contains(facts.id.as_str()), std::cmp::Reverse(facts.votes)));
    all.truncate(MOST_ROWS);
    all.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    all
}

fn not_dropped(report: &AnnotatorReport) -> String {
    let more = match report.ask.len().saturating_sub(MOST_ASKED) {
        0 => String::new(),
        n => format!("{} more should be asked about; `tiebreak agreement` names them. ", count(n as u64)),
    };
    format!("{more}Nobody is dropped: these are questions, and votes count until a person decides otherwise.")
}

fn asked(report: &AnnotatorReport) -> Vec<Item> {
    let item = |asked: &tiebreak_core::agreement::Asked| {
        let suspend = if asked.suggests_suspension { " Suspend until it is clear." } else { "" };
        let reasons: Vec<&str> = asked.reasons.iter().map(|reason| reason.words.as_str()).collect();
        Item::new(format!("{}:", asked.annotator), format!("{}.{suspend}", reasons.join("; ")))
    };
    report.ask.iter().take(MOST_ASKED).map(item).collect()
}

fn table(all: &[&AnnotatorFacts]) -> Table {
    let columns = [
        "annotator",
        "votes",
        "gold",
        "again",
        "first",
        "others",
        "right",
        "one coin",
        "reads",
        "words a minute",
        "kind",
    ];
    let mut table = Table::new("What is known of each annotator", columns, 10);
    for facts in all {
        table.row([
            facts.id.clone(),
            count(facts.votes as u64),
            measured_or_dash(&facts.gold, |gold| percent(gold.mean)),
            measured_or_dash(&facts.repeats, |repeats| percent(repeats.share)),
            measured_or_dash(&facts.first, |first| percent(first.share.share)),
            measured_or_dash(&facts.others, |others| percent(others.share)),
            measured_or_dash(&facts.right, |right| percent(*right)),
            measured_or_dash(&facts.one_coin, |right| percent(*right)),
            measured_or_dash(&facts.reading, |reading| percent(reading.skill)),
            measured_or_dash(&facts.speed, |speed| format!("{:.0}", speed.words_per_minute)),
            one_kind(facts.kind).to_owned(),
        ]);
    }
    table
}

/// How often each gives the answer of most others; none where nobody can be compared.
fn others(all: &[&AnnotatorFacts]) -> Option<Figure> {
    let known: Vec<_> = all.iter().filter_map(|facts| Some((facts, facts.others.value()?))).collect();
    let mut table =
        Table::of_words("agreement with most others", ["annotator", "with most others", "of pairs"]);
    let mut drawn = Vec::new();
    for (facts, found) in &known {
        table.row([facts.id.clone(), share(found), count(found.total as u64)]);
        let interval = Some((found.low, found.high));
        drawn.push(Dot {
            name: facts.id.clone(),
            value: found.share,
            interval,
            ink: SERIES[facts.kind as usize],
        });
    }
    let left_out = drawn.len().saturating_sub(MOST_DOTS);
    drawn.truncate(MOST_DOTS);
    let is_there = |kind: usize| known.iter().any(|(facts, _)| facts.kind as usize == kind);
    let notes = (left_out > 0).then(|| format!("{} more stand in the table.", plural(left_out, "annotator")));
    (!drawn.is_empty()).then(|| Figure {
        title: "With most of the others".to_owned(),
        text: "How often an annotator's answer is that of most others on the pair, with its 95 % interval."
            .to_owned(),
        picture: Some(dots(&drawn, Scale::Percent, None)),
        legend: Key::of(KINDS.map(kind), is_there),
        notes: notes.into_iter().collect(),
        table,
    })
}
