//! What is counted of a small collection, by hand.

use super::*;
use crate::agreement::{Ballots, Collector};
use crate::schema::{
    Annotator, AnnotatorKind, Preference, Sample, Side, Verdict, Vote, Weight, pairs, vote_id,
};
use serde_json::json;

/// Three prompts with two responses each: `b` is longer by 0, 50 and 400 characters.
fn samples() -> Vec<Sample> {
    let sample = |(number, more): (usize, usize)| -> Sample {
        let edge_case = if number == 2 { json!("wrong_premise") } else { json!(null) };
        let mut prompt = json!({
            "id": format!("q{number}"), "messages": [{"role": "user", "content": format!("question {number}")}],
        });
        if number > 0 {
            prompt["category"] = json!("billing");
        }
        if !edge_case.is_null() {
            prompt["edge_case"] = edge_case;
        }
        serde_json::from_value(json!({"prompt": prompt, "responses": [
            {"id": "a", "text": format!("short {number}"), "model": {"name": "small"}},
            {"id": "b", "text": format!("reply {number}{}", "x".repeat(more))},
        ]}))
        .unwrap()
    };
    [0, 50, 400].into_iter().enumerate().map(sample).collect()
}

/// `(prompt, annotator, kind, strength of b over a, whether a was shown first, when)`
type Cast = (usize, &'static str, AnnotatorKind, i8, bool, &'static str);

const CAST: [Cast; 7] = [
    (0, "ann", AnnotatorKind::Human, 2, true, "2026-01-31T23:59:59Z"),
    (0, "bob", AnnotatorKind::Human, -1, true, "2026-03-01T00:00:00Z"),
    (1, "ann", AnnotatorKind::Human, 3, false, "2026-03-01T00:00:01Z"),
    (1, "bob", AnnotatorKind::Human, 3, true, "2026-03-01T00:00:02Z"),
    (1, "lead", AnnotatorKind::Expert, 0, true, ""),
    (2, "ann", AnnotatorKind::Human, 1, true, "2026-03-02T00:00:00Z"),
    (1, "judge:a", AnnotatorKind::Judge, -1, true, "2026-03-03T00:00:00Z"),
];

fn votes(samples: &[Sample]) -> Vec<Vote> {
    let vote = |(prompt, annotator, kind, strength, a_first, when): Cast| {
        let pair = pairs(&samples[prompt]).next().unwrap();
        let who = Annotator { id: annotator.to_owned(), kind };
        let responses = ["a".to_owned(), "b".to_owned()];
        let id = samples[prompt].prompt.id.clone();
        Vote {
            shown_first: Some(if a_first { Side::First } else { Side::Second }),
            decided_at: when.parse().ok(),
            ..Vote::new(pair.id, id, responses, who, Verdict::Strength(strength))
        }
    };
    CAST.into_iter().map(vote).collect()
}

fn ballots(samples: &[Sample]) -> Ballots {
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut collector = Collector::new(samples, &[], now);
    votes(samples).into_iter().for_each(|vote| collector.add(vote));
    collector.close().0
}

#[test]
fn a_collection_is_counted_by_kind_and_month() {
    let samples = samples();
    let ballots = ballots(&samples);
    let found = collection(&samples, &PairTable::new(&samples, &ballots));
    assert_eq!((found.prompts, found.responses, found.pairs), (3, 6, 3));
    assert_eq!((found.voted_pairs, found.compared_pairs, found.without_time), (3, 2, 1));
    let models: Vec<_> = found.models.iter().map(|model| (model.name.as_deref(), model.responses)).collect();
    assert_eq!(models, [(None, 3), (Some("small"), 3)]);
    let kinds: Vec<_> = found.kinds.iter().map(|kind| (kind.kind, kind.annotators, kind.votes)).collect();
    use AnnotatorKind::{Expert, Human, Judge};
    assert_eq!(kinds, [(Human, 2, 5), (Expert, 1, 1), (Judge, 1, 1)]);
    assert_eq!((found.verdicts[0].sides, found.verdicts[1].ties), ([2, 1, 2], 1));
    let months: Vec<_> = found.months.iter().map(|month| (month.name.as_str(), month.votes)).collect();
    assert_eq!(months, [("2026-01", [1, 0, 0, 0]), ("2026-02", [0; 4]), ("2026-03", [4, 0, 1, 0])]);
}

#[test]
fn what_stands_first_and_what_is_longer() {
    let samples = samples();
    let ballots = ballots(&samples);
    let found = inclinations(&PairTable::new(&samples, &ballots));
    let count = |measure: &Measure<crate::statistics::Share>| measure.value().map(|s| (s.count, s.total));
    let [people, judge] = &found[..] else { panic!("{found:?}") };
    assert_eq!(people.who, Who::People);
    // bob on the first pair, and ann on the second, prefer what stood first.
    assert_eq!(count(&people.first), Some((2, 5)));
    assert_eq!(count(&people.longer), Some((3, 3)), "as long, and ties, say nothing");
    let steps: Vec<_> = people.by_step.iter().map(|step| count(&step.longer)).collect();
    assert_eq!(steps, [Some((2, 2)), None, Some((1, 1))]);
    assert_eq!(judge.who, Who::Judge("judge:a".to_owned()));
    assert_eq!((count(&judge.first), count(&judge.longer)), (Some((1, 1)), Some((0, 1))));
}

#[test]
fn categories_and_edge_cases_are_covered_or_not() {
    let samples = samples();
    let ballots = ballots(&samples);
    let found = coverage(&PairTable::new(&samples, &ballots));
    let row = |c: &Covered| (c.name.clone(), c.prompts, c.pairs, c.voted, c.compared, c.opinions);
    let billing = (Some("billing".to_owned()), 2, 2, 2, 1, 5);
    assert_eq!(found.categories.iter().map(row).collect::<Vec<_>>(), [billing, (None, 1, 1, 1, 1, 2)]);
    let wrong = (Some("wrong premise".to_owned()), 1, 1, 1, 0, 1);
    assert_eq!(found.edge_cases.iter().map(row).collect::<Vec<_>>(), [wrong, (None, 2, 2, 2, 2, 6)]);
    assert_eq!((found.other_categories, found.others), (0, Covered::default()));
}

#[test]
fn the_most_disputed_pair_comes_first_and_one_that_all_agree_on_never() {
    let samples = samples();
    let ballots = ballots(&samples);
    let table = PairTable::new(&samples, &ballots);
    let found = disputed(&table, 5);
    let told: Vec<_> = found.iter().map(|d| (d.messages[0].content.as_str(), d.counts)).collect();
    // Two of four against the most common answer say more than one of two.
    assert_eq!(told, [("question 1", [1, 2, 1]), ("question 0", [1, 1, 0])]);
    assert!(found[0].responses[1].starts_with("reply 1xxx"));
    assert_eq!((found[0].opinions.len(), found[0].against.count), (4, 2));
    assert_eq!(disputed(&table, 1).len(), 1);
}

#[test]
fn weights_are_told_by_age() {
    let samples = samples();
    let votes = votes(&samples);
    let weight = |target: String, weight: f64| -> Weight {
        let time = "2026-03-31T00:00:00Z";
        serde_json::from_value(json!({"target": target, "weight": weight, "reference_time": time})).unwrap()
    };
    let mut table = WeightTable::default();
    table.add(weight(vote_id(&votes[0]), 0.25));
    table.add(weight(votes[2].pair.clone(), 0.5));
    let mut tally = AgeTally::new(table.reference_time);
    for vote in &votes {
        if let Some(weight) = table.of(vote) {
            tally.add(vote.decided_at, weight);
        }
    }
    let found = tally.close();
    assert_eq!((found.votes, found.without_age), (5, 1), "the expert's vote has no time");
    // (0.25 + 4 · 0.5)² / (0.0625 + 4 · 0.25)
    assert!((found.kish_size - 5.0625 / 1.0625).abs() < 1e-12);
    // 58 days and more are told in stretches of three; those of 29 days are on one pair.
    let bins: Vec<_> = found.bins.iter().map(|b| (b.from_days, b.to_days, b.votes, b.mean)).collect();
    assert_eq!(bins, [(27, 30, 3, 0.5), (57, 60, 1, 0.25)]);
    assert_eq!(AgeTally::default().close().bins, []);
}

#[test]
fn rows_for_training_are_counted_and_repeats_apart() {
    let row = |pair: &str, responses: [&str; 2], chosen: &str, weight: f64| -> Preference {
        let message = |content: &str| json!([{"role": "assistant", "content": content}]);
        serde_json::from_value(json!({
            "prompt": [], "chosen": message(chosen), "rejected": message("four"), "margin": 1.5, "weight": weight,
            "origin": {"pair": pair, "prompt_id": "q", "responses": responses, "votes": 3, "annotators": []},
        }))
        .unwrap()
    };
    let mut tally = RowTally::default();
    assert_eq!(tally.close(), None);
    let rows = [
        row("p1", ["a", "b"], "longer", 1.5),
        row("p2", ["a", "b"], "as l", 0.5),
        row("p2", ["b", "a"], "no", 1.0),
    ];
    rows.iter().for_each(|row| tally.add(row));
    let found = tally.close().unwrap();
    let longer = found.chosen_longer.value().unwrap();
    assert_eq!((found.rows, found.different, found.votes, longer.count, longer.total), (3, 3, 9, 1, 2));
    assert!((found.kish_size - 9.0 / 3.5).abs() < 1e-12);
    assert_eq!((found.mean_margin, found.mean_characters), (1.5, [4.0, 4.0]));
    // The first is drawn twice more: it weighs 4.5, and is evidence once.
    (0..2).for_each(|_| tally.add(&rows[0]));
    let found = tally.close().unwrap();
    let longer = found.chosen_longer.value().unwrap();
    assert_eq!((found.rows, found.different, found.votes, longer.count, longer.total), (5, 3, 9, 1, 2));
    assert!((found.kish_size - 36.0 / 21.5).abs() < 1e-12);
    assert_eq!(found.mean_characters, [4.8, 4.0]);
}
