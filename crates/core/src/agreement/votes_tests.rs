//! Reports on votes: simulated crowds, and whatever cannot be measured.

use super::*;
use crate::random::{Purpose, ResponseRandom};
use crate::report::Measure;
use crate::schema::{Annotator, AnnotatorKind, ShownIn, Side, Verdict, Vote};
use jiff::Timestamp;
use proptest::prelude::*;

/// 2026-01-01.
const START_MS: i64 = 1_767_225_600_000;

/// A vote of a person on a pair, at a minute.
fn vote(annotator: &str, pair: usize, strength: i8, minute: i64) -> Vote {
    let kind = if annotator.starts_with("judge") { AnnotatorKind::Judge } else { AnnotatorKind::Human };
    let annotator = Annotator { id: annotator.to_owned(), kind };
    let responses = ["r1".to_owned(), "r2".to_owned()];
    let vote =
        Vote::new(format!("p{pair:04}"), "q".to_owned(), responses, annotator, Verdict::Strength(strength));
    Vote {
        decided_at: Timestamp::from_millisecond(START_MS + 60_000 * minute).ok(),
        shown_first: Some(if pair.is_multiple_of(2) { Side::First } else { Side::Second }),
        active_ms: Some(20_000),
        ..vote
    }
}

fn close(votes: &[Vote], describe: impl Fn(&mut BallotBox)) -> Ballots {
    let mut ballot_box = BallotBox::default();
    votes.iter().for_each(|vote| ballot_box.add(vote, false));
    describe(&mut ballot_box);
    ballot_box.close()
}

/// What each report says, as text; never a number that is none.
fn texts(votes: &[Vote]) -> [String; 2] {
    let ballots = close(votes, |_| {});
    let reports = (agreement(&ballots), annotators(&ballots));
    let json = [serde_json::to_string(&reports.0).unwrap(), serde_json::to_string(&reports.1).unwrap()];
    let texts = [reports.0.to_string(), reports.1.to_string()];
    for text in texts.iter().chain(&json) {
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
    for text in &texts {
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    // JSON writes what is no number as null, and reads it back as none of the numbers' type.
    assert_eq!(serde_json::from_str::<AgreementReport>(&json[0]).unwrap(), reports.0);
    assert_eq!(serde_json::from_str::<AnnotatorReport>(&json[1]).unwrap(), reports.1);
    texts
}

#[test]
fn what_cannot_be_measured_is_refused_with_the_reason() {
    let no_overlap = "cannot tell: no pair has opinions of two annotators";
    let all_the_same = "cannot tell: all say the same";
    let cases: [(&str, Vec<Vote>, &str); 7] = [
        ("no votes", vec![], no_overlap),
        ("one annotator", (0..30).map(|pair| vote("ann", pair, 1, pair as i64)).collect(), no_overlap),
        (
            "no overlap",
            (0..30).map(|pair| vote(["ann", "bob"][pair % 2], pair, 1, pair as i64)).collect(),
            no_overlap,
        ),
        (
            "one pair",
            vec![vote("ann", 0, 1, 0), vote("bob", 0, -1, 0)],
            "too few or too alike for an interval",
        ),
        (
            "all ties",
            (0..40).map(|i| vote(["ann", "bob"][i % 2], i / 2, 0, i as i64)).collect(),
            all_the_same,
        ),
        (
            "all one side",
            (0..40).map(|i| vote(["ann", "bob"][i % 2], i / 2, 2, i as i64)).collect(),
            all_the_same,
        ),
        (
            "equal times",
            (0..40).map(|i| vote(["ann", "bob"][i % 2], i / 2, (i % 3) as i8 - 1, 0)).collect(),
            "two annotators agree",
        ),
    ];
    for (name, votes, expected) in cases {
        let [report, _] = texts(&votes);
        let report = report.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(report.contains(expected), "{name}: {report}");
    }
}

#[test]
fn people_are_taken_apart_from_judges_who_stand_alone_only_where_nobody_else_voted() {
    let of_two = |i: usize, ids: [&str; 2]| {
        let strength = if i < 30 { 1 } else { -1 };
        [
            vote(ids[0], i, strength, 0),
            vote(ids[1], i, if i.is_multiple_of(3) { -strength } else { strength }, 0),
        ]
    };
    let people: Vec<Vote> = (0..60).flat_map(|i| of_two(i, ["ann", "kim"])).collect();
    let judges: Vec<Vote> = (0..60).flat_map(|i| of_two(i, ["judge:a", "judge:b"])).collect();
    // Between the people's ids in order, so that their places move.
    let judge = (0..60).map(|i| vote("judge", i, 1, 0));
    let all = close(&people.iter().cloned().chain(judge).collect::<Vec<_>>(), |_| {});
    let [alone, judged] = [&people, &judges].map(|votes| close(votes, |_| {}));
    let of_people = all.clone().of_people();
    assert_eq!(agreement(&of_people), agreement(&alone));
    assert_ne!(agreement(&all).answers.alpha_nominal, agreement(&alone).answers.alpha_nominal);
    assert_eq!((all.has_people(), judged.has_people()), (true, false));
    assert_eq!(judged.clone().of_people(), judged);
}

#[test]
fn times_at_the_ends_of_the_calendar_are_months_like_others() {
    let mut votes =
        vec![vote("ann", 0, 1, 0), vote("bob", 0, 1, 0), vote("ann", 1, 1, 0), vote("bob", 1, 0, 0)];
    for (vote, time) in
        votes.iter_mut().zip([Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX, Timestamp::MAX])
    {
        vote.decided_at = Some(time);
    }
    let report = agreement(&close(&votes, |_| {}));
    let months: Vec<&str> = report.months.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(months, ["1970-01", "9999-12"]);
}

#[test]
fn a_part_has_an_interval_where_pairs_are_enough_and_differ() {
    /// Two people on `pairs` pairs of one category, who differ on the first `n_apart` of them.
    fn part(pairs: usize, n_apart: usize) -> Part {
        let strength = |pair: usize| if pair.is_multiple_of(2) { 1 } else { -1 };
        let both = |pair: usize| {
            let other = if pair < n_apart { -strength(pair) } else { strength(pair) };
            [vote("ann", pair, strength(pair), 0), vote("bob", pair, other, 0)]
        };
        let votes: Vec<Vote> = (0..pairs).flat_map(both).collect();
        let ballots = close(&votes, |ballot_box| {
            for pair in 0..pairs {
                let category = Some("billing".to_owned());
                ballot_box.describe(&format!("p{pair:04}"), PairFacts { category, ..PairFacts::default() });
            }
        });
        let report = agreement(&ballots);
        assert_eq!(report.categories[0].alpha_interval, report.months[0].alpha_interval);
        let whole = report.answers.alpha_nominal.value().and_then(|alpha| alpha.interval);
        assert_eq!(report.categories[0].alpha_interval.value().is_some(), whole.is_some());
        report.categories[0].clone()
    }
    let check = |(pairs, n_apart): (usize, usize), reason: &str| match part(pairs, n_apart).alpha_interval {
        Measure::CannotTell(told) => assert_eq!(told, reason, "{pairs} pairs"),
        Measure::Value(interval) => panic!("{interval:?} of {pairs} pairs"),
    };
    check((1, 0), "all say the same, which leaves nothing to agree on beyond chance");
    check((19, 4), "an interval takes 20");
    check((40, 0), "these differ too little for an interval");
    let found = part(1000, 200);
    let (alpha, interval) = (*found.alpha.value().unwrap(), *found.alpha_interval.value().unwrap());
    assert!((alpha - 0.6).abs() < 0.01 && interval.contains(alpha), "{found:?}");
    // A share of 0.8 of 1000 has a standard error of 0.01265, and alpha is nearly twice the share minus one.
    let expected = 2.0 * 1.96 * 2.0 * 0.01265;
    assert!(((interval.high - interval.low) / expected - 1.0).abs() < 0.2, "{interval:?}");
}

#[test]
fn ten_thousand_categories_are_told_in_twenty_lines() {
    let votes: Vec<Vote> = (0..20_000).map(|i| vote(["ann", "bob"][i % 2], i / 2, 1, i as i64)).collect();
    let ballots = close(&votes, |ballot_box| {
        for pair in 0..10_000 {
            let category = Some(format!("category {pair}"));
            ballot_box.describe(&format!("p{pair:04}"), PairFacts { category, ..PairFacts::default() });
        }
    });
    let report = agreement(&ballots);
    assert_eq!((report.categories.len(), report.other_categories), (20, (9_980, 9_980)));
}

#[test]
fn the_order_of_votes_plays_no_part_and_the_last_of_revised_ones_counts() {
    let shown = |vote: Vote, repeat: u32, number: u64| Vote {
        shown_in: Some(ShownIn { study: "s".to_owned(), item: "i".to_owned(), repeat }),
        number: Some(number),
        ..vote
    };
    let votes = [
        shown(vote("ann", 0, -1, 0), 0, 1),
        shown(vote("ann", 0, 2, 5), 0, 2),
        shown(vote("ann", 0, 3, 9), 1, 3),
        vote("bob", 0, 2, 1),
        vote("bob", 1, 2, 1),
    ];
    let ballots = close(&votes, |_| {});
    let mut reversed = votes.to_vec();
    reversed.reverse();
    assert_eq!(ballots, close(&reversed, |_| {}));
    assert_eq!((ballots.n_replaced, ballots.ballots.len()), (1, 4));
    let report = annotators(&ballots);
    let ann = &report.annotators[0];
    let repeats = ann.repeats.value().unwrap();
    assert_eq!((repeats.count, repeats.total), (1, 1));
    // A vote from the other end of the pair says the opposite.
    let mut turned = BallotBox::default();
    turned.add(&vote("ann", 0, 2, 0), true);
    let turned = turned.close();
    assert_eq!((turned.ballots[0].class(), turned.ballots[0].shown_first), (Some(0), Some(Side::Second)));
}

#[test]
fn other_names_give_what_votes_under_these_names_give() {
    let votes = |names: [&str; 3]| -> Vec<Vote> {
        (0..60).map(|i| vote(names[i % 3], i / 3, (i % 5) as i8 - 2, i as i64)).collect()
    };
    let mut ballots = close(&votes(["ann", "bob", "cy"]), |_| {});
    let names = ["b", "c", "a"];
    ballots.rename(|voter| {
        names[["ann", "bob", "cy"].iter().position(|id| *id == voter.id).unwrap()].to_owned()
    });
    assert_eq!(ballots, close(&votes(names), |_| {}));
}

#[test]
fn annotators_who_share_no_pair_are_named() {
    let votes = [("a", 0), ("b", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 2), ("f", 3), ("f", 4)];
    let votes: Vec<Vote> = votes.iter().map(|(who, pair)| vote(who, *pair, 1, 0)).collect();
    let report = agreement(&close(&votes, |_| {}));
    assert_eq!(report.overlap, Overlap { alone: vec!["f".to_owned()], groups: 2 });
    let text = report.to_string();
    assert!(
        text.contains("1 annotator shares no pair with anybody: f.") && text.contains("2 groups"),
        "{text}"
    );
}

#[test]
fn what_is_known_of_a_pair_comes_from_sample_and_key() {
    use crate::schema::pairs;
    use crate::study::{BuildSettings, Gold as KnownVerdict, Parts, build};
    for ids in [["a", "b"], ["b", "a"]] {
        let sample: crate::schema::Sample = serde_json::from_value(serde_json::json!({
            "prompt": {"id": "q", "category": "delivery", "messages": [{"role": "user", "content": "Where is it?"}]},
            "responses": [{"id": ids[0], "text": "On its way."}, {"id": ids[1], "text": "No idea."}],
        }))
        .unwrap();
        let samples = [sample];
        let pair = pairs(&samples[0]).next().unwrap();
        // "On its way." is the better one, whichever id it has.
        let verdict = Verdict::Strength(if pair.first.text == "On its way." { -1 } else { 1 });
        let gold = vec![KnownVerdict { pair: pair.id.clone(), verdict }];
        let key = build(&samples, &Parts { gold, ..Parts::default() }, &BuildSettings::default()).key;
        let facts = PairFacts::of(&samples[0], &pair, key.items.first());
        let expected =
            PairFacts { category: Some("delivery".to_owned()), words: Some(8), gold: Some(verdict) };
        assert_eq!(facts, expected);
    }
}

#[test]
fn agreement_of_two_is_told_by_hand() {
    // 10 pairs: both first on 6, both second on 2, and on 2 they differ.
    let votes: Vec<Vote> = (0..10)
        .flat_map(|pair| {
            let (ann, bob) = [(-1, -2), (1, 1), (-1, 1)][[0, 0, 0, 0, 0, 0, 1, 1, 2, 2][pair]];
            [vote("ann", pair, ann, 0), vote("bob", pair, bob, 0)]
        })
        .collect();
    let report = agreement(&close(&votes, |_| {}));
    let value = |measured: &Measure<Coefficient>| measured.value().unwrap().value;
    assert!((value(&report.answers.percent) - 0.8).abs() < 1e-12);
    // Ann says first on 8 and bob on 6: chance 0.8 · 0.6 + 0.2 · 0.4.
    let kappa = (0.8 - 0.56) / (1.0 - 0.56);
    assert!((report.two.unwrap().cohen_kappa.value().unwrap() - kappa).abs() < 1e-12);
    // 14 of 20 answers are first: chance 0.7² + 0.3².
    assert!((value(&report.answers.fleiss_kappa) - (0.8 - 0.58) / (1.0 - 0.58)).abs() < 1e-12);
    assert_eq!(report.months.len(), 1);
}

/// Nine careful people, one who presses one key, one who answers at random, one who alternates, and one in a hurry.
fn crowd() -> Ballots {
    let random = ResponseRandom::new(3, "crowd", 0);
    let uniform = |a: usize, b: usize| random.uniform(Purpose::Token, (a * 1000 + b) as u32);
    let names: Vec<String> = (0..9).map(|i| format!("careful {i}")).collect();
    let others = ["one key", "random", "alternating", "hurried"].map(str::to_owned);
    let mut votes = Vec::new();
    for (person, name) in names.iter().chain(&others).enumerate() {
        for pair in 0..300 {
            let truth = if uniform(90, pair) < 0.5 { -1 } else { 1 };
            let careful = if uniform(person, pair) < 0.9 { truth } else { -truth };
            let shown_first = if uniform(50 + person, pair) < 0.5 { Side::First } else { Side::Second };
            let of_side = |is_first: bool| if is_first == (shown_first == Side::First) { -1 } else { 1 };
            let strength = match name.as_str() {
                "one key" => of_side(true),
                "random" => of_side(uniform(person, pair) < 0.5),
                "alternating" => of_side(pair.is_multiple_of(2)),
                _ => careful,
            };
            let spread = 0.7 + 0.6 * uniform(30 + person, pair);
            let active_ms =
                if name == "hurried" { 800.0 } else { 20_000.0 * spread * (1.0 + 0.05 * person as f64) };
            votes.push(Vote {
                shown_first: Some(shown_first),
                active_ms: Some(active_ms as u64),
                ..vote(name, pair, strength, pair as i64)
            });
        }
    }
    close(&votes, |ballot_box| {
        for pair in 0..300 {
            let truth = if uniform(90, pair) < 0.5 { -1 } else { 1 };
            let gold = (pair < 20).then_some(Verdict::Strength(truth));
            ballot_box.describe(&format!("p{pair:04}"), PairFacts { category: None, words: Some(90), gold });
        }
    })
}

#[test]
fn those_who_do_not_read_are_asked_about_and_nobody_else() {
    use ReasonKind::*;
    let report = annotators(&crowd());
    let found: Vec<(&str, bool, Vec<ReasonKind>)> = report
        .ask
        .iter()
        .map(|asked| {
            let kinds = asked.reasons.iter().map(|reason| reason.kind).collect();
            (asked.annotator.as_str(), asked.suggests_suspension, kinds)
        })
        .collect();
    let of = |name: &str| found.iter().find(|(who, _, _)| *who == name).map(|(_, _, kinds)| kinds.clone());
    assert!(found.iter().all(|(who, _, _)| !who.starts_with("careful")), "{report}");
    assert_eq!(of("hurried"), Some(vec![Speed]), "{report}");
    assert!(of("one key").unwrap().ends_with(&[FirstChoices, Others]), "{report}");
    assert!(of("random").unwrap().ends_with(&[Others]), "{report}");
    assert!(of("alternating").unwrap().ends_with(&[Streaks, Others]), "{report}");
    let facts = |name: &str| report.annotators.iter().find(|facts| facts.id == name).unwrap();
    assert!((facts("careful 3").right.value().unwrap() - 0.9).abs() < 0.06, "{report}");
    assert!((facts("careful 3").one_coin.value().unwrap() - 0.9).abs() < 0.06, "{report}");
    let reading = |name: &str| *facts(name).reading.value().unwrap();
    assert!(reading("careful 3").skill > 0.8 && reading("one key").skill < 0.2, "{report}");
    assert!(reading("one key").first_bias > 0.9, "{report}");
    assert!((facts("random").right.value().unwrap() - 0.5).abs() < 0.1, "{report}");
}

/// Three people's votes, with all three on the first pairs and one each on the others.
fn three_people(n_together: usize) -> Vec<Vote> {
    let names = ["ann", "bob", "cy"];
    let strength = |pair: usize, who: usize| if pair % 3 == who { -1 } else { 1 };
    let all = (0..n_together).flat_map(|pair| (0..3).map(move |who| (pair, who)));
    let alone = (0..60).map(|i| (100 + i, i % 3));
    all.chain(alone).map(|(pair, who)| vote(names[who], pair, strength(pair, who), pair as i64)).collect()
}

#[test]
fn who_is_right_is_told_from_three_on_the_same_pairs_alone() {
    let is_told = |votes: &[Vote]| {
        let report = annotators(&close(votes, |_| {}));
        let told = |facts: &AnnotatorFacts| [&facts.right, &facts.one_coin].map(|m| m.value().is_some());
        report.annotators.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(is_told(&three_people(0)), [[false; 2]; 3]);
    assert_eq!(is_told(&three_people(9)), [[false; 2]; 3]);
    assert_eq!(is_told(&three_people(10)), [[true; 2]; 3]);
    let two: Vec<Vote> = three_people(40).into_iter().filter(|vote| vote.annotator.id != "cy").collect();
    assert_eq!(is_told(&two), [[false; 2]; 2], "two opinions fit many error rates");
}

/// The posterior under a uniform prior, and the rule: eight golds at least, and 95 % that fewer than 70 % are right.
#[test]
fn suspension_is_suggested_by_the_rule_alone() {
    let check = |right: usize, wrong: usize, expected: bool| {
        let votes: Vec<Vote> =
            (0..right + wrong).map(|i| vote("ann", i, if i < right { 1 } else { -1 }, i as i64)).collect();
        let ballots = close(&votes, |ballot_box| {
            for pair in 0..right + wrong {
                let gold = Some(Verdict::Strength(3));
                ballot_box.describe(&format!("p{pair:04}"), PairFacts { gold, ..PairFacts::default() });
            }
        });
        let report = annotators(&ballots);
        let gold = report.annotators[0].gold.value().unwrap();
        assert!((gold.mean - (right as f64 + 1.0) / ((right + wrong) as f64 + 2.0)).abs() < 1e-12);
        assert_eq!(
            report.ask.iter().any(|asked| asked.suggests_suspension),
            expected,
            "{right} and {wrong}: {report}"
        );
    };
    // Of 8, P(accuracy < 0.7) is 0.9747 with 3 right and 0.9012 with 4.
    check(3, 5, true);
    check(4, 4, false);
    check(0, 7, false);
    check(20, 0, false);
    check(12, 18, true);
}

proptest! {
    // Each case draws the bootstrap fourteen times a thousand times.
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is voted, in whatever order, reports are the same and hold no number that is none.
    #[test]
    fn reports_do_not_depend_on_the_order_of_votes(
        ballots in prop::collection::vec((0..5usize, 0..6usize, -3..4i8, prop::option::of(0..4i64), 0..3u32), 0..40),
        shuffle in prop::collection::vec(any::<u32>(), 40),
    ) {
        let names = ["ann", "bob", "eve", "judge a", "judge b"];
        let votes: Vec<Vote> = ballots
            .into_iter()
            .map(|(who, pair, strength, minute, repeat)| {
                let mut vote = vote(names[who], pair, strength, minute.unwrap_or(0));
                vote.decided_at = vote.decided_at.filter(|_| minute.is_some());
                let item = format!("i{pair}");
                vote.shown_in = (repeat > 0).then(|| ShownIn { study: "s".to_owned(), item, repeat: repeat - 1 });
                vote
            })
            .collect();
        let mut keyed: Vec<(u32, Vote)> = shuffle.into_iter().zip(votes.clone()).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Vote> = keyed.into_iter().map(|(_, vote)| vote).collect();
        prop_assert_eq!(texts(&votes), texts(&shuffled));
    }
}
