//! Votes as small as agreement needs them, so that a million fit in little memory.

use crate::names::Names;
use crate::schema::{AnnotatorKind, Pair, Sample, Side, Verdict, Vote};
use crate::study::KeyItem;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What is known of a pair beside its votes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairFacts {
    /// The prompt's category.
    pub category: Option<String>,
    /// How many words prompt and responses have together.
    pub words: Option<u32>,
    /// The right verdict, where it is known; "first" is that of the pair.
    pub gold: Option<Verdict>,
}

impl PairFacts {
    /// What sample and study key say of a pair; the key's verdict is turned into the pair's order, and not used where the key calls the responses otherwise.
    pub fn of(sample: &Sample, pair: &Pair<'_>, key: Option<&KeyItem>) -> Self {
        let words = |text: &str| text.split_whitespace().count();
        let prompt: usize = sample.prompt.messages.iter().map(|message| words(&message.content)).sum();
        let all = prompt + words(&pair.first.text) + words(&pair.second.text);
        let ids = [&pair.first.id, &pair.second.id];
        let gold = key.and_then(|item| match item.responses.each_ref() {
            [a, b] if [a, b] == ids => item.gold,
            [a, b] if [b, a] == ids => item.gold.map(turned),
            _ => None,
        });
        Self { category: sample.prompt.category.clone(), words: u32::try_from(all).ok(), gold }
    }
}

/// One vote, in the pair's order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ballot {
    /// The pair's place in [`Ballots::pairs`].
    pub pair: u32,
    /// The annotator's place in [`Ballots::annotators`].
    pub annotator: u32,
    /// What was said.
    pub verdict: Verdict,
    /// Which response was shown first.
    pub shown_first: Option<Side>,
    /// How often the annotator had seen the pair before in the same study.
    pub repeat: u32,
    /// When it was given.
    pub decided_at: Option<Timestamp>,
    /// How long the pair was looked at, in milliseconds.
    pub active_ms: Option<u64>,
    study: u32,
    number: Option<u64>,
}

impl Ballot {
    /// Which answer it is: 0 the first, 1 the second, 2 neither (a tie, or both bad); none where it is no opinion.
    pub fn class(&self) -> Option<usize> {
        class(self.verdict)
    }

    /// Whether the response that stood first was preferred; none where no side was, or the order is not known.
    pub fn prefers_shown_first(&self) -> Option<bool> {
        match (self.class()?, self.shown_first?) {
            (0, side) => Some(side == Side::First),
            (1, side) => Some(side == Side::Second),
            _ => None,
        }
    }

    pub(super) fn annotator_place(&self) -> usize {
        self.annotator as usize
    }

    /// What counts the annotator's votes in their study.
    pub fn number(&self) -> Option<u64> {
        self.number
    }

    fn showing(&self) -> (u32, u32, u32, u32) {
        (self.pair, self.annotator, self.study, self.repeat)
    }
}

/// How many answers [`Ballot::class`] tells apart.
pub const N_CLASSES: usize = 3;

/// Which answer a verdict is: 0 the first, 1 the second, 2 neither; none where it is no opinion.
pub fn class(verdict: Verdict) -> Option<usize> {
    match verdict {
        Verdict::Strength(strength) => Some(match strength.signum() {
            -1 => 0,
            1 => 1,
            _ => 2,
        }),
        Verdict::BothBad => Some(2),
        Verdict::Skip | Verdict::Flag | Verdict::Unparsed => None,
    }
}

/// Who voted.
#[derive(Clone, Debug, PartialEq)]
pub struct Voter {
    /// The annotator's id.
    pub id: String,
    /// The kind; where one id stands for several, the first of them.
    pub kind: AnnotatorKind,
}

/// Takes votes one by one, in any order.
#[derive(Debug, Default)]
pub struct BallotBox {
    pairs: Names,
    annotators: Names,
    studies: Names,
    kinds: Vec<AnnotatorKind>,
    facts: BTreeMap<u32, PairFacts>,
    ballots: Vec<Ballot>,
}

impl BallotBox {
    /// Tells what is known of a pair, before or after its votes.
    pub fn describe(&mut self, pair: &str, facts: PairFacts) {
        let pair = self.pairs.number(pair);
        self.facts.insert(pair, facts);
    }

    /// Takes a vote; `is_turned` says whether its first response is the pair's second, see [`PairIndex::find`](crate::schema::PairIndex::find).
    pub fn add(&mut self, vote: &Vote, is_turned: bool) {
        let annotator = self.annotators.number(&vote.annotator.id);
        match self.kinds.get_mut(annotator as usize) {
            Some(kind) => *kind = (*kind).min(vote.annotator.kind),
            None => self.kinds.push(vote.annotator.kind),
        }
        let shown = vote.shown_in.as_ref();
        self.ballots.push(Ballot {
            pair: self.pairs.number(&vote.pair),
            annotator,
            verdict: if is_turned { turned(vote.verdict) } else { vote.verdict },
            shown_first: vote.shown_first.map(|side| if is_turned { other(side) } else { side }),
            repeat: shown.map_or(0, |shown| shown.repeat),
            decided_at: vote.decided_at,
            active_ms: vote.active_ms,
            study: self.studies.number(shown.map_or("", |shown| &shown.study)),
            number: vote.number,
        });
    }

    /// Sorts the votes, and keeps the last of those on one showing of a pair.
    pub fn close(self) -> Ballots {
        let [pairs, annotators, studies] = [&self.pairs, &self.annotators, &self.studies].map(Names::ranks);
        let mut ballots = self.ballots;
        for ballot in &mut ballots {
            ballot.pair = pairs[ballot.pair as usize];
            ballot.annotator = annotators[ballot.annotator as usize];
            ballot.study = studies[ballot.study as usize];
        }
        // What makes two votes different comes after what makes one the later.
        ballots.sort_unstable_by_key(|ballot| {
            (ballot.showing(), ballot.number, ballot.decided_at, order_of(ballot.verdict), ballot.active_ms)
        });
        let n_all = ballots.len();
        ballots.reverse();
        ballots.dedup_by_key(|ballot| ballot.showing());
        ballots.reverse();
        let n_replaced = n_all - ballots.len();
        let mut voters: Vec<Option<Voter>> = vec![None; annotators.len()];
        for (number, rank) in (0..).zip(&annotators) {
            let id = self.annotators.text(number).to_owned();
            voters[*rank as usize] = Some(Voter { id, kind: self.kinds[number as usize] });
        }
        let mut facts = vec![(String::new(), PairFacts::default()); pairs.len()];
        let mut described = self.facts;
        for (number, rank) in (0..).zip(&pairs) {
            let known = described.remove(&number).unwrap_or_default();
            facts[*rank as usize] = (self.pairs.text(number).to_owned(), known);
        }
        let (pairs, facts) = facts.into_iter().unzip();
        Ballots { pairs, facts, annotators: voters.into_iter().flatten().collect(), ballots, n_replaced }
    }
}

/// Votes by pair and annotator; the order in which they came plays no part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ballots {
    /// The pairs' ids, sorted.
    pub pairs: Vec<String>,
    /// What is known of each pair.
    pub facts: Vec<PairFacts>,
    /// Who voted, sorted by id.
    pub annotators: Vec<Voter>,
    /// The votes, by pair, annotator, study and repeat.
    pub ballots: Vec<Ballot>,
    /// How many votes a later one on the same showing replaced.
    pub n_replaced: usize,
}

impl Ballots {
    /// The votes of each pair that has any.
    pub fn by_pair(&self) -> impl Iterator<Item = &[Ballot]> {
        self.ballots.chunk_by(|a, b| a.pair == b.pair)
    }

    /// People's votes and people alone, experts among them, where a person voted, and else everybody.
    ///
    /// How far people agree says nothing of judges, and how far judges do says nothing of people.
    /// Pairs stay, and [`n_replaced`](Self::n_replaced) still counts everybody's votes.
    pub fn of_people(mut self) -> Self {
        if !self.has_people() {
            return self;
        }
        let mut places = Vec::with_capacity(self.annotators.len());
        let mut n_people = 0;
        for voter in &self.annotators {
            places.push(voter.kind.is_person().then_some(n_people));
            n_people += u32::from(voter.kind.is_person());
        }
        self.annotators.retain(|voter| voter.kind.is_person());
        let ballots = self.ballots.into_iter();
        let of_person =
            |ballot: Ballot| Some(Ballot { annotator: places[ballot.annotator_place()]?, ..ballot });
        Self { ballots: ballots.filter_map(of_person).collect(), ..self }
    }

    /// Whether a person voted, and not judges alone.
    pub fn has_people(&self) -> bool {
        self.annotators.iter().any(|voter| voter.kind.is_person())
    }

    /// Calls each annotator by another name; two who are to be told apart need two names.
    pub fn rename(&mut self, name: impl Fn(&Voter) -> String) {
        let mut renamed: Vec<(usize, Voter)> = std::mem::take(&mut self.annotators)
            .into_iter()
            .map(|voter| Voter { id: name(&voter), ..voter })
            .enumerate()
            .collect();
        // Their order follows the new names, so that it tells nothing of the old ones.
        renamed.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
        let mut places = vec![0; renamed.len()];
        for (place, (before, _)) in (0..).zip(&renamed) {
            places[*before] = place;
        }
        self.ballots.iter_mut().for_each(|ballot| ballot.annotator = places[ballot.annotator as usize]);
        self.ballots.sort_by_key(|ballot| (ballot.pair, ballot.annotator));
        self.annotators = renamed.into_iter().map(|(_, voter)| voter).collect();
    }
}

/// One voice for each annotator of a pair: the latest opinion, which for a pair that was shown twice is mostly the second.
///
/// `ballots` are those of one pair, as [`Ballots::by_pair`] gives them.
pub fn voices(ballots: &[Ballot]) -> impl Iterator<Item = &Ballot> {
    let of_annotator = |ballots: &[Ballot]| -> Option<usize> {
        let opinions = ballots.iter().enumerate().filter(|(_, ballot)| ballot.class().is_some());
        opinions.max_by_key(|(at, ballot)| (ballot.decided_at, *at)).map(|(at, _)| at)
    };
    ballots
        .chunk_by(|a, b| a.annotator == b.annotator)
        .filter_map(move |own| of_annotator(own).map(|at| &own[at]))
}

fn turned(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Strength(strength) => Verdict::Strength(strength.saturating_neg()),
        other => other,
    }
}

fn other(side: Side) -> Side {
    match side {
        Side::First => Side::Second,
        Side::Second => Side::First,
    }
}

/// Any fixed order of verdicts, for votes that nothing else tells apart.
fn order_of(verdict: Verdict) -> (u8, i8) {
    match verdict {
        Verdict::Strength(strength) => (0, strength),
        Verdict::BothBad => (1, 0),
        Verdict::Skip => (2, 0),
        Verdict::Flag => (3, 0),
        Verdict::Unparsed => (4, 0),
    }
}
