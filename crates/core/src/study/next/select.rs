//! Which kind chooses how many pairs, and in which order.

use super::candidate::{Candidate, Pool};
use super::document::{NextPair, SelectedBy, Selection};
use super::draw::draw;
use super::refresh::{Lever, disputed, levers};
use super::settings::NextSettings;
use super::tree::trees;

/// Chooses kind by kind; no pair twice.
pub(super) struct Selector<'a> {
    pool: &'a Pool<'a>,
    settings: &'a NextSettings,
    /// How many pairs there are to be.
    n_pairs: usize,
    n_random: usize,
    /// Places of all candidates, the largest gain first.
    by_gain: Vec<usize>,
    is_chosen: Vec<bool>,
    pub pairs: Vec<NextPair>,
}

impl<'a> Selector<'a> {
    pub fn new(pool: &'a Pool<'a>, settings: &'a NextSettings) -> Self {
        let candidates = &pool.candidates;
        let n_pairs = settings.n_pairs.min(candidates.len());
        // What lies above a whole number by rounding alone is that number.
        let n_random = libm::ceil(settings.shares.random * n_pairs as f64 - 1e-9) as usize;
        let mut by_gain: Vec<usize> = (0..candidates.len()).collect();
        by_gain.sort_by(|a, b| {
            let (a, b) = (&candidates[*a], &candidates[*b]);
            b.gain.total_cmp(&a.gain).then_with(|| a.id().cmp(b.id()))
        });
        let is_chosen = vec![false; candidates.len()];
        Self { pool, settings, n_pairs, n_random, by_gain, is_chosen, pairs: Vec::new() }
    }

    /// The random part, before anything of a pair is looked at; `n_votes` is how many votes there are.
    pub fn draw(&mut self, n_votes: usize) {
        let n_eligible = self.pool.candidates.len();
        for place in draw(&self.pool.candidates, self.n_random, (self.settings.seed, n_votes)) {
            let reason = format!("drawn at random from all {n_eligible} pairs that can be asked");
            self.choose(place, SelectedBy::Random, reason);
        }
    }

    /// The first of the pairs that are due again.
    pub fn take_anchors(&mut self, due: Vec<usize>) {
        let n = self.quota(self.settings.shares.anchors);
        for place in self.free(due).take(n).collect::<Vec<_>>() {
            let known = &self.pool.candidates[place].evidence;
            let age = known.age_days.unwrap_or(0.0);
            let people = people(known.n_voters);
            let reason = format!("{people} judged it, last {age:.0} days ago: does the standard still hold?");
            self.choose(place, SelectedBy::Anchor, reason);
        }
    }

    /// Pairs on which judges disagree.
    pub fn take_disputed(&mut self) {
        let n = self.quota(self.settings.shares.disputed);
        for place in self.free(disputed(&self.pool.candidates)).take(n).collect::<Vec<_>>() {
            let [first, second] = self.pool.candidates[place].evidence.judge_answers;
            let reason = format!("judges answer {first} to {second} on it");
            self.choose(place, SelectedBy::Disputed, reason);
        }
    }

    /// Old pairs on whose votes much rests, or whose votes count little.
    pub fn take_levers(&mut self) {
        let n = self.quota(self.settings.shares.leverage);
        let levers = levers(&self.pool.candidates, self.settings.old_after_days);
        let free = levers.into_iter().filter(|(place, _)| !self.is_chosen[*place]);
        for (place, lever) in free.take(n).collect::<Vec<_>>() {
            let age = self.pool.candidates[place].evidence.age_days.unwrap_or(0.0);
            let (by, reason) = match lever {
                Lever::Rests(leverage) => (
                    SelectedBy::Leverage,
                    format!("its votes are {age:.0} days old, with a leverage of {leverage:.2}"),
                ),
                Lever::Faded(weight) => (
                    SelectedBy::Faded,
                    format!("its votes weigh {weight:.2} at most by now, and none is newer"),
                ),
            };
            self.choose(place, by, reason);
        }
    }

    /// All that is left: whole trees as long as they fit, then whatever tells most.
    pub fn take_by_gain(&mut self) {
        for tree in trees(self.pool, &self.is_chosen, &self.by_gain) {
            if tree.places.len() <= self.n_left() {
                for place in tree.places {
                    self.choose(place, SelectedBy::Tree, "it connects its prompt's responses".to_owned());
                }
            }
        }
        let rest: Vec<usize> = self.free(self.by_gain.clone()).take(self.n_left()).collect();
        for place in rest {
            let reason = "a vote on it is expected to tell more than one on the pairs after it".to_owned();
            self.choose(place, SelectedBy::Gain, reason);
        }
    }

    /// How many samples have responses that are still apart.
    pub fn n_unconnected(&self) -> usize {
        trees(self.pool, &self.is_chosen, &self.by_gain).len()
    }

    fn choose(&mut self, place: usize, by: SelectedBy, reason: String) {
        let candidate: &Candidate<'_> = &self.pool.candidates[place];
        let pair = &candidate.indexed.pair;
        self.is_chosen[place] = true;
        self.pairs.push(NextPair {
            schema: NextPair::SCHEMA.to_owned(),
            pair: pair.id.clone(),
            prompt_id: candidate.indexed.sample.prompt.id.clone(),
            responses: [pair.first.id.clone(), pair.second.id.clone()],
            selection: Selection {
                by,
                propensity: self.n_random as f64 / self.pool.candidates.len() as f64,
                gain_nats: candidate.gain,
            },
            reason,
        });
    }

    fn n_left(&self) -> usize {
        self.n_pairs - self.pairs.len()
    }

    fn quota(&self, share: f64) -> usize {
        (libm::floor(share * self.n_pairs as f64 + 1e-9) as usize).min(self.n_left())
    }

    fn free(&self, places: Vec<usize>) -> impl Iterator<Item = usize> + '_ {
        places.into_iter().filter(|place| !self.is_chosen[*place])
    }
}

fn people(n: u32) -> String {
    if n == 1 { "one person".to_owned() } else { format!("{n} people") }
}
