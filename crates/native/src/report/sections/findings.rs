//! What to know first, each with a link to the part that says more.

use crate::report::material::Material;
use crate::report::page::{Block, Fact, Item, Section};
use crate::report::words::{capitalised, date, kind, measured, number, one_kind, share};
use crate::terminal::{count, plural};
use tiebreak_core::judge::card::Card;
use tiebreak_core::report::Measure;

pub fn section(material: &Material) -> Section {
    let items = [agreement(material), drift(material)]
        .into_iter()
        .chain(material.cards.iter().map(judge))
        .chain([annotators(material), coverage(material)])
        .collect();
    let blocks = vec![Block::Facts { facts: facts(material) }, Block::List { items }];
    Section { id: "findings", title: "At a glance", blocks }
}

fn facts(material: &Material) -> Vec<Fact> {
    let collection = &material.collection;
    let votes = material.document.agreement.votes;
    let mut facts = vec![
        Fact::new(count(collection.prompts as u64), "prompts"),
        Fact::new(count(collection.pairs as u64), "pairs of responses"),
        Fact::new(count(collection.voted_pairs as u64), "pairs with a vote"),
        Fact::new(count(votes as u64), "votes"),
    ];
    for own in &collection.kinds {
        let name = if own.annotators == 1 { one_kind(own.kind) } else { kind(own.kind) };
        facts.push(Fact::new(count(own.annotators as u64), name));
    }
    if let (Some(first), Some(last)) = (collection.first, collection.last) {
        facts.push(Fact::new(date(first), "first vote"));
        facts.push(Fact::new(date(last), "last vote"));
    }
    facts
}

fn agreement(material: &Material) -> Item {
    let alpha = &material.document.agreement.answers.alpha_nominal;
    let text = match alpha {
        Measure::Value(found) => {
            let interval = found.interval.map_or(String::new(), |interval| {
                format!(" ({} to {})", number(interval.low, 3), number(interval.high, 3))
            });
            format!(
                "Krippendorff's alpha of which response is better is {}{interval}; 1 is perfect, and 0 is chance.",
                number(found.value, 3)
            )
        }
        Measure::CannotTell(reason) => format!("Cannot tell: {reason}."),
    };
    Item::new("Agreement.", text).leading_to("agreement")
}

fn drift(material: &Material) -> Item {
    let report = &material.drift.report;
    let since = report.advice.since.map_or(String::new(), |at| format!(" Since about {}.", date(at)));
    let text = format!("{}{since} Remedy: {}.", report.short_answer(), report.remedy());
    Item::new("Does the standard move?", text).leading_to("drift")
}

fn judge(card: &Card) -> Item {
    let accuracy = measured(&card.accuracy, share);
    let text = format!("{} Right by people's majority: {accuracy}.", card.short_answer());
    Item::new(format!("May {} label?", card.judge), text).leading_to("judges")
}

fn annotators(material: &Material) -> Item {
    let ask = &material.document.annotators.ask;
    let to_suspend = ask.iter().filter(|asked| asked.suggests_suspension).count();
    let text = match (ask.len(), to_suspend) {
        (0, _) => "Nobody stands out.".to_owned(),
        (n, 0) => format!("{} should be asked about.", plural(n, "annotator")),
        (n, m) => format!(
            "{} should be asked about, {m} of them suspended until it is clear.",
            plural(n, "annotator")
        ),
    };
    Item::new("Annotators.", text).leading_to("annotators")
}

fn coverage(material: &Material) -> Item {
    let collection = &material.collection;
    let missing = collection.pairs - collection.voted_pairs;
    let text = match missing {
        0 => format!(
            "every pair has a vote, and {} opinions of two annotators or more.",
            have(collection.compared_pairs)
        ),
        n => format!(
            "{} no vote, and {} opinions of two annotators or more.",
            have(n),
            have(collection.compared_pairs)
        ),
    };
    Item::new("Coverage.", capitalised(&text)).leading_to("coverage")
}

fn have(pairs: usize) -> String {
    format!("{} {}", plural(pairs, "pair"), if pairs == 1 { "has" } else { "have" })
}
