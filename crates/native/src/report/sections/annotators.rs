//! How each annotator works, and who should be asked about it.

use crate::report::chart::{dots, Dot, Scale, SERIES};
use crate::report::material::Material;
use crate::report::page::{Block, Figure, Item, Key, Section, Table};
use crate::report::words::{counted, kind, measured_or_dash, one_kind, percent, share};
use crate::terminal::count;
use std::collections::BTreeSet;
use tiebreak_core::agreement::{AnnotatorFacts, AnnotatorReport};
use tiebreak_core::schema::AnnotatorKind;

/// A share of fewer answers is not told: of a single one it is 0 or 100 %.
const LEAST_ANSWERS: usize = 10;
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
    let report = &material.annotators;
    let shown = shown(report);
    let mut blocks = vec![Block::heading("Who should be asked about, and why")];
    if report.ask.is_empty() {
        blocks.push(Block::text("Nobody: no measure of any annotator stands out."));
    } else {
        blocks.push(Block::List { items: asked(report) });
        blocks.push(Block::text(not_dropped(report)));
    }
    blocks.push(Block::heading("How each works"));
    blocks.push(Block::text(format!(
        "Gold: accuracy on pairs with a known verdict, the posterior's mean. Again: the same answer to a pair that was shown again. First: what stood first was preferred, one half where the order says nothing. Others: the answer is that of most others on the pair. Right, one coin and reads: the probabilities of being right, by an error rate for each answer and by one for all, and of choosing by the responses, estimated from all votes together by Dawid-Skene and by noisy Bradley-Terry. A dash: there was nothing to measure it by. Few: only so many answers, and a share takes {LEAST_ANSWERS}.",
    )));
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
            measured_or_dash(&facts.repeats, |repeats| of_enough(repeats.share, repeats.total)),
            measured_or_dash(&facts.first, |first| of_enough(first.share.share, first.share.total)),
            measured_or_dash(&facts.others, |others| of_enough(others.share, others.total)),
            measured_or_dash(&facts.right, |right| percent(*right)),
            measured_or_dash(&facts.one_coin, |right| percent(*right)),
            measured_or_dash(&facts.reading, |reading| of_enough(reading.skill, sides(facts))),
            measured_or_dash(&facts.speed, |speed| format!("{:.0}", speed.words_per_minute)),
            one_kind(facts.kind).to_owned(),
        ]);
    }
    table
}

/// A share, or how few answers there are for one.
fn of_enough(share: f64, n_answers: usize) -> String {
    if n_answers < LEAST_ANSWERS {
        return format!("few: {n_answers}");
    }
    percent(share)
}

/// How many choices of a side tell what stood first.
fn sides(facts: &AnnotatorFacts) -> usize {
    facts.first.value().map_or(0, |first| first.share.total)
}

/// How often each gives the answer of most others; none where nobody can be compared.
fn others(all: &[&AnnotatorFacts]) -> Option<Figure> {
    let known: Vec<_> = all.iter().filter_map(|facts| Some((facts, facts.others.value()?))).collect();
    let mut table =
        Table::of_words("agreement with most others", ["annotator", "with most others", "of pairs"]);
    let mut drawn = Vec::new();
    for (facts, found) in &known {
        let is_enough = found.total >= LEAST_ANSWERS;
        let told = if is_enough { share(found) } else { of_enough(found.share, found.total) };
        table.row([facts.id.clone(), told, count(found.total as u64)]);
        drawn.extend(is_enough.then(|| Dot {
            name: facts.id.clone(),
            value: found.share,
            interval: Some((found.low, found.high)),
            ink: SERIES[facts.kind as usize],
            n: None,
        }));
    }
    drawn.truncate(MOST_DOTS);
    let left_out = known.len() - drawn.len();
    let is_there = |kind: usize| known.iter().any(|(facts, _)| facts.kind as usize == kind);
    let notes = (left_out > 0)
        .then(|| format!("{} in the table alone.", counted(left_out, "annotator is", "annotators are")));
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
