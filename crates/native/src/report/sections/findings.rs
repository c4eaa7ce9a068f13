//! What to know first, each with a link to the part that says more.

use super::collection::unreadable_lines;
use crate::report::material::{Material, Whose};
use crate::report::page::{Block, Fact, Item, Section};
use crate::report::words::{capitalised, date, kind, measured, number, one_kind, share};
use crate::terminal::plural;
use tiebreak_core::judge::card::Card;
use tiebreak_core::report::{KindCount, Measure};

pub fn section(material: &Material) -> Section {
    let items = [agreement(material), drift(material)]
        .into_iter()
        .chain(material.cards.iter().map(judge))
        .chain([annotators(material), coverage(material)])
        .chain(unreadable(material))
        .collect();
    let blocks = vec![Block::Facts { facts: facts(material) }, Block::List { items }];
    Section { id: "findings", title: "At a glance", blocks }
}

fn facts(material: &Material) -> Vec<Fact> {
    let collection = &material.collection;
    let mut facts = vec![
        Fact::counted(collection.prompts, "prompt", "prompts"),
        Fact::counted(collection.pairs, "pair of responses", "pairs of responses"),
        Fact::counted(collection.voted_pairs, "pair with a vote", "pairs with a vote"),
        Fact::counted(collection.votes(), "vote", "votes"),
    ];
    let annotators = |own: &KindCount| Fact::counted(own.annotators, one_kind(own.kind), kind(own.kind));
    facts.extend(collection.kinds.iter().map(annotators));
    if let (Some(first), Some(last)) = (collection.first, collection.last) {
        facts.push(Fact::new(date(first), "first vote"));
        facts.push(Fact::new(date(last), "last vote"));
    }
    facts
}

/// How far people agree; judges alone where no person voted.
fn agreement(material: &Material) -> Item {
    let (label, who, only) = match material.whose {
        Whose::People => ("Agreement of people.", "people", ""),
        Whose::Judges => ("Agreement of judges.", "judges", "Only judges voted. "),
    };
    let answers = &material.agreement.answers;
    let text = match &answers.alpha_nominal {
        Measure::Value(found) => {
            let interval = match found.interval {
                Some(interval) => format!(" ({} to {})", number(interval.low, 3), number(interval.high, 3)),
                None => ", without an interval because pairs are too few or too alike".to_owned(),
            };
            format!(
                "Krippendorff's alpha of which response is better is {} on {}{interval}; 1 is perfect, and 0 is chance.",
                number(found.value, 3),
                plural(answers.pairs, "pair")
            )
        }
        Measure::CannotTell(_) if answers.pairs == 0 => {
            format!("Cannot tell: no pair has opinions of two {who}.")
        }
        Measure::CannotTell(reason) => format!("Cannot tell: {reason}."),
    };
    Item::new(label, format!("{only}{text}")).leading_to("agreement")
}

fn drift(material: &Material) -> Item {
    let report = &material.drift.report;
    let since = report.advice.since.map_or(String::new(), |at| format!(" Since about {}.", date(at)));
    let text = format!("{}{since} Remedy: {}.", report.short_answer(), report.remedy());
    Item::new("Does the standard move?", text).leading_to("drift")
}

fn judge(card: &Card) -> Item {
    let accuracy = measured(&card.accuracy, share);
    let text = format!("{} Right by {}: {accuracy}.", card.short_answer(), card.reference().majority());
    Item::new(format!("May {} label?", card.judge), text).leading_to("judges")
}

fn annotators(material: &Material) -> Item {
    let ask = &material.annotators.ask;
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

/// None where every line was read.
fn unreadable(material: &Material) -> Option<Item> {
    let lines = unreadable_lines(material.unreadable)?;
    Some(Item::new("Not read.", format!("In no number here: {lines}.")).leading_to("collection"))
}

fn have(pairs: usize) -> String {
    format!("{} {}", plural(pairs, "pair"), if pairs == 1 { "has" } else { "have" })
}
