//! What votes weigh by their age, and the evidence for it.

use crate::report::chart::weights as weights_picture;
use crate::report::material::{Material, WeightSource};
use crate::report::page::{Block, Figure, Section, Table};
use crate::report::words::{capitalised, counted, date, number, number_within};
use crate::terminal::count;
use tiebreak_core::drift::weights::{Choice, GroupKind};
use tiebreak_core::report::WeightAges;

const COMMAND: &str = "tiebreak drift --samples samples.jsonl --votes votes.jsonl --weights weights.jsonl";

pub fn section(material: &Material) -> Section {
    let report = &material.drift.report;
    let mut blocks = Vec::new();
    match &report.weights {
        Some(choice) => blocks.push(Block::Answer {
            label: capitalised(&format!("{}.", choice.decay)),
            text: choice.reason.clone(),
            more: Vec::new(),
        }),
        None => {
            let reason = report.left_out.iter().find(|left_out| left_out.what == "weights");
            let reason = reason.map_or("no decay was chosen: all count alike", |left_out| &left_out.reason);
            blocks.push(Block::cannot_tell("What old votes are worth", reason));
        }
    }
    match &material.weights {
        Some((ages, source)) => {
            blocks.push(Block::text(basis(ages, *source)));
            if ages.bins.is_empty() {
                blocks.push(Block::nothing("No vote has an age, so that nothing can be shown by age."));
            } else {
                blocks.push(Block::Figures { figures: vec![by_age(ages)] });
            }
        }
        None => blocks.push(Block::missing(
            "No weights were given with --weights, and no decay is proved: every vote weighs 1.",
            COMMAND,
        )),
    }
    blocks.extend(report.weights.as_ref().and_then(candidates).map(Block::Folded));
    blocks.extend(groups(material).map(Block::Folded));
    Section { id: "weights", title: "What old votes weigh", blocks }
}

fn basis(ages: &WeightAges, source: WeightSource) -> String {
    let source = match source {
        WeightSource::Given => "The weights are those given with --weights",
        WeightSource::Drift => "The weights follow from the finding on drift",
    };
    let from =
        ages.reference_time.map_or(String::new(), |time| format!("; ages count back from {}", date(time)));
    let without = match ages.without_age {
        0 => String::new(),
        n => format!(" {} no time, and so no age.", have(n)),
    };
    format!(
        "{source}{from}. {} as much as {:.0} of weight 1.{without}",
        counted(ages.votes, "vote with a weight tells", "votes with a weight tell"),
        ages.kish_size
    )
}

fn have(votes: usize) -> String {
    format!("{} of them {}", count(votes as u64), if votes == 1 { "has" } else { "have" })
}

fn by_age(ages: &WeightAges) -> Figure {
    let columns = ["age in days", "votes", "mean weight", "lowest", "highest"];
    let mut table = Table::of_numbers("weights by age", columns);
    for bin in &ages.bins {
        table.row([
            format!("{} to {}", bin.from_days, bin.to_days),
            count(bin.votes as u64),
            number(bin.mean, 3),
            number(bin.low, 3),
            number(bin.high, 3),
        ]);
    }
    Figure {
        title: "Weight by age".to_owned(),
        text: "The mean weight of votes by their age in days; where votes of one age weigh differently, a thin line goes from the lowest weight to the highest."
            .to_owned(),
        picture: Some(weights_picture(&ages.bins)),
        legend: Vec::new(),
        notes: Vec::new(),
        table,
    }
}

/// What each decay lost on later votes.
fn candidates(choice: &Choice) -> Option<Table> {
    let columns = ["decay", "loss in nats", "worse than the best by", "standard error", "votes are worth"];
    let mut table = Table::of_numbers("How well each decay foretells later votes", columns);
    for candidate in &choice.candidates {
        table.row([
            candidate.decay.to_string(),
            number(candidate.loss, 4),
            number(candidate.worse_by, 4),
            number(candidate.standard_error, 4),
            format!("{:.0}", candidate.kish_size),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Decays of annotators and categories.
fn groups(material: &Material) -> Option<Table> {
    let columns = ["group", "of", "decay", "gain in nats a vote", "votes"];
    let mut table = Table::of_words("Decays of annotators and categories", columns);
    for group in &material.drift.report.group_weights {
        let kind = match group.kind {
            GroupKind::Annotator => "annotator",
            GroupKind::Category => "category",
        };
        table.row([
            group.name.clone(),
            kind.to_owned(),
            group.choice.decay.to_string(),
            group.choice.gain.map_or_else(|| "none was selected".to_owned(), |gain| number_within(gain, 4)),
            count(group.choice.votes as u64),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}
