//! Any number of annotators, by how many of them gave each answer to an item.

use super::Level;
use crate::report::Measure;
use crate::statistics::{Interval, bootstrap};

/// Groups that the bootstrap draws from: fewer than items, so that it stays fast however many there are.
const MOST_GROUPS: usize = 1000;
/// An interval by bootstrap over fewer items is too narrow, because these few stand for all that could have been drawn.
const LEAST_FOR_INTERVAL: usize = 20;

/// What all coefficients for many annotators are computed from; parts can be added to each other.
///
/// Items with fewer than two answers say nothing about agreement and are passed over.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    n_classes: usize,
    n_items: f64,
    /// The sum over items of the share of pairs of annotators who agree.
    agreeing: f64,
    /// How often each answer was given.
    votes: Vec<f64>,
    /// The sum over items of the share of its answers that are this one.
    shares: Vec<f64>,
    /// By two answers: how often they meet in an item, each item counting as often as it has answers.
    coincidences: Vec<f64>,
}

impl Answers {
    /// Nothing yet; `n_classes` counts all answers there are, used or not.
    pub fn new(n_classes: usize) -> Self {
        Self {
            n_classes,
            n_items: 0.0,
            agreeing: 0.0,
            votes: vec![0.0; n_classes],
            shares: vec![0.0; n_classes],
            coincidences: vec![0.0; n_classes * n_classes],
        }
    }

    /// Adds an item; `counts` says how many gave each answer.
    pub fn add_item(&mut self, counts: &[u32]) {
        let n: f64 = counts.iter().copied().map(f64::from).sum();
        if n < 2.0 {
            return;
        }
        self.n_items += 1.0;
        for (a, n_a) in counts.iter().copied().map(f64::from).enumerate() {
            self.votes[a] += n_a;
            self.shares[a] += n_a / n;
            self.agreeing += n_a * (n_a - 1.0) / (n * (n - 1.0));
            for (b, n_b) in counts.iter().copied().map(f64::from).enumerate() {
                let meetings = if a == b { n_a * (n_a - 1.0) } else { n_a * n_b };
                self.coincidences[a * self.n_classes + b] += meetings / (n - 1.0);
            }
        }
    }

    /// Adds the items of another part.
    pub fn add(&mut self, other: &Self) {
        self.n_items += other.n_items;
        self.agreeing += other.agreeing;
        for (sums, more) in [
            (&mut self.votes, &other.votes),
            (&mut self.shares, &other.shares),
            (&mut self.coincidences, &other.coincidences),
        ] {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }

    /// How many items have two answers or more.
    pub fn n_items(&self) -> usize {
        self.n_items as usize
    }

    /// How often each answer was given to these items.
    pub fn votes(&self) -> &[f64] {
        &self.votes
    }

    /// The share of pairs of annotators who agree, as a mean over items; none without items.
    pub fn percent(&self) -> Option<f64> {
        (self.n_items > 0.0).then(|| self.agreeing / self.n_items)
    }

    /// Fleiss' kappa, whose chance is that of answers as frequent as they are altogether; for two annotators it is Scott's pi.
    ///
    /// Fleiss 1971, "Measuring nominal scale agreement among many raters"; Scott 1955, "Reliability of content analysis".
    /// None without items, and where all answers are the same, which chance explains as well.
    pub fn fleiss_kappa(&self) -> Option<f64> {
        let n: f64 = self.votes.iter().sum();
        self.beyond(self.votes.iter().map(|count| count / n * (count / n)).sum())
    }

    /// Randolph's kappa, whose chance is that of all answers being equally likely.
    ///
    /// Randolph 2005, "Free-marginal multirater kappa".
    /// None without items, and with a single possible answer.
    pub fn randolph_kappa(&self) -> Option<f64> {
        self.beyond(1.0 / self.n_classes as f64)
    }

    /// Gwet's AC1 for any number of annotators, whose chance does not rise where nearly all answers are the same.
    ///
    /// Gwet 2008, "Computing inter-rater reliability and its variance in the presence of high agreement".
    /// None without items, and with a single possible answer.
    pub fn gwet_ac1(&self) -> Option<f64> {
        let spread: f64 = self.shares.iter().map(|sum| sum / self.n_items).map(|p| p * (1.0 - p)).sum();
        self.beyond(spread / (self.n_classes as f64 - 1.0))
    }

    /// Krippendorff's alpha, see [`krippendorff_alpha`](super::krippendorff_alpha); `values` says what each answer is worth, in rising order.
    pub fn alpha(&self, level: Level, values: &[f64]) -> Option<f64> {
        let n: f64 = self.votes.iter().sum();
        let (mut found, mut expected) = (0.0, 0.0);
        for a in 0..self.n_classes {
            for b in (0..self.n_classes).filter(|b| *b != a) {
                let distance = level.distance(a, b, values, &self.votes);
                found += self.coincidences[a * self.n_classes + b] * distance;
                expected += self.votes[a] * self.votes[b] * distance;
            }
        }
        let alpha = 1.0 - (n - 1.0) * found / expected;
        (expected > 0.0 && alpha.is_finite()).then_some(alpha)
    }

    /// Agreement beyond `chance`; none where there is nothing, or chance leaves nothing.
    fn beyond(&self, chance: f64) -> Option<f64> {
        let kappa = (self.percent()? - chance) / (1.0 - chance);
        (chance < 1.0 && kappa.is_finite()).then_some(kappa)
    }
}

/// Items dealt out to at most a thousand groups, or as many as asked for, which the bootstrap draws anew.
///
/// Items are independent of each other, so that groups of them are, and a draw costs as many additions as there are groups and not as there are items.
#[derive(Clone, Debug)]
pub struct Groups {
    groups: Vec<Answers>,
    n_classes: usize,
    n_dealt: u64,
    most: usize,
}

impl Groups {
    /// Nothing yet.
    pub fn new(n_classes: usize) -> Self {
        Self::of_at_most(MOST_GROUPS, n_classes)
    }

    /// Nothing yet, and never more than `most` groups, above 0: an interval takes that much less time, and its ends are that much rougher.
    pub fn of_at_most(most: usize, n_classes: usize) -> Self {
        Self { groups: Vec::new(), n_classes, n_dealt: 0, most }
    }

    /// Adds an item to a group, if it has two answers or more.
    pub fn add_item(&mut self, counts: &[u32]) {
        if counts.iter().sum::<u32>() < 2 {
            return;
        }
        let group = if self.groups.len() < self.most {
            self.groups.push(Answers::new(self.n_classes));
            self.groups.len() - 1
        } else {
            (scrambled(self.n_dealt) % self.most as u64) as usize
        };
        self.groups[group].add_item(counts);
        self.n_dealt += 1;
    }

    /// How many items were added.
    pub fn n_items(&self) -> usize {
        self.n_dealt as usize
    }

    /// All items together.
    pub fn total(&self) -> Answers {
        self.drawn(0..self.groups.len())
    }

    /// The 95 % interval of a coefficient by bootstrap over items; none with fewer than two items, or where it has rarely a value.
    pub fn interval(&self, name: &str, coefficient: impl Fn(&Answers) -> Option<f64>) -> Option<Interval> {
        const REPLICATES: u32 = 1000;
        bootstrap(name, self.groups.len(), REPLICATES, |drawn| {
            coefficient(&self.drawn(drawn.iter().copied()))
        })
    }

    /// The same where items are enough for an interval that does not claim too much, or why there is none.
    pub fn interval_or_reason(
        &self,
        name: &str,
        coefficient: impl Fn(&Answers) -> Option<f64>,
    ) -> Measure<Interval> {
        if self.n_dealt < LEAST_FOR_INTERVAL as u64 {
            return Measure::CannotTell(format!("an interval takes {LEAST_FOR_INTERVAL}"));
        }
        let found = self.interval(name, coefficient).filter(|found| found.low < found.high);
        Measure::from_option(found, "these differ too little for an interval")
    }

    fn drawn(&self, places: impl Iterator<Item = usize>) -> Answers {
        let mut sum = Answers::new(self.n_classes);
        places.for_each(|place| sum.add(&self.groups[place]));
        sum
    }
}

/// A number that looks random, so that items which come in a pattern do not fill groups with their like.
///
/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
