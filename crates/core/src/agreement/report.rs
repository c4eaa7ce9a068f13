//! How far the annotators of a collection agree: altogether, by category and by month.

use super::ballots::{Ballot, Ballots, N_CLASSES, PairFacts, voices};
use super::overlap::{Overlap, overlap};
use super::raters::{Answers, Groups};
use super::{Disagreement, Level, cohen_kappa};
use crate::report::{Measure, month};
use crate::schema::Verdict;
use crate::statistics::Interval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most categories that are told one by one.
const MOST_CATEGORIES: usize = 20;
/// Groups of a part's pairs: a tenth of those of all pairs, so that many parts take no longer than the whole.
const MOST_GROUPS_OF_PART: usize = 100;
/// Strengths from −3 to 3, as answers from 0.
const N_STRENGTHS: usize = 7;

/// A coefficient with its 95 % interval by bootstrap over pairs; no interval where pairs are too few for one, or differ too little.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// The coefficient.
    pub value: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// Agreement on which response is better, with neither as a third answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Pairs with two opinions or more.
    pub pairs: usize,
    /// Opinions on them.
    pub opinions: usize,
    /// How often two annotators of a pair agree.
    pub percent: Measure<Coefficient>,
    /// Fleiss' kappa.
    pub fleiss_kappa: Measure<Coefficient>,
    /// Randolph's kappa.
    pub randolph_kappa: Measure<Coefficient>,
    /// Gwet's AC1.
    pub gwet_ac1: Measure<Coefficient>,
    /// Krippendorff's alpha of the answers as names.
    pub alpha_nominal: Measure<Coefficient>,
}

/// Agreement on how much better, from −3 to 3; pairs that are found bad altogether play no part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrengthAgreement {
    /// Pairs with two strengths or more.
    pub pairs: usize,
    /// Krippendorff's alpha of the strengths' order.
    pub alpha_ordinal: Measure<Coefficient>,
    /// Krippendorff's alpha of their differences.
    pub alpha_interval: Measure<Coefficient>,
}

/// Two annotators, where there are no others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TwoAnnotators {
    /// Cohen's kappa of the answers as names.
    pub cohen_kappa: Measure<f64>,
    /// With weights that grow by the distance of the answers: first, neither, second.
    pub linear_kappa: Measure<f64>,
    /// With weights that grow by its square.
    pub quadratic_kappa: Measure<f64>,
}

/// Agreement on some of the pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The category, or the month as `2026-01`.
    pub name: String,
    /// Pairs with two opinions or more.
    pub pairs: usize,
    /// How often two annotators of a pair agree.
    pub percent: Measure<f64>,
    /// Krippendorff's alpha of the answers as names.
    pub alpha: Measure<f64>,
    /// Its 95 % interval by bootstrap over pairs, or why there is none.
    #[serde(default = "not_computed")]
    pub alpha_interval: Measure<Interval>,
}

fn not_computed() -> Measure<Interval> {
    Measure::CannotTell("the report was made before parts had intervals".to_owned())
}

/// How far annotators agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementReport {
    /// Everybody who voted.
    pub annotators: usize,
    /// Pairs with a vote.
    pub pairs: usize,
    /// Votes that count.
    pub votes: usize,
    /// Votes that are no opinion: skipped, flagged, unparsed.
    pub silent: usize,
    /// Who can be compared with whom.
    pub overlap: Overlap,
    /// On which response is better.
    pub answers: Agreement,
    /// On how much better.
    pub strengths: StrengthAgreement,
    /// Where there are exactly two annotators.
    pub two: Option<TwoAnnotators>,
    /// The largest categories, largest first.
    pub categories: Vec<Part>,
    /// How many categories are not told one by one, and how many pairs with two opinions they have.
    pub other_categories: (usize, usize),
    /// By the month of a pair's last opinion.
    pub months: Vec<Part>,
}

/// Measures agreement; annotators who voted more than once on a pair have one voice, see [`voices`].
pub fn agreement(ballots: &Ballots) -> AgreementReport {
    let mut sums = Sums::new();
    ballots.by_pair().for_each(|pair| sums.add(pair, &ballots.facts[pair[0].pair as usize]));
    let mut categories = sized(&sums.categories);
    categories.sort_by_key(|(name, _, pairs)| (std::cmp::Reverse(*pairs), *name));
    let others = categories.split_off(categories.len().min(MOST_CATEGORIES));
    AgreementReport {
        annotators: ballots.annotators.len(),
        pairs: sums.pairs,
        votes: ballots.ballots.len(),
        silent: ballots.ballots.iter().filter(|ballot| ballot.class().is_none()).count(),
        overlap: overlap(ballots),
        answers: of_answers(&sums.answers),
        strengths: of_strengths(&sums.strengths),
        two: (ballots.annotators.len() == 2).then(|| two(ballots)),
        categories: categories.into_iter().map(part).collect(),
        other_categories: (others.len(), others.iter().map(|(_, _, pairs)| pairs).sum()),
        months: sized(&sums.months).into_iter().map(part).collect(),
    }
}

/// What is counted, pair by pair.
struct Sums<'a> {
    pairs: usize,
    answers: Groups,
    strengths: Groups,
    categories: BTreeMap<&'a str, Groups>,
    months: BTreeMap<String, Groups>,
}

impl<'a> Sums<'a> {
    fn new() -> Self {
        Self {
            pairs: 0,
            answers: Groups::new(N_CLASSES),
            strengths: Groups::new(N_STRENGTHS),
            categories: BTreeMap::new(),
            months: BTreeMap::new(),
        }
    }

    fn add(&mut self, pair: &[Ballot], facts: &'a PairFacts) {
        self.pairs += 1;
        let counts = class_counts(pair);
        self.answers.add_item(&counts);
        self.strengths.add_item(&strength_counts(pair));
        if counts.iter().sum::<u32>() < 2 {
            return;
        }
        let nothing = || Groups::of_at_most(MOST_GROUPS_OF_PART, N_CLASSES);
        if let Some(category) = &facts.category {
            self.categories.entry(category).or_insert_with(nothing).add_item(&counts);
        }
        if let Some(last) = voices(pair).filter_map(|ballot| ballot.decided_at).max() {
            self.months.entry(month(last)).or_insert_with(nothing).add_item(&counts);
        }
    }
}

/// How many voices say first, second, neither.
pub(super) fn class_counts(pair: &[Ballot]) -> [u32; N_CLASSES] {
    let mut counts = [0; N_CLASSES];
    voices(pair).filter_map(Ballot::class).for_each(|class| counts[class] += 1);
    counts
}

fn strength_counts(pair: &[Ballot]) -> [u32; N_STRENGTHS] {
    let mut counts = [0; N_STRENGTHS];
    for ballot in voices(pair) {
        if let Verdict::Strength(strength) = ballot.verdict {
            counts[(strength.clamp(-3, 3) + 3) as usize] += 1;
        }
    }
    counts
}

pub(super) const NO_OVERLAP: &str = "no pair has opinions of two annotators";
const NO_CHOICE: &str = "all say the same, which leaves nothing to agree on beyond chance";

/// A coefficient of all pairs with its interval, or why there is none.
fn measure(groups: &Groups, name: &str, of: impl Fn(&Answers) -> Option<f64>) -> Measure<Coefficient> {
    let total = groups.total();
    if total.n_items() == 0 {
        return Measure::CannotTell(NO_OVERLAP.to_owned());
    }
    let interval = || groups.interval_or_reason(name, &of).value().copied();
    Measure::from_option(of(&total).map(|value| Coefficient { value, interval: interval() }), NO_CHOICE)
}

fn nominal(answers: &Answers) -> Option<f64> {
    answers.alpha(Level::Nominal, &[0.0, 1.0, 2.0])
}

fn of_answers(groups: &Groups) -> Agreement {
    let total = groups.total();
    Agreement {
        pairs: total.n_items(),
        opinions: total.votes().iter().sum::<f64>() as usize,
        percent: measure(groups, "percent", Answers::percent),
        fleiss_kappa: measure(groups, "fleiss kappa", Answers::fleiss_kappa),
        randolph_kappa: measure(groups, "randolph kappa", Answers::randolph_kappa),
        gwet_ac1: measure(groups, "gwet ac1", Answers::gwet_ac1),
        alpha_nominal: measure(groups, "alpha nominal", nominal),
    }
}

fn of_strengths(groups: &Groups) -> StrengthAgreement {
    let values = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
    StrengthAgreement {
        pairs: groups.total().n_items(),
        alpha_ordinal: measure(groups, "alpha ordinal", |answers| answers.alpha(Level::Ordinal, &values)),
        alpha_interval: measure(groups, "alpha interval", |answers| answers.alpha(Level::Interval, &values)),
    }
}

/// Parts by name, with how many pairs each has.
fn sized<K: AsRef<str>>(parts: &BTreeMap<K, Groups>) -> Vec<(&str, &Groups, usize)> {
    parts.iter().map(|(name, groups)| (name.as_ref(), groups, groups.n_items())).collect()
}

fn part((name, groups, pairs): (&str, &Groups, usize)) -> Part {
    let total = groups.total();
    let alpha = Measure::from_option(nominal(&total), NO_CHOICE);
    let alpha_interval = match &alpha {
        Measure::Value(_) => groups.interval_or_reason("alpha of a part", nominal),
        Measure::CannotTell(reason) => Measure::CannotTell(reason.clone()),
    };
    Part {
        name: name.to_owned(),
        pairs,
        percent: Measure::from_option(total.percent(), NO_OVERLAP),
        alpha,
        alpha_interval,
    }
}

fn two(ballots: &Ballots) -> TwoAnnotators {
    // Neither lies between the sides.
    let place = |ballot: &Ballot| ballot.class().map(|class| [0, 2, 1][class]);
    let both = |pair: &[Ballot]| {
        let mut own = voices(pair).filter_map(place);
        own.next().zip(own.next())
    };
    let ratings: Vec<(usize, usize)> = ballots.by_pair().filter_map(both).collect();
    let reason = if ratings.is_empty() { NO_OVERLAP } else { NO_CHOICE };
    let kappa = |weights| Measure::from_option(cohen_kappa(&ratings, weights), reason);
    TwoAnnotators {
        cohen_kappa: kappa(Disagreement::Nominal),
        linear_kappa: kappa(Disagreement::Linear),
        quadratic_kappa: kappa(Disagreement::Quadratic),
    }
}
