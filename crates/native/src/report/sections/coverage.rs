//! How many pairs and votes each category and each kind of edge case has.

use crate::report::chart::shares;
use crate::report::material::Material;
use crate::report::page::{Block, Figure, Section, Table};
use crate::report::words::counted;
use crate::terminal::{count, plural};
use tiebreak_core::report::Covered;

pub fn section(material: &Material) -> Section {
    let coverage = &material.coverage;
    let mut blocks = Vec::new();
    let mut figures = Vec::new();
    let has_names = |all: &[Covered]| all.iter().any(|covered| covered.name.is_some());
    if has_names(&coverage.categories) {
        let others = (coverage.other_categories > 0).then(|| {
            format!(
                "Not shown: {} with {}, of which {} a vote.",
                counted(coverage.other_categories, "smaller category", "smaller categories"),
                plural(coverage.others.pairs, "pair"),
                counted(coverage.others.voted, "has", "have")
            )
        });
        figures.push(figure("By category", "category", &coverage.categories, others));
    } else {
        blocks.push(Block::missing(
            "No prompt has a category. The catalogue's prompts have some, and your own can: a field `category` in prompts.jsonl.",
            "tiebreak prompts --format jsonl",
        ));
    }
    if has_names(&coverage.edge_cases) {
        figures.push(figure("Edge cases", "kind", &coverage.edge_cases, None));
    } else {
        blocks.push(Block::missing(
            "No prompt is marked as an edge case: how annotators deal with ambiguous, abusive or out-of-scope requests cannot be seen.",
            "tiebreak prompts --edge-cases --format jsonl",
        ));
    }
    if !figures.is_empty() {
        blocks.insert(0, Block::Figures { figures });
        blocks.insert(
            0,
            Block::text(
                "A whole bar is how many pairs there are, its coloured part how many of them have a vote.",
            ),
        );
    }
    Section { id: "coverage", title: "Coverage", blocks }
}

fn figure(title: &str, what: &str, all: &[Covered], note: Option<String>) -> Figure {
    let columns = [what, "prompts", "pairs", "with a vote", "with two opinions", "opinions"];
    let mut table = Table::of_numbers(format!("coverage by {what}"), columns);
    let name = |covered: &Covered| match (&covered.name, what) {
        (Some(name), _) => name.clone(),
        (None, "kind") => "ordinary prompts".to_owned(),
        (None, _) => "no category".to_owned(),
    };
    for covered in all {
        let [prompts, pairs, voted, compared, opinions] =
            [covered.prompts, covered.pairs, covered.voted, covered.compared, covered.opinions]
                .map(|n| count(n as u64));
        table.row([name(covered), prompts, pairs, voted, compared, opinions]);
    }
    let names: Vec<String> = all.iter().map(name).collect();
    let wholes: Vec<(usize, usize)> = all.iter().map(|covered| (covered.pairs, covered.voted)).collect();
    Figure {
        title: title.to_owned(),
        text: "Pairs of responses, and how many of them have a vote.".to_owned(),
        picture: Some(shares(&names, &wholes)),
        legend: Vec::new(),
        notes: note.into_iter().collect(),
        table,
    }
}
