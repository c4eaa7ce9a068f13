//! How far annotators agree: altogether, by category and over time.

use crate::report::chart::{dots, lines, Dot, Ink, LinePoint, Scale};
use crate::report::material::{Material, Whose};
use crate::report::page::{Block, Figure, Key, Section, Table};
use crate::report::words::{counted, measured, number, percent};
use crate::terminal::{count, plural};
use tiebreak_core::agreement::{AgreementReport, Coefficient, Part};
use tiebreak_core::report::Measure;

const COMMAND: &str = "tiebreak study --samples samples.jsonl --out study.json";

/// A coefficient with its name, the lowest value that it can have, and whether it is a share.
type Named<'a> = (&'static str, &'a Measure<Coefficient>, bool);

pub fn section(material: &Material) -> Section {
    let report = &material.agreement;
    if report.answers.pairs == 0 {
        let who = match material.whose {
            Whose::People => "people",
            Whose::Judges => "judges, and no person voted",
        };
        let missing = Block::missing(
            format!("Nobody can be compared with anybody: no pair has opinions of two {who}. A study gives each pair to several people."),
            COMMAND,
        );
        return Section { id: "agreement", title: "Agreement", blocks: vec![missing] };
    }
    let mut blocks = vec![Block::text(whose(material)), Block::text(basis(report))];
    blocks.extend(overlap(report));
    let mut figures = vec![coefficients(report)];
    figures.extend(parts_over_time(&report.months));
    figures.extend(parts_by_category(report));
    blocks.push(Block::Figures { figures });
    blocks.extend(one_month(&report.months));
    blocks.extend(two(report));
    Section { id: "agreement", title: "Agreement", blocks }
}

fn whose(material: &Material) -> &'static str {
    let has_judges = material.collection.kinds.iter().any(|own| !own.kind.is_person());
    match (material.whose, has_judges) {
        (Whose::Judges, _) => "Only judges voted: this is how far judges agree with each other, which says nothing of people.",
        (Whose::People, true) => "Of people's opinions alone, experts' among them: how far a judge agrees with people says the part on judges.",
        (Whose::People, false) => "Of people's opinions, experts' among them.",
    }
}

fn basis(report: &AgreementReport) -> String {
    format!(
        "{} of {} {} two opinions or more, {} together. Alpha, kappa and AC1 are 1 where all agree and 0 where they agree as chance does; where nearly all pairs have one answer, kappa and alpha are low though annotators hardly differ, and AC1 is not. Intervals hold 95 %, by bootstrap over pairs; there is none where pairs are fewer than 20 or hardly differ.",
        count(report.answers.pairs as u64),
        plural(report.pairs, "voted pair"),
        if report.answers.pairs == 1 { "has" } else { "have" },
        plural(report.answers.opinions, "opinion")
    )
}

/// Annotators who cannot be compared with all others.
fn overlap(report: &AgreementReport) -> Option<Block> {
    let (alone, groups) = (report.overlap.alone.len(), report.overlap.groups);
    let mut told = Vec::new();
    if alone > 0 {
        told.push(format!(
            "{} no pair with anybody, and are in no coefficient.",
            if alone == 1 {
                "1 annotator shares".to_owned()
            } else {
                format!("{} annotators share", count(alone as u64))
            }
        ));
    }
    if groups > 1 {
        told.push(format!(
            "The others fall into {groups} groups that share no pair with each other: how far one group agrees with another is not known."
        ));
    }
    (!told.is_empty()).then(|| Block::text(told.join(" ")))
}

fn all(report: &AgreementReport) -> Vec<Named<'_>> {
    let (answers, strengths) = (&report.answers, &report.strengths);
    vec![
        ("two annotators agree", &answers.percent, true),
        ("Krippendorff's alpha", &answers.alpha_nominal, false),
        ("Fleiss' kappa", &answers.fleiss_kappa, false),
        ("Gwet's AC1", &answers.gwet_ac1, false),
        ("Randolph's kappa", &answers.randolph_kappa, false),
        ("alpha, strength order", &strengths.alpha_ordinal, false),
        ("alpha, strength size", &strengths.alpha_interval, false),
    ]
}

fn coefficients(report: &AgreementReport) -> Figure {
    let named = all(report);
    let dot = |(name, found, is_share): &Named<'_>| {
        let found = found.value()?;
        Some(Dot {
            name: (*name).to_owned(),
            value: found.value,
            interval: found.interval.map(|interval| (interval.low, interval.high)),
            ink: if *is_share { Ink::Second } else { Ink::First },
            n: None,
        })
    };
    let known: Vec<Dot> = named.iter().filter_map(dot).collect();
    let mut table = Table::of_words("agreement beyond chance", ["measure", "value", "95 % interval"]);
    for (name, found, is_share) in &named {
        let write = |value: f64| if *is_share { percent(value) } else { number(value, 3) };
        let interval = found.value().and_then(|found| found.interval);
        let interval = interval.map(|i| format!("{} to {}", write(i.low), write(i.high)));
        let value = measured(found, |found| write(found.value));
        table.row([(*name).to_owned(), value, interval.unwrap_or_else(|| "none".to_owned())]);
    }
    Figure {
        title: "All pairs".to_owned(),
        text: "How far annotators agree on which response is better, with neither as a third answer, and on how much; the share of agreeing annotators stands first.".to_owned(),
        picture: (!known.is_empty()).then(|| dots(&known, Scale::Coefficient, Some(0.0))),
        legend: Vec::new(),
        notes: Vec::new(),
        table,
    }
}

fn table(caption: &str, name: &str, parts: &[Part]) -> Table {
    let columns = [name, "pairs", "two agree", "alpha", "95 % interval of alpha"];
    let mut table = Table::new(caption, columns, 4);
    for part in parts {
        let share = measured(&part.percent, |share| percent(*share));
        let alpha = measured(&part.alpha, |alpha| number(*alpha, 3));
        let interval = match (&part.alpha, &part.alpha_interval) {
            (Measure::CannotTell(_), _) => "–".to_owned(),
            (_, Measure::CannotTell(reason)) => format!("none: {reason}"),
            (_, Measure::Value(found)) => format!("{} to {}", number(found.low, 3), number(found.high, 3)),
        };
        table.row([part.name.clone(), count(part.pairs as u64), share, alpha, interval]);
    }
    table
}

/// The ends of alpha's interval, where it has one.
fn ends(part: &Part) -> Option<(f64, f64)> {
    part.alpha_interval.value().map(|interval| (interval.low, interval.high))
}

fn parts_by_category(report: &AgreementReport) -> Option<Figure> {
    let (n_others, pairs) = report.other_categories;
    let others = (n_others > 0).then(|| {
        format!(
            "Not shown: {} with {} together.",
            counted(n_others, "smaller category", "smaller categories"),
            plural(pairs, "pair")
        )
    });
    let dot = |part: &Part| {
        let alpha = *part.alpha.value()?;
        let n = Some(part.pairs);
        Some(Dot { name: part.name.clone(), value: alpha, interval: ends(part), ink: Ink::First, n })
    };
    let known: Vec<Dot> = report.categories.iter().filter_map(dot).collect();
    (!report.categories.is_empty()).then(|| Figure {
        title: "By category".to_owned(),
        text: "Krippendorff's alpha of which response is better, for the largest categories, with its 95 % interval; in brackets the pairs that it rests on.".to_owned(),
        picture: (!known.is_empty()).then(|| dots(&known, Scale::Coefficient, Some(0.0))),
        legend: Vec::new(),
        notes: others.into_iter().chain(without_interval(&report.categories)).collect(),
        table: table("agreement by category", "category", &report.categories),
    })
}

fn parts_over_time(months: &[Part]) -> Option<Figure> {
    let names: Vec<String> = months.iter().map(|part| part.name.clone()).collect();
    let share = |part: &Part| Some(LinePoint { value: *part.percent.value()?, interval: None });
    let alpha = |part: &Part| Some(LinePoint { value: *part.alpha.value()?, interval: ends(part) });
    let series = [months.iter().map(alpha).collect(), months.iter().map(share).collect()];
    let counts = || months.iter().map(|part| part.pairs);
    let (fewest, most) = (counts().min()?, counts().max()?);
    let rests_on = format!("Months have {} to {}.", count(fewest as u64), plural(most, "pair"));
    (months.len() > 1).then(|| Figure {
        title: "Over time".to_owned(),
        text: "By the month of a pair's last opinion: how often two annotators agree, and alpha as percent of perfect agreement, with its 95 % interval.".to_owned(),
        picture: Some(lines(&names, &series)),
        legend: Key::of(["alpha", "two annotators agree"], |_| true),
        notes: [rests_on].into_iter().chain(without_interval(months)).collect(),
        table: table("agreement by month", "month", months),
    })
}

/// How many numbers stand alone; none where all have an interval.
fn without_interval(parts: &[Part]) -> Option<String> {
    let is_alone = |part: &&Part| part.alpha.value().is_some() && part.alpha_interval.value().is_none();
    let n = parts.iter().filter(is_alone).count();
    let what = counted(n, "has no interval", "have no interval");
    (n > 0).then(|| format!("{what}; the table says why."))
}

/// A single month is no curve.
fn one_month(months: &[Part]) -> Option<Block> {
    let [only] = months else { return None };
    Some(Block::text(format!(
        "All pairs with two opinions are of one month, {}: there is no course to show.",
        only.name
    )))
}

fn two(report: &AgreementReport) -> Option<Block> {
    let two = report.two.as_ref()?;
    let mut table = Table::of_words("The two annotators", ["measure", "value"]);
    for (name, found) in [
        ("Cohen's kappa", &two.cohen_kappa),
        ("weighted by distance", &two.linear_kappa),
        ("weighted by its square", &two.quadratic_kappa),
    ] {
        table.row([name.to_owned(), measured(found, |value| number(*value, 3))]);
    }
    Some(Block::Table(table))
}
