//! Decisions by hand, and by the crowd whose truth is known.

use super::*;
use crate::schema::{AnnotatorKind, Side, Verdict};

/// Voices of annotators named by a letter: `e` is an expert, `j` and `k` are judges, all others people.
fn pair(voices: &[(char, Verdict)]) -> PairVoices {
    let voice = |&(name, verdict): &(char, Verdict)| Voice {
        annotator: name as u32,
        kind: match name {
            'e' => AnnotatorKind::Expert,
            'j' => AnnotatorKind::Judge,
            'k' => AnnotatorKind::Constitution,
            _ => AnnotatorKind::Human,
        },
        verdict,
        weight: 1.0,
    };
    PairVoices { voices: voices.iter().map(voice).collect(), prompt: 0, responses: [0, 1] }
}

#[track_caller]
fn check(judges: Judges, voices: &[(char, Verdict)], outcome: Outcome, fates: &[Fate]) {
    let rule = Rule { judges, ..Rule::default() };
    let decision = &aggregate(&[pair(voices)], &rule)[0];
    assert_eq!((decision.outcome, decision.fates.as_slice()), (outcome, fates), "{voices:?}");
    let is_side = matches!(outcome, Outcome::Better(_));
    assert_eq!(decision.probability.is_some(), is_side);
    assert_eq!(decision.margin > 0.0, is_side);
}

#[test]
fn experts_come_before_people_and_people_before_judges() {
    use Fate::*;
    use Verdict::Strength;
    let (first, second) = (Outcome::Better(Side::First), Outcome::Better(Side::Second));
    for judges in [Judges::Last, Judges::Excluded, Judges::AsPeople] {
        check(
            judges,
            &[('e', Strength(1)), ('a', Strength(-3)), ('j', Strength(-3))],
            second,
            &[Counted, Overruled, Overruled],
        );
        check(judges, &[('a', Strength(2)), ('b', Strength(1))], second, &[Counted, Counted]);
        check(judges, &[], Outcome::NoVotes, &[]);
    }
    let both = [('a', Strength(1)), ('j', Strength(-3)), ('k', Verdict::Flag)];
    check(Judges::Last, &both, second, &[Counted, Overruled, Overruled]);
    check(Judges::Excluded, &both, second, &[Counted, Overruled, Overruled]);
    check(Judges::AsPeople, &both, Outcome::Flag, &[Counted, Counted, Flag]);
    // A person without an opinion leaves the word to the judge.
    let silent = [('a', Verdict::Skip), ('j', Strength(-1))];
    check(Judges::Last, &silent, first, &[Skip, Counted]);
    check(Judges::Excluded, &silent, Outcome::Skip, &[Skip, Overruled]);
    check(Judges::Excluded, &[('j', Strength(-1))], Outcome::NoVotes, &[Overruled]);
    check(
        Judges::Last,
        &[('j', Verdict::Unparsed), ('a', Verdict::Skip)],
        Outcome::Unparsed,
        &[Unparsed, Skip],
    );
}

#[test]
fn a_majority_has_the_probability_that_its_votes_give() {
    let probability = |strengths: &[i8]| {
        let voices: Vec<(char, Verdict)> =
            ('a'..).zip(strengths.iter().map(|strength| Verdict::Strength(*strength))).collect();
        aggregate(&[pair(&voices)], &Rule::default())[0].probability
    };
    let check = |strengths: &[i8], expected: f64| {
        assert!((probability(strengths).unwrap() - expected).abs() < 1e-9, "{strengths:?}");
    };
    // Beta(2, 1) above one half: 1 − 1/4. Beta(3, 1): 1 − 1/8. Beta(3, 2): 11/16.
    check(&[-3], 0.75);
    check(&[2, 1], 0.875);
    check(&[1, 1, -1], 0.6875);
    // The strong vote is worth three fifths of the three: Beta(2.8, 2.2).
    check(&[-3, 1, 1], 1.0 - crate::statistics::beta_cdf(0.5, 2.8, 2.2));
    assert!(probability(&[-3, 1, 1]).unwrap() > 0.5);
    assert_eq!(probability(&[1, -1]), None);
    assert_eq!(probability(&[0]), None);
}

#[test]
fn votes_that_have_lost_their_weight_are_outvoted() {
    let weighed = |weights: [f64; 3]| {
        let mut pair =
            pair(&[('a', Verdict::Strength(-1)), ('b', Verdict::Strength(-1)), ('c', Verdict::Strength(1))]);
        pair.voices.iter_mut().zip(weights).for_each(|(voice, weight)| voice.weight = weight);
        [Method::Majority, Method::BradleyTerry]
            .map(|method| aggregate(&[pair.clone()], &Rule { method, ..Rule::default() })[0].outcome)
    };
    assert_eq!(weighed([1.0; 3]), [Outcome::Better(Side::First); 2]);
    assert_eq!(weighed([0.1, 0.1, 1.0]), [Outcome::Better(Side::Second); 2]);
}

/// Where ids of responses go with their quality, the first is nearly always better; the one pair whose votes say the opposite still is what they say.
#[test]
fn dawid_skene_knows_no_better_side() {
    let votes = |sign: i8| ['a', 'b', 'c'].map(|name| (name, Verdict::Strength(sign)));
    let mut pairs: Vec<PairVoices> = (0..60).map(|_| pair(&votes(-1))).collect();
    pairs.push(pair(&[('a', Verdict::Strength(1))]));
    let rule = Rule { method: Method::DawidSkene, ..Rule::default() };
    assert_eq!(aggregate(&pairs, &rule)[60].outcome, Outcome::Better(Side::Second));
}

#[test]
fn dawid_skene_decides_better_than_a_majority() {
    let class = |text: &str| if text.trim() == "A" { -1 } else { 1 };
    let mut pairs: Vec<PairVoices> = Vec::new();
    for line in include_str!("../../../../tests/cases/crowd.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let item: usize = fields[0][1..].parse().unwrap();
        pairs.resize_with(pairs.len().max(item + 1), PairVoices::default);
        pairs[item].voices.push(Voice {
            annotator: fields[1][1..].parse().unwrap(),
            kind: AnnotatorKind::Human,
            verdict: Verdict::Strength(class(fields[2])),
            weight: 1.0,
        });
    }
    let truth: Vec<Outcome> = include_str!("../../../../tests/cases/crowd_truth.csv")
        .lines()
        .skip(1)
        .map(|line| class(line.split_once(',').unwrap().1))
        .map(|sign| Outcome::Better(if sign < 0 { Side::First } else { Side::Second }))
        .collect();
    let right = |method| {
        let decisions = aggregate(&pairs, &Rule { method, ..Rule::default() });
        decisions.iter().zip(&truth).filter(|(decision, truth)| decision.outcome == **truth).count()
    };
    // Ties of the majority are nobody's: 50 of 60 are right, and half of those it cannot decide would be.
    assert!(right(Method::DawidSkene) >= 55, "{}", right(Method::DawidSkene));
    assert!(right(Method::Majority) <= 51, "{}", right(Method::Majority));
}

/// Three responses, of which the first beats the second and the second the third; what nobody compared follows, and what is contradicted once is outvoted.
#[test]
fn scores_decide_between_more_than_two_responses() {
    let votes = |responses: [u32; 2], strengths: &[i8]| {
        let voices: Vec<(char, Verdict)> =
            ('a'..).zip(strengths.iter().map(|strength| Verdict::Strength(*strength))).collect();
        PairVoices { responses, ..pair(&voices) }
    };
    let rule = Rule { method: Method::BradleyTerry, ..Rule::default() };
    let pairs = [votes([0, 1], &[-1, -1, -1, -1]), votes([1, 2], &[-2, -1, -1, -1]), votes([0, 2], &[1])];
    let decisions = aggregate(&pairs, &rule);
    let outcomes: Vec<Outcome> = decisions.iter().map(|decision| decision.outcome).collect();
    // The only vote on the third says otherwise, so that nothing stands behind what the scores say.
    let first = Outcome::Better(Side::First);
    assert_eq!(outcomes, [first, first, Outcome::Unsupported]);
    assert_eq!((decisions[2].margin, decisions[2].probability), (0.0, None));
    // One vote of two for it is enough, and ties stay ties whatever others say.
    let third = |strengths: &[i8]| {
        let pairs = [pairs[0].clone(), pairs[1].clone(), votes([0, 2], strengths)];
        aggregate(&pairs, &rule)[2].clone()
    };
    assert_eq!(third(&[1, -1]).outcome, first);
    assert!((0.5..0.99).contains(&third(&[1, -1]).probability.unwrap()));
    assert_eq!(third(&[0, 0, 0]).outcome, Outcome::Tie);
    // Two responses that win as often, and one vote that is a tie.
    let level = aggregate(&[votes([0, 1], &[1, -1]), PairVoices { prompt: 1, ..votes([0, 1], &[0]) }], &rule);
    assert_eq!((level[0].outcome, level[1].outcome), (Outcome::EvenlySplit, Outcome::Tie));
    assert_eq!(level[0].probability, None);
}

#[test]
fn methods_agree_where_there_is_nothing_to_learn() {
    let one_vote = [pair(&[('a', Verdict::Strength(2))])];
    for method in [Method::Majority, Method::DawidSkene, Method::BradleyTerry] {
        let decision = &aggregate(&one_vote, &Rule { method, ..Rule::default() })[0];
        assert_eq!(decision.outcome, Outcome::Better(Side::Second), "{method:?}");
        assert!((0.5..1.0).contains(&decision.probability.unwrap()), "{method:?}: {decision:?}");
        assert_eq!(aggregate(&[], &Rule { method, ..Rule::default() }), []);
        let silent = aggregate(
            &[pair(&[('a', Verdict::Skip)]), pair(&[('a', Verdict::BothBad)])],
            &Rule { method, ..Rule::default() },
        );
        assert_eq!((silent[0].outcome, silent[1].outcome), (Outcome::Skip, Outcome::BothBad));
    }
}
