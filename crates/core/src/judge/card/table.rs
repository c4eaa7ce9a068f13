//! People's votes and the judge's votes, pair by pair.

use crate::schema::{AnnotatorKind, IndexedPair, JudgeEvidence, PairIndex, Side, Verdict, Vote};
use std::collections::BTreeMap;

/// Whom somebody preferred; "first" is that of the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) enum Stance {
    First,
    Second,
    /// A tie, or both bad: an opinion, but no side.
    Neither,
}

impl Stance {
    /// What a verdict says; none where it says nothing: skipped, flagged, unparsed.
    pub fn of(verdict: Verdict, is_turned: bool) -> Option<Self> {
        match verdict {
            Verdict::Strength(0) | Verdict::BothBad => Some(Self::Neither),
            Verdict::Strength(strength) if (strength < 0) != is_turned => Some(Self::First),
            Verdict::Strength(_) => Some(Self::Second),
            Verdict::Skip | Verdict::Flag | Verdict::Unparsed => None,
        }
    }

    pub fn side(self) -> Option<Side> {
        match self {
            Self::First => Some(Side::First),
            Self::Second => Some(Side::Second),
            Self::Neither => None,
        }
    }

    /// 1 for the first, 0 for the second, one half for neither.
    pub fn outcome(self) -> f64 {
        match self {
            Self::First => 1.0,
            Self::Second => 0.0,
            Self::Neither => 0.5,
        }
    }
}

/// What one person said.
#[derive(Clone, Debug)]
pub(in crate::judge) struct PersonVote<'a> {
    pub annotator: &'a str,
    pub is_expert: bool,
    pub stance: Stance,
    pub shown_first: Option<Side>,
}

/// What the judge said, in the pair's order.
#[derive(Clone, Debug)]
pub(in crate::judge) struct JudgeVote<'a> {
    pub vote: &'a Vote,
    /// None where it abstained, or nothing can be read.
    pub stance: Option<Stance>,
    pub shown_first: Option<Side>,
    /// Log-odds that the first is better, finite.
    pub log_odds: Option<f64>,
    /// What standing first is worth, in nats, finite.
    pub position_bias: Option<f64>,
    /// What it said with the first shown first, then shown second.
    pub by_order: Option<[Stance; 2]>,
}

impl<'a> JudgeVote<'a> {
    /// Whether it was read, and takes no stand: as with contradicting orders, where that was asked for.
    pub fn is_abstention(&self) -> bool {
        self.stance.is_none() && !self.is_unparsed()
    }

    pub fn is_unparsed(&self) -> bool {
        self.vote.verdict == Verdict::Unparsed
    }

    fn new(vote: &'a Vote, is_turned: bool) -> Self {
        let evidence = vote.judge.as_deref();
        let number = |of: fn(&JudgeEvidence) -> Option<f64>| evidence.and_then(of).filter(|x| x.is_finite());
        let log_odds = number(|evidence| evidence.log_odds);
        Self {
            vote,
            stance: Stance::of(vote.verdict, is_turned),
            shown_first: vote.shown_first.map(|side| turned(side, is_turned)),
            log_odds: log_odds.map(|log_odds| if is_turned { -log_odds } else { log_odds }),
            position_bias: number(|evidence| evidence.position_bias),
            by_order: evidence.and_then(|evidence| by_order(evidence, is_turned)),
        }
    }
}

/// By log-odds where there are any, else by words.
fn by_order(evidence: &JudgeEvidence, is_turned: bool) -> Option<[Stance; 2]> {
    let of_log_odds = |log_odds: f64| {
        let strength = if log_odds > 0.0 { -1 } else { i8::from(log_odds < 0.0) };
        Verdict::Strength(strength)
    };
    let verdicts = match evidence.log_odds_by_order {
        Some(both) if both.iter().all(|x| x.is_finite()) => Some(both.map(of_log_odds)),
        _ => evidence.verdict_by_order,
    };
    let [shown_first, shown_second] = verdicts?.map(|verdict| Stance::of(verdict, is_turned));
    let both = [shown_first?, shown_second?];
    // The order in which one of the two stood first is the one in which the other stood second.
    Some(if is_turned { [both[1], both[0]] } else { both })
}

fn turned(side: Side, is_turned: bool) -> Side {
    match (side, is_turned) {
        (Side::First, true) => Side::Second,
        (Side::Second, true) => Side::First,
        (side, false) => side,
    }
}

/// What most people say of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) enum Majority {
    Side(Side),
    /// Most prefer neither.
    Tie,
    /// No answer has more votes than each other one.
    Split,
    /// Nobody has an opinion.
    Nobody,
}

/// What is said of one pair.
#[derive(Clone, Debug)]
pub(in crate::judge) struct Comparison<'a> {
    pub indexed: &'a IndexedPair<'a>,
    /// People with an opinion; where an expert has one, experts alone.
    pub people: Vec<PersonVote<'a>>,
    pub judge: Option<JudgeVote<'a>>,
    pub majority: Majority,
}

impl<'a> Comparison<'a> {
    pub fn prompt(&self) -> &'a str {
        &self.indexed.sample.prompt.id
    }

    /// The judge's stance; none where it did not vote or said nothing.
    pub fn judge_stance(&self) -> Option<Stance> {
        self.judge.as_ref()?.stance
    }

    /// The side that most people take, and the one that the judge takes, where both take one.
    pub fn both_sides(&self) -> Option<(Side, Side)> {
        match self.majority {
            Majority::Side(people) => Some((people, self.judge_stance()?.side()?)),
            _ => None,
        }
    }

    /// How many characters the first response is longer than the second.
    pub fn length_difference(&self) -> f64 {
        let length = |text: &str| text.chars().count() as f64;
        length(&self.indexed.pair.first.text) - length(&self.indexed.pair.second.text)
    }
}

/// All pairs on which somebody voted whom the card is about.
pub(in crate::judge) struct Table<'a> {
    pub comparisons: Vec<Comparison<'a>>,
    /// Votes on pairs that the samples do not hold.
    pub n_unknown: usize,
}

impl<'a> Table<'a> {
    /// Sorts the votes of people and of the judge to their pairs; of several by one annotator on a pair the latest counts.
    pub fn new(index: &'a PairIndex<'a>, votes: &'a [Vote], judge: &str) -> Self {
        let mut voices: Vec<BTreeMap<&str, (&Vote, bool)>> = vec![BTreeMap::new(); index.pairs().len()];
        let mut n_unknown = 0;
        for vote in votes.iter().filter(|vote| is_person(vote) || vote.annotator.id == judge) {
            let Some((place, is_turned)) = index.find(vote) else {
                n_unknown += 1;
                continue;
            };
            let voice = voices[place].entry(&vote.annotator.id).or_insert((vote, is_turned));
            if vote.decided_at >= voice.0.decided_at {
                *voice = (vote, is_turned);
            }
        }
        let comparisons = index
            .pairs()
            .iter()
            .zip(voices)
            .filter(|(_, voices)| !voices.is_empty())
            .map(|(indexed, voices)| comparison(indexed, voices, judge))
            .collect();
        Self { comparisons, n_unknown }
    }

    /// The pairs on which the judge voted and a person has an opinion.
    pub fn shared(&self) -> impl Iterator<Item = &Comparison<'a>> {
        self.comparisons.iter().filter(|pair| pair.judge.is_some() && !pair.people.is_empty())
    }
}

pub(in crate::judge) fn is_person(vote: &Vote) -> bool {
    vote.annotator.kind.is_person()
}

fn comparison<'a>(
    indexed: &'a IndexedPair<'a>,
    voices: BTreeMap<&'a str, (&'a Vote, bool)>,
    judge: &str,
) -> Comparison<'a> {
    let judge_vote = voices.get(judge).map(|(vote, is_turned)| JudgeVote::new(vote, *is_turned));
    let person = |(vote, is_turned): &(&'a Vote, bool)| {
        Some(PersonVote {
            annotator: &vote.annotator.id,
            is_expert: vote.annotator.kind == AnnotatorKind::Expert,
            stance: Stance::of(vote.verdict, *is_turned)?,
            shown_first: vote.shown_first.map(|side| turned(side, *is_turned)),
        })
    };
    let people = voices.values().filter(|(vote, _)| is_person(vote));
    let mut people: Vec<PersonVote<'a>> = people.filter_map(person).collect();
    if people.iter().any(|person| person.is_expert) {
        people.retain(|person| person.is_expert);
    }
    let majority = majority(people.iter().map(|person| person.stance));
    Comparison { indexed, people, judge: judge_vote, majority }
}

/// The answer that has more votes than each other one.
pub(in crate::judge) fn majority(stances: impl Iterator<Item = Stance>) -> Majority {
    let (mut first, mut second, mut neither) = (0, 0, 0);
    for stance in stances {
        *match stance {
            Stance::First => &mut first,
            Stance::Second => &mut second,
            Stance::Neither => &mut neither,
        } += 1;
    }
    if first + second + neither == 0 {
        Majority::Nobody
    } else if first > second.max(neither) {
        Majority::Side(Side::First)
    } else if second > first.max(neither) {
        Majority::Side(Side::Second)
    } else if neither > first.max(second) {
        Majority::Tie
    } else {
        Majority::Split
    }
}
