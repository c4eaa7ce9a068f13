//! What goes into training.

use crate::report::material::Material;
use crate::report::page::{Block, Fact, Section};
use crate::report::words::{measured, number, share};
use crate::terminal::count;

pub fn section(material: &Material) -> Section {
    let blocks = match &material.rows {
        None => vec![Block::missing(
            "No rows were given with --preferences, or the file holds none.",
            "tiebreak export --samples samples.jsonl --votes votes.jsonl --out preferences.jsonl",
        )],
        Some(rows) => vec![
            Block::Facts {
                facts: vec![
                    Fact::new(count(rows.rows as u64), "rows"),
                    Fact::new(count(rows.votes as u64), "votes behind them"),
                    Fact::new(format!("{:.0}", rows.kish_size), "rows of weight 1 tell as much"),
                    Fact::new(number(rows.mean_margin, 2), "mean margin, of 3"),
                    Fact::new(format!("{:.0}", rows.mean_characters[0]), "characters chosen, mean"),
                    Fact::new(format!("{:.0}", rows.mean_characters[1]), "characters rejected, mean"),
                ],
            },
            Block::text(format!(
                "The chosen response is the longer one in {}: a trainer can learn length from a share far from one half.",
                measured(&rows.chosen_longer, share)
            )),
        ],
    };
    Section { id: "training", title: "What goes into training", blocks }
}
