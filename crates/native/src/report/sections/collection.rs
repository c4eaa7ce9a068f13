//! What there is, from whom and from when.

use crate::report::chart::{columns, dots, Dot, Scale, SERIES};
use crate::report::material::{Material, Unreadable};
use crate::report::page::{Block, Figure, Item, Key, Section, Table};
use crate::report::words::{capitalised, kind, period};
use crate::terminal::{count, plural};
use tiebreak_core::merge::{Concern, Tally};
use tiebreak_core::report::{Collection, VerdictCount};
use tiebreak_core::statistics::Share;

const KINDS: [&str; 4] = ["people", "experts", "judges", "judges of revisions"];

pub fn section(material: &Material) -> Section {
    let collection = &material.collection;
    let mut blocks = vec![Block::text(what(collection)), Block::Table(kinds(collection))];
    blocks.push(match collection.months.is_empty() {
        false => Block::Figures { figures: vec![months(collection), verdicts_figure(collection)] },
        true => Block::nothing(
            "No vote has a time, so that nothing can be shown over time. The annotation page and the judges write times; imported votes have those of their field.",
        ),
    });
    if collection.months.is_empty() {
        blocks.push(Block::Table(verdicts(&collection.verdicts)));
    }
    blocks.push(Block::Folded(models(collection)));
    let left_out: Vec<Item> = unreadable(material).into_iter().chain(concerns(material)).collect();
    if !left_out.is_empty() {
        blocks.push(Block::heading("What could not be used as it is"));
        blocks.push(Block::List { items: left_out });
    }
    Section { id: "collection", title: "What was collected", blocks }
}

fn what(collection: &Collection) -> String {
    let mut text = format!(
        "{} to {} make {}. {} of them {} a vote, {} opinions of two annotators or more.",
        plural(collection.responses, "response"),
        plural(collection.prompts, "prompt"),
        plural(collection.pairs, "pair"),
        count(collection.voted_pairs as u64),
        if collection.voted_pairs == 1 { "has" } else { "have" },
        count(collection.compared_pairs as u64)
    );
    if let (Some(first), Some(last)) = (collection.first, collection.last) {
        text += &format!(" Votes were given {}.", period(first, last));
    }
    if collection.without_time > 0 {
        text += &format!(" {} no time that can be believed.", have(collection.without_time));
    }
    if collection.replaced > 0 {
        text += &format!(
            " {} replaced by a later one on the same showing of the pair, and {} nowhere below.",
            were(collection.replaced),
            if collection.replaced == 1 { "counts" } else { "count" }
        );
    }
    text
}

fn have(votes: usize) -> String {
    format!("{} {}", plural(votes, "vote"), if votes == 1 { "has" } else { "have" })
}

fn were(votes: usize) -> String {
    format!("{} {}", plural(votes, "vote"), if votes == 1 { "was" } else { "were" })
}

fn kinds(collection: &Collection) -> Table {
    let mut table = Table::of_numbers("Who voted", ["kind", "annotators", "votes"]);
    for own in &collection.kinds {
        table.row([kind(own.kind).to_owned(), count(own.annotators as u64), count(own.votes as u64)]);
    }
    table
}

fn months(collection: &Collection) -> Figure {
    let names: Vec<String> = collection.months.iter().map(|month| month.name.clone()).collect();
    let parts: Vec<[usize; 4]> = collection.months.iter().map(|month| month.votes).collect();
    let is_there = |kind: usize| parts.iter().any(|parts| parts[kind] > 0);
    let mut table =
        Table::of_numbers("votes by month", ["month", KINDS[0], KINDS[1], KINDS[2], KINDS[3], "together"]);
    for (name, votes) in names.iter().zip(&parts) {
        let [people, experts, judges, revisions] = votes.map(|n| count(n as u64));
        let all = count(votes.iter().sum::<usize>() as u64);
        table.row([name.clone(), people, experts, judges, revisions, all]);
    }
    Figure {
        title: "Votes by month".to_owned(),
        text: "How many votes were given in each month, by the kind of annotator.".to_owned(),
        picture: Some(columns(&names, &parts)),
        legend: Key::of(KINDS, is_there),
        notes: Vec::new(),
        table,
    }
}

/// What was said, as shares of each kind's votes.
fn verdicts_figure(collection: &Collection) -> Figure {
    let drawn: Vec<Dot> = collection.verdicts.iter().flat_map(told).collect();
    Figure {
        title: "What was said".to_owned(),
        text: "Of the votes of each kind of annotator, how many prefer a side, see a tie, find both bad, or give no opinion; with 95 % intervals.".to_owned(),
        picture: Some(dots(&drawn, Scale::Percent, None)),
        legend: Vec::new(),
        notes: Vec::new(),
        table: verdicts(&collection.verdicts),
    }
}

fn told(own: &VerdictCount) -> Vec<Dot> {
    let silent = own.skipped + own.flagged + own.unparsed;
    let sides: usize = own.sides.iter().sum();
    let all = sides + own.ties + own.both_bad + silent;
    let dot = |(name, n): (&str, usize)| {
        let share = Share::of(n, all)?;
        Some(Dot {
            name: format!("{}: {name}", kind(own.kind)),
            value: share.share,
            interval: Some((share.low, share.high)),
            ink: SERIES[own.kind as usize],
            n: None,
        })
    };
    [("a side", sides), ("a tie", own.ties), ("both bad", own.both_bad), ("no opinion", silent)]
        .into_iter()
        .filter_map(dot)
        .collect()
}

fn verdicts(verdicts: &[VerdictCount]) -> Table {
    let columns = [
        "kind",
        "slightly better",
        "clearly better",
        "much better",
        "tie",
        "both bad",
        "skipped",
        "flagged",
        "no verdict",
    ];
    let mut table = Table::of_numbers("what was said, in votes", columns);
    for own in verdicts {
        let [slightly, clearly, much] = own.sides.map(|n| count(n as u64));
        let [ties, both_bad, skipped, flagged, unparsed] =
            [own.ties, own.both_bad, own.skipped, own.flagged, own.unparsed].map(|n| count(n as u64));
        let name = kind(own.kind).to_owned();
        table.row([name, slightly, clearly, much, ties, both_bad, skipped, flagged, unparsed]);
    }
    table
}

fn models(collection: &Collection) -> Table {
    let mut table = Table::of_numbers("Which models wrote the responses", ["model", "responses"]);
    for model in &collection.models {
        let name = model.name.clone().unwrap_or_else(|| "not told by the samples".to_owned());
        table.row([name, count(model.responses as u64)]);
    }
    table
}

/// Such as `1 line of samples and 2 lines of votes`; none where every line was read.
pub(super) fn unreadable_lines(unreadable: Unreadable) -> Option<String> {
    let told: Vec<String> = [(unreadable.samples, "samples"), (unreadable.votes, "votes")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} of {what}", plural(n, "line")))
        .collect();
    (!told.is_empty()).then(|| told.join(" and "))
}

fn unreadable(material: &Material) -> Option<Item> {
    let lines = unreadable_lines(material.unreadable)?;
    Some(Item::new(
        "Not read:",
        format!("{lines}; `tiebreak report` names each with its file and what is wrong."),
    ))
}

fn concerns(material: &Material) -> Vec<Item> {
    let item = |(concern, tally): (&Concern, &Tally)| {
        let (what, advice) = concern.words();
        Item::new(format!("{}:", capitalised(what)), format!("{}; {advice}.", count(tally.count)))
    };
    material.concerns.iter().map(item).collect()
}
