//! Whether what stands first, and what is longer, is preferred.

use crate::report::chart::{dots, Dot, Ink, Scale};
use crate::report::material::Material;
use crate::report::page::{Block, Figure, Section, Table};
use crate::report::words::{capitalised, measured, share};
use crate::terminal::count;
use tiebreak_core::report::{Inclination, LengthStep, Measure, Who};
use tiebreak_core::statistics::Share;

pub fn section(material: &Material) -> Section {
    let all = &material.inclinations;
    let mut blocks = vec![Block::text(format!(
        "{} That longer responses are preferred more often is no fault by itself: they may be better. A judge is biased where it differs from people. For one that was asked in both orders no side stands first, and its card tells what the order is worth to it. Intervals hold 95 %; pairs of one prompt are taken to hang together.",
        order(all)
    ))];
    let first = figure(all, "What stood first", "what stood first", |own| &own.first);
    let longer = figure(
        all,
        "What is longer",
        "the longer response, where lengths differ by more than 30 characters,",
        |own| &own.longer,
    );
    blocks.push(Block::Figures { figures: vec![first, longer] });
    blocks.push(Block::Folded(steps(all)));
    Section { id: "inclinations", title: "Position and length", blocks }
}

/// What can be said of the order of sides, which only some votes tell.
fn order(all: &[Inclination]) -> &'static str {
    if all.iter().any(|own| own.first.value().is_some()) {
        "Where sides were drawn at random, as a study does, what stands first should be preferred half of the time."
    } else {
        "No vote that takes a side tells which response stood first, so that nothing is known of the order."
    }
}

fn name(who: &Who) -> String {
    match who {
        Who::People => "people".to_owned(),
        Who::Judge(id) => id.clone(),
    }
}

fn figure(
    all: &[Inclination],
    title: &str,
    what: &str,
    of: impl Fn(&Inclination) -> &Measure<Share>,
) -> Figure {
    let mut table =
        Table::of_words(format!("how often {what} is preferred"), ["whose votes", "preferred", "of votes"]);
    let mut drawn = Vec::new();
    for own in all {
        let found = of(own);
        let total = found.value().map_or_else(|| "0".to_owned(), |found| count(found.total as u64));
        table.row([name(&own.who), measured(found, share), total]);
        if let Measure::Value(found) = found {
            let ink = if own.who == Who::People { Ink::First } else { Ink::Third };
            let interval = Some((found.low, found.high));
            drawn.push(Dot { name: name(&own.who), value: found.share, interval, ink, n: None });
        }
    }
    let unknown = all.len() - drawn.len();
    Figure {
        title: title.to_owned(),
        text: capitalised(&format!("how often {what} is preferred; the line is one half.")),
        picture: (!drawn.is_empty()).then(|| dots(&drawn, Scale::Percent, Some(0.5))),
        legend: Vec::new(),
        notes: (unknown > 0)
            .then(|| format!("{unknown} cannot be told; the table says why."))
            .into_iter()
            .collect(),
        table,
    }
}

fn steps(all: &[Inclination]) -> Table {
    let columns = ["whose votes", "31 to 100 characters longer", "101 to 300", "more than 300"];
    let mut table =
        Table::of_words("How often the longer one is preferred, by how much longer it is", columns);
    for own in all {
        let cell = |place: usize| {
            own.by_step.get(place).map_or_else(String::new, |step: &LengthStep| measured(&step.longer, share))
        };
        table.row([name(&own.who), cell(0), cell(1), cell(2)]);
    }
    table
}
