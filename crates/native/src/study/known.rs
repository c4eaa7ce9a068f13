//! What earlier votes say of the samples' pairs: gold and anchors.

use crate::args::StudyArgs;
use crate::files::{read_placed, Placed};
use crate::outcome::Problems;
use anyhow::Result;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use tiebreak_core::schema::{pairs, response_ids, Sample, Verdict, Vote};
use tiebreak_core::study::Gold;

/// Gold and anchors among the samples' pairs.
#[derive(Default)]
pub struct Known {
    pub gold: Vec<Gold>,
    pub anchors: BTreeSet<String>,
    /// How many pairs the anchors' votes are on, whether the samples hold them or not.
    pub n_anchors_given: usize,
}

impl Known {
    pub fn read(args: &StudyArgs, samples: &[Sample], problems: &mut Problems) -> Result<Self> {
        if args.gold.is_empty() && args.anchors.is_empty() {
            return Ok(Self::default());
        }
        let names = names(samples);
        let gold = gold(&read_votes(&args.gold, problems)?, &names, problems);
        let given: BTreeSet<String> =
            read_votes(&args.anchors, problems)?.into_iter().map(|vote| vote.record.pair).collect();
        let n_anchors_given = given.len();
        let anchors = given.into_iter().filter(|pair| names.contains_key(pair)).collect();
        Ok(Self { gold, anchors, n_anchors_given })
    }
}

fn read_votes(sources: &[String], problems: &mut Problems) -> Result<Vec<Placed<Vote>>> {
    read_placed(sources, |problem| problems.add(problem))
}

/// The ids that a pair's responses go by, and whether they stand the other way round there.
type Names = Vec<([String; 2], bool)>;

/// The names of every pair: those of the samples, and those that a study's page gives to the texts.
fn names(samples: &[Sample]) -> BTreeMap<String, Names> {
    let mut all: BTreeMap<String, (&str, Names)> = BTreeMap::new();
    for sample in samples {
        for pair in pairs(sample) {
            let texts = [pair.first.text.as_str(), pair.second.text.as_str()];
            let (first_text, names) = all.entry(pair.id).or_insert((texts[0], Vec::new()));
            let is_turned = texts[0] != *first_text;
            names.push(([pair.first.id.clone(), pair.second.id.clone()], is_turned));
            if let [a, b] = response_ids(&sample.prompt.messages, &texts).as_slice() {
                names.push(match a <= b {
                    true => ([a.clone(), b.clone()], is_turned),
                    false => ([b.clone(), a.clone()], !is_turned),
                });
            }
        }
    }
    all.into_iter().map(|(pair, (_, names))| (pair, names)).collect()
}

/// A pair's right verdict so far; none where two people disagree on it.
struct Right<'a> {
    vote: &'a Placed<Vote>,
    verdict: Option<Verdict>,
}

fn gold(votes: &[Placed<Vote>], names: &BTreeMap<String, Names>, problems: &mut Problems) -> Vec<Gold> {
    let mut rights: BTreeMap<&str, Right> = BTreeMap::new();
    for vote in votes {
        let verdict = match right_verdict(&vote.record, names) {
            Ok(verdict) => verdict,
            Err(fault) => {
                problems.add(&format!("{}: {fault}", vote.place));
                continue;
            }
        };
        let new = Right { vote, verdict: Some(verdict) };
        match rights.entry(&vote.record.pair) {
            Entry::Vacant(entry) => {
                entry.insert(new);
            }
            // Whoever votes again has changed their mind.
            Entry::Occupied(mut entry) if entry.get().vote.record.annotator == vote.record.annotator => {
                if entry.get().verdict.is_some() {
                    entry.insert(new);
                }
            }
            Entry::Occupied(entry) => contradict(entry.into_mut(), &new, problems),
        }
    }
    let gold = |(pair, right): (&str, Right)| Some(Gold { pair: pair.to_owned(), verdict: right.verdict? });
    rights.into_iter().filter_map(gold).collect()
}

/// Takes a pair's verdict away where someone else says the opposite.
fn contradict(earlier: &mut Right, new: &Right, problems: &mut Problems) {
    let side = |right: &Right| match right.verdict {
        Some(Verdict::Strength(strength)) => Some(strength.signum()),
        _ => None,
    };
    if earlier.verdict.is_none() || side(earlier) == side(new) {
        return;
    }
    problems.add(&format!(
        "{}: another verdict on pair `{}` than at {}; the pair is not used as gold",
        new.vote.place, new.vote.record.pair, earlier.vote.place
    ));
    earlier.verdict = None;
}

/// The verdict in the order of the samples' ids, or why the vote cannot be gold.
fn right_verdict(vote: &Vote, names: &BTreeMap<String, Names>) -> Result<Verdict, String> {
    let Some(names) = names.get(&vote.pair) else {
        return Err(format!("pair `{}` is not in the samples", vote.pair));
    };
    match vote.verdict {
        Verdict::BothBad => Ok(Verdict::BothBad),
        Verdict::Strength(strength) => match names.iter().find(|(ids, _)| *ids == vote.responses) {
            Some((_, is_turned)) => Ok(Verdict::Strength(if *is_turned { -strength } else { strength })),
            None => Err(format!(
                "the samples know pair `{}` by other responses than `{}` and `{}`, so that it is open which is first",
                vote.pair, vote.responses[0], vote.responses[1]
            )),
        },
        Verdict::Skip | Verdict::Flag | Verdict::Unparsed => {
            Err("this verdict cannot be the right one (expected a strength or both_bad)".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::{Annotator, AnnotatorKind};

    /// A sample whose responses go by other tools' ids, the good one first.
    fn sample() -> Sample {
        serde_json::from_str(
            r#"{"prompt": {"id": "a", "messages": [{"role": "user", "content": "?"}], "tags": []},
                "responses": [{"id": "1", "text": "good"}, {"id": "2", "text": "poor"}]}"#,
        )
        .unwrap()
    }

    fn vote(annotator: &str, responses: [&str; 2], verdict: Verdict) -> Placed<Vote> {
        let pair = pairs(&sample()).next().unwrap().id;
        let annotator = Annotator { id: annotator.to_owned(), kind: AnnotatorKind::Expert };
        let vote = Vote::new(pair, "a".to_owned(), responses.map(str::to_owned), annotator, verdict);
        Placed { place: format!("gold.jsonl:{annotator}", annotator = vote.annotator.id), record: vote }
    }

    /// The verdict of the one pair, and the number of problems.
    fn check(votes: &[Placed<Vote>], expected: Option<Verdict>, n_problems: usize) {
        let mut problems = Problems::default();
        let found = gold(votes, &names(&[sample()]), &mut problems);
        let found: Vec<Verdict> = found.into_iter().map(|gold| gold.verdict).collect();
        assert_eq!((found, problems.count()), (expected.into_iter().collect(), n_problems));
    }

    #[test]
    fn a_verdict_is_turned_to_the_order_of_the_samples() {
        let strength = Verdict::Strength;
        check(&[vote("ann", ["1", "2"], strength(-2))], Some(strength(-2)), 0);
        let sample = sample();
        let mut by_text = response_ids(&sample.prompt.messages, &["good", "poor"]);
        let good_is_first = by_text[0] < by_text[1];
        by_text.sort();
        let given = strength(if good_is_first { -2 } else { 2 });
        check(&[vote("ann", [&by_text[0], &by_text[1]], given)], Some(strength(-2)), 0);
        check(&[vote("ann", ["x", "y"], strength(-2))], None, 1);
        check(&[vote("ann", ["x", "y"], Verdict::BothBad)], Some(Verdict::BothBad), 0);
    }

    #[test]
    fn only_what_people_agree_on_is_gold() {
        let say = |annotator: &str, strength| vote(annotator, ["1", "2"], Verdict::Strength(strength));
        check(&[say("ann", -3), say("bob", -1)], Some(Verdict::Strength(-3)), 0);
        check(&[say("ann", -3), say("bob", 1)], None, 1);
        check(&[say("ann", -3), say("bob", 1), say("ann", 2), say("eve", -3)], None, 1);
        check(&[say("ann", -3), say("ann", 1)], Some(Verdict::Strength(1)), 0);
    }

    #[test]
    fn what_cannot_be_right_is_a_problem() {
        for verdict in [Verdict::Skip, Verdict::Flag, Verdict::Unparsed] {
            check(&[vote("ann", ["1", "2"], verdict)], None, 1);
        }
        let mut elsewhere = vote("ann", ["1", "2"], Verdict::Strength(1));
        elsewhere.record.pair = "p0".to_owned();
        check(&[elsewhere], None, 1);
    }
}
