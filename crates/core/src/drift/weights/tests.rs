//! Against the reference, and by hand.

use super::*;
use crate::drift::comparison::{Coding, Comparison, Comparisons, Ridge, Terms};
use crate::drift::fixture::{assert_close, comparisons, expected};
use crate::drift::simulation::{Planted, simulate};

#[test]
fn weights_by_age() {
    let half_life = Decay::HalfLife { days: 30.0 };
    for (age, decay, expected) in [
        (Some(60.0), half_life, 0.25),
        (Some(0.0), half_life, 1.0),
        (Some(-5.0), half_life, 1.0),
        (None, half_life, 1.0),
        (Some(f64::NAN), half_life, 1.0),
        (Some(1e9), half_life, 0.0),
        (Some(3.0), Decay::HalfLife { days: 0.0 }, 0.0),
        (Some(1e9), Decay::None, 1.0),
        (Some(30.0), Decay::Window { days: 30.0 }, 1.0),
        (Some(30.1), Decay::Window { days: 30.0 }, 0.0),
        (Some(10.0), Decay::Cut { age_days: 10.0 }, 1.0),
        (Some(11.0), Decay::Cut { age_days: 10.0 }, 0.0),
    ] {
        assert_eq!(weight_at(age, &decay), expected, "{age:?} {decay}");
    }
}

/// Blocks of 30 days from day 90, a ridge of 0.5 on strengths alone.
#[test]
fn prequential_losses_are_those_of_the_reference() {
    let pairs = comparisons(true, true, Coding::Each);
    let start = |day: f64| pairs.times().partition_point(|time| *time < day);
    let blocks: Vec<_> = (3..13)
        .map(|block| 30.0 * f64::from(block))
        .map(|day| Block { votes: start(day)..start(day + 30.0), day })
        .collect();
    let ridge = Ridge { items: 0.5, features: 0.0 };
    for (name, decay) in [
        ("15", Decay::HalfLife { days: 15.0 }),
        ("30", Decay::HalfLife { days: 30.0 }),
        ("60", Decay::HalfLife { days: 60.0 }),
        ("120", Decay::HalfLife { days: 120.0 }),
        ("240", Decay::HalfLife { days: 240.0 }),
        ("inf", Decay::None),
    ] {
        let found = losses(&pairs, &blocks, Candidate::Aged(decay), ridge);
        let at = |value: &str| expected(&format!("/prequential_logloss_by_halflife/{name}/{value}"));
        assert_eq!(found.len() as f64, at("n"));
        assert_close(found.iter().sum::<f64>() / found.len() as f64, at("logloss"), 1e-6);
    }
}

#[test]
fn no_decay_is_chosen_where_nothing_moves() {
    let mut n_decays = 0;
    for seed in 0..100 {
        let pairs = simulate(Planted { seed, ..Planted::default() });
        let choice = choose(&pairs, &[]).unwrap();
        n_decays += usize::from(choice.decay != Decay::None);
        assert_eq!(choice.candidates[0].decay, Decay::None);
    }
    println!("{n_decays} decays of 100");
    assert!(n_decays <= 5, "{n_decays} of 100");
}

#[test]
fn a_large_jump_is_worth_a_decay_that_later_votes_prove() {
    let pairs = simulate(Planted { n_votes: 6000, jump: 4.0, ..Planted::default() });
    let choice = choose(&pairs, &[]).unwrap();
    assert_ne!(choice.decay, Decay::None, "{}", choice.reason);
    assert!(choice.gain.unwrap().low > 0.0 && choice.kish_size < 5000.0, "{choice:?}");
    assert_eq!(choice.decay, choice.selected);
    // Known beforehand, the date itself is a candidate.
    let known = choose(&pairs, &[182.5]).unwrap();
    assert!(known.candidates.iter().any(|c| matches!(c.decay, Decay::Cut { .. })), "{known:?}");
}

#[test]
fn a_forced_half_life_says_what_it_costs() {
    let pairs = simulate(Planted { n_votes: 2000, ..Planted::default() });
    let choice = forced(&pairs, Decay::HalfLife { days: 5.0 }).unwrap();
    assert_eq!(choice.decay, Decay::HalfLife { days: 5.0 });
    assert!(choice.gain.unwrap().high < 0.0, "{choice:?}");
    assert!(choice.reason.contains("it costs") && choice.kish_size < 200.0, "{}", choice.reason);
}

#[test]
fn too_few_votes_and_one_time_choose_nothing() {
    let pairs = simulate(Planted { n_votes: 199, ..Planted::default() });
    assert_eq!(choose(&pairs, &[]), Err(NoChoice::TooFew(199)));
    assert_eq!(forced(&pairs, Decay::None), Err(NoChoice::TooFew(199)));
    let vote = |place: usize| Comparison {
        items: None,
        position: 0.0,
        features: vec![],
        outcome: f64::from(u8::from(place.is_multiple_of(2))),
        time_days: place as f64,
        annotator: 0,
        pair: place,
    };
    let bare = Comparisons::new(Terms::default(), (0..300).map(vote).collect(), Coding::Each);
    assert_eq!(choose(&bare, &[]), Err(NoChoice::NoTerms));
    let terms = Terms { features: vec!["length".to_owned()], ..Terms::default() };
    let at_once = |place: usize| Comparison { features: vec![1.0], time_days: 3.0, ..vote(place) };
    let at_once = Comparisons::new(terms, (0..300).map(at_once).collect(), Coding::Each);
    assert_eq!(choose(&at_once, &[]), Err(NoChoice::NoTime));
}

/// One annotator's preference jumps, the other's stays.
#[test]
fn groups_have_decays_of_their_own() {
    let planted = Planted { n_votes: 6000, n_annotators: 2, ..Planted::default() };
    let all = simulate(Planted { jump: 4.0, jumps_only: Some(0), is_mixed: true, ..planted });
    let groups: Vec<Option<usize>> = all.annotators().iter().map(|annotator| Some(*annotator)).collect();
    let names = ["jumps".to_owned(), "stays".to_owned()];
    let found = choose_by_group(&all, &groups, &names, GroupKind::Annotator);
    let by_name = |name: &str| found.iter().find(|group| group.name == name).unwrap();
    assert_ne!(by_name("jumps").choice.decay, Decay::None);
    assert_eq!(by_name("stays").choice.decay, Decay::None);
    assert!(choose_by_group(&all, &vec![Some(0); all.len()], &names, GroupKind::Annotator).is_empty());
}

#[test]
fn a_record_carries_the_decay_of_its_annotator() {
    use crate::schema::{Annotator, AnnotatorKind, Verdict, Vote, Weight, vote_id};
    let pairs = simulate(Planted { n_votes: 400, ..Planted::default() });
    let all = forced(&pairs, Decay::None).unwrap();
    let own = forced(&pairs, Decay::HalfLife { days: 10.0 }).unwrap();
    let groups = [GroupChoice { kind: GroupKind::Annotator, name: "a".to_owned(), choice: own }];
    let reference_time: jiff::Timestamp = "2026-01-31T00:00:00Z".parse().unwrap();
    let weighing = Weighing {
        judges_apart: false,
        all: Ok(&all),
        groups: &groups,
        categories: Default::default(),
        last_vote: Some(reference_time),
        reference_time: Some(reference_time),
        now: Some(reference_time),
    };
    let vote = |annotator: &str, time: Option<&str>| Vote {
        decided_at: time.map(|time| time.parse().unwrap()),
        ..Vote::new(
            "p".to_owned(),
            "q".to_owned(),
            ["r1".to_owned(), "r2".to_owned()],
            Annotator { id: annotator.to_owned(), kind: AnnotatorKind::Human },
            Verdict::Strength(1),
        )
    };
    let votes =
        [vote("a", Some("2026-01-11T00:00:00Z")), vote("a", None), vote("b", Some("2020-01-01T00:00:00Z"))];
    let records: Vec<Weight> = weight_records(&votes, &weighing).collect();
    assert_eq!(records.iter().map(|record| record.weight).collect::<Vec<_>>(), [0.25, 1.0, 1.0]);
    assert_eq!(records[0].half_life_days, Some(10.0));
    assert_eq!(records[0].target, vote_id(&votes[0]));
    assert!(records[0].evidence.as_ref().unwrap().starts_with("Of `a` alone:"));
    assert_eq!(records[2].half_life_days, None);
}

#[test]
fn a_cut_stays_at_its_date_from_wherever_it_is_seen() {
    let cut = Decay::Cut { age_days: 10.0 };
    assert_eq!(cut.seen_later(5.0), Decay::Cut { age_days: 15.0 });
    assert_eq!(cut.seen_later(-10.0), Decay::None);
    let half_life = Decay::HalfLife { days: 10.0 };
    assert_eq!(half_life.seen_later(5.0), half_life);
}
