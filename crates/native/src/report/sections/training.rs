//! What goes into training.

use crate::report::material::Material;
use crate::report::page::{Block, Fact, Section};
use crate::report::words::{counted, measured, number, share};
use tiebreak_core::report::TrainingRows;

pub fn section(material: &Material) -> Section {
    let blocks = match &material.rows {
        None => vec![Block::missing(
            "No rows were given with --preferences, or its files hold none.",
            "tiebreak export --samples samples.jsonl --votes votes.jsonl --out preferences.jsonl",
        )],
        Some(rows) => blocks(rows),
    };
    Section { id: "training", title: "What goes into training", blocks }
}

fn blocks(rows: &TrainingRows) -> Vec<Block> {
    let repeats = rows.rows - rows.different;
    let mut facts = vec![Fact::counted(rows.rows, "row", "rows")];
    if repeats > 0 {
        facts.push(Fact::counted(rows.different, "different row", "different rows"));
    }
    facts.extend([
        Fact::counted(rows.votes, "vote behind them", "votes behind them"),
        Fact::new(format!("{:.0}", rows.kish_size), "rows of weight 1 tell as much"),
        Fact::new(number(rows.mean_margin, 2), "mean margin, of 3"),
        Fact::new(format!("{:.0}", rows.mean_characters[0]), "characters chosen, mean"),
        Fact::new(format!("{:.0}", rows.mean_characters[1]), "characters rejected, mean"),
    ]);
    let mut blocks = vec![Block::Facts { facts }];
    if repeats > 0 {
        blocks.push(Block::text(format!(
            "{} another one, as rows do that are drawn by their weights. Votes and the longer responses count a row once; means are of all rows, as a trainer sees them.",
            counted(repeats, "row repeats", "rows repeat")
        )));
    }
    blocks.push(Block::text(format!(
        "The chosen response is the longer one in {}: a trainer can learn length from a share far from one half.",
        measured(&rows.chosen_longer, share)
    )));
    blocks
}
