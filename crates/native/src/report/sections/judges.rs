//! What each judge may be used for, and whether its probabilities come true.

use crate::report::chart::reliability;
use crate::report::material::{Material, Whose};
use crate::report::page::{Block, Column, Figure, Section, Table};
use crate::report::words::{measured, number, number_within, p_value, percent, share};
use crate::terminal::count;
use tiebreak_core::judge::card::{Calibration, Card, Scores};
use tiebreak_core::report::Measure;

const COMMAND: &str = "tiebreak calibrate --samples samples.jsonl --votes votes.jsonl --out card.json";

pub fn section(material: &Material) -> Section {
    let mut blocks = Vec::new();
    if material.cards.is_empty() {
        blocks.push(missing(material));
    } else {
        blocks.push(Block::text(
            "Each card compares a judge with its reference on the votes that it was measured on, which may be others than these. The reference is whoever answers for being right: people, experts, or answers that are known because one of two responses was made worse.",
        ));
    }
    for card in &material.cards {
        blocks.push(Block::Answer {
            label: format!("{}: may it label? {}", card.judge, card.short_answer()),
            text: card.advice.reason.clone(),
            more: Vec::new(),
        });
    }
    if !material.cards.is_empty() {
        blocks.push(Block::Table(measures(&material.cards)));
        blocks.push(Block::heading("Do probabilities come true?"));
    }
    let mut figures = Vec::new();
    for card in &material.cards {
        match &card.calibration {
            Measure::Value(found) if !found.bins.is_empty() => figures.push(diagram(card, found)),
            Measure::Value(_) => {}
            Measure::CannotTell(reason) => {
                blocks.push(Block::cannot_tell(format!("Reliability of {}", card.judge), reason.clone()));
            }
        }
    }
    if !figures.is_empty() {
        blocks.push(Block::Figures { figures });
    }
    Section { id: "judges", title: "Judges", blocks }
}

fn missing(material: &Material) -> Block {
    let has_judges = material.collection.kinds.iter().any(|own| !own.kind.is_person());
    let has_people = material.whose == Whose::People;
    match (has_judges, has_people) {
        (false, _) => Block::missing(
            "No judge voted on these pairs, and no card was given with --card.",
            "tiebreak judge --model builtin --samples samples.jsonl --out votes.jsonl",
        ),
        (true, true) => Block::missing(
            "No card was given with --card. A card says how far people and the judge agree, and whether its probabilities come true.",
            COMMAND,
        ),
        (true, false) => Block::missing(
            "No card was given with --card, and no person voted, by whom a judge could be measured. First collect people's votes, then measure.",
            COMMAND,
        ),
    }
}

/// A row a measure, and a column a judge.
fn measures(cards: &[Card]) -> Table {
    let mut table = Table::of_words("Measures of each judge, with 95 % intervals", ["measure"]);
    for card in cards {
        table.columns.push(Column { name: card.judge.clone(), is_number: false });
    }
    let names = Names::of(cards);
    for (name, of) in MEASURES {
        table.rows.push([names.written(name)].into_iter().chain(cards.iter().map(of)).collect());
    }
    table
}

/// What references are called in the names of rows: by their own name where it is one for all cards.
struct Names {
    name: &'static str,
    possessive: &'static str,
    majority: String,
}

impl Names {
    fn of(cards: &[Card]) -> Self {
        let mut references = cards.iter().map(Card::reference);
        match references.next() {
            Some(first) if references.all(|other| other == first) => {
                Self { name: first.name(), possessive: first.possessive(), majority: first.majority() }
            }
            _ => Self {
                name: "the reference",
                possessive: "the reference's",
                majority: "the reference".to_owned(),
            },
        }
    }

    fn written(&self, row: &str) -> String {
        row.replace("{majority}", &self.majority)
            .replace("{possessive}", self.possessive)
            .replace("{name}", self.name)
    }
}

/// What a row says of a card; its name holds a place for that of the reference.
type Of = fn(&Card) -> String;

const MEASURES: [(&str, Of); 20] = [
    ("reference", |card| card.reference().name().to_owned()),
    ("pairs with a side of both", |card| count(card.counts.compared as u64)),
    ("right by {majority}", |card| measured(&card.accuracy, share)),
    ("the longer response, on the same", |card| measured(&card.baselines, |found| share(&found.longest))),
    ("kappa with {majority}", |card| {
        measured(&card.concordance, |found| {
            found
                .kappa
                .map_or_else(|| "cannot tell: answers do not vary".to_owned(), |kappa| number(kappa, 3))
        })
    }),
    ("the same in both orders", |card| measured(&card.position.consistency, share)),
    ("prefers what stands first", |card| measured(&card.position.judge_first, share)),
    ("worth of standing first, nats", |card| {
        measured(&card.position.bias_nats, |found| number_within(*found, 3))
    }),
    ("prefers the longer response", |card| measured(&card.length.judge_longer, share)),
    ("{name} do", |card| measured(&card.length.people_longer, share)),
    ("worth of length minus {possessive}, nats", |card| {
        measured(&card.length.coefficient, |found| number_within(found.difference, 3))
    }),
    ("own family minus {possessive}, nats", |card| {
        measured(&card.self_preference, |found| number_within(found.difference, 3))
    }),
    ("no verdict that can be read", |card| measured(&card.unparsed, share)),
    ("keeps verdicts from this confidence on", |card| {
        measured(&card.escalation.threshold, |found| percent(*found))
    }),
    ("and so keeps of its verdicts", |card| measured(&card.escalation.kept, share)),
    ("log loss, as it is and calibrated", |card| both(card, |scores| scores.log_loss)),
    ("Brier score, as it is and calibrated", |card| both(card, |scores| scores.brier)),
    ("calibration error, as it is and calibrated", |card| {
        both(card, |scores| scores.expected_calibration_error)
    }),
    ("slope; below 1 it is too sure", |card| {
        measured(&card.calibration, |found| number_within(found.slope, 3))
    }),
    ("Cox test of slope 1 and no intercept", |card| {
        measured(&card.calibration, |found| {
            found.cox_p_value.map_or_else(|| "cannot tell: no one fit is best".to_owned(), p_value)
        })
    }),
];

/// An error of the log-odds as they are, and calibrated by other prompts.
fn both(card: &Card, of: fn(&Scores) -> f64) -> String {
    measured(&card.calibration, |found| {
        format!("{}, {}", number(of(&found.raw), 3), number(of(&found.cross_fitted), 3))
    })
}

fn diagram(card: &Card, found: &Calibration) -> Figure {
    let columns = ["probability", "mean", "came true", "pairs"];
    let reference = card.reference().name();
    let mut table = Table::of_numbers(format!("calibrated probabilities and what {reference} say"), columns);
    for bin in &found.bins {
        let range = format!("{:.0} to {:.0} %", 100.0 * bin.low, 100.0 * bin.high);
        table.row([range, percent(bin.mean_probability), percent(bin.frequency), count(bin.pairs as u64)]);
    }
    Figure {
        title: card.judge.clone(),
        text: format!("Upwards how often {reference} prefer the first response, to the right the probability that the judge gives it, calibrated on other prompts; on the line probabilities come true. 95 % intervals by Wilson."),
        picture: Some(reliability(&found.bins)),
        legend: Vec::new(),
        notes: Vec::new(),
        table,
    }
}
