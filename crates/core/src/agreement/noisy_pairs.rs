//! What responses are worth, where workers may answer without reading and prefer a side of the screen.
//!
//! The noisy Bradley-Terry model (Bugakova, Fedorova, Gusev and Drutsa 2019, "Aggregation of pairwise comparisons with reduction of biases"):
//! a worker reads with a probability of their own, their skill, and then prefers the left one with probability σ(s_left − s_right);
//! else the left one is chosen with a probability of their own, their bias.
//!
//! The estimate is the most probable one under a normal prior for scores and uniform priors, Beta(2, 2), for skill and bias, by expectation and maximisation.
//! In each step the scores go up by one bounded Newton step (Hunter 2004, "MM algorithms for generalized Bradley-Terry models", gives the bound), so that a step costs as much as there are comparisons.

use crate::statistics::sigmoid;

/// Added to the counts of both outcomes of a share: the mode under a Beta(2, 2) prior.
const PRIOR_COUNT: f64 = 1.0;

/// One choice of a worker; all are numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideBySide {
    /// The worker.
    pub worker: usize,
    /// The response on the left, or shown first.
    pub left: usize,
    /// The other.
    pub right: usize,
    /// Whether the left one was preferred.
    pub left_wins: bool,
}

/// How the estimate is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoisySettings {
    /// The scores' prior precision, above 0: 1 holds them within about ±2, and keeps those finite that only win.
    pub ridge: f64,
    /// How often the estimate is improved at most.
    pub most_steps: usize,
    /// The estimate stands where no skill or bias moves by more than this.
    pub smallest_change: f64,
}

impl Default for NoisySettings {
    fn default() -> Self {
        Self { ridge: 1.0, most_steps: 2000, smallest_change: 1e-8 }
    }
}

/// What responses and workers are.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyBradleyTerry {
    /// For each response what it is worth, in nats around 0.
    pub scores: Vec<f64>,
    /// For each worker the probability that an answer rests on the responses; without answers one half.
    pub skills: Vec<f64>,
    /// For each worker the probability of choosing the left one when it does not.
    pub biases: Vec<f64>,
    /// How often the estimate was improved.
    pub n_steps: usize,
}

/// Estimates scores, skills and biases.
///
/// Whether sides were dealt out at random decides what can be told apart: where one response always stands left, its worth and a bias are the same thing, and the priors alone divide them.
pub fn noisy_bradley_terry(comparisons: &[SideBySide], settings: &NoisySettings) -> NoisyBradleyTerry {
    let size =
        |number: fn(&SideBySide) -> usize| comparisons.iter().map(number).max().map_or(0, |most| most + 1);
    let n_items = size(|comparison| comparison.left.max(comparison.right));
    let n_workers = size(|comparison| comparison.worker);
    let mut found = NoisyBradleyTerry {
        scores: vec![0.0; n_items],
        skills: vec![0.75; n_workers],
        biases: vec![0.5; n_workers],
        n_steps: 0,
    };
    let mut sums = Sums { workers: vec![WorkerSums::default(); n_workers], items: vec![(0.0, 0.0); n_items] };
    while found.n_steps < settings.most_steps {
        sums.collect(comparisons, &found);
        let change = sums.improve(&mut found, settings.ridge);
        found.n_steps += 1;
        if change < settings.smallest_change {
            break;
        }
    }
    found
}

/// What a step is made of.
struct Sums {
    workers: Vec<WorkerSums>,
    /// For each item the gradient, and a bound of the second derivative.
    items: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct WorkerSums {
    n: f64,
    read: f64,
    left_unread: f64,
}

impl Sums {
    /// How probable it is of each answer that it rests on the responses.
    fn collect(&mut self, comparisons: &[SideBySide], found: &NoisyBradleyTerry) {
        self.workers.fill(WorkerSums::default());
        self.items.fill((0.0, 0.0));
        for comparison in comparisons {
            let SideBySide { worker, left, right, left_wins } = *comparison;
            let p_left = sigmoid(found.scores[left] - found.scores[right]);
            let (skill, bias) = (found.skills[worker], found.biases[worker]);
            let of_answer = |p: f64| if left_wins { p } else { 1.0 - p };
            let by_reading = skill * of_answer(p_left);
            let read = by_reading / (by_reading + (1.0 - skill) * of_answer(bias));
            let sums = &mut self.workers[worker];
            sums.n += 1.0;
            sums.read += read;
            sums.left_unread += if left_wins { 1.0 - read } else { 0.0 };
            let residual = read * (f64::from(u8::from(left_wins)) - p_left);
            // p (1 − p) is at most a quarter, and a pair's two scores move against each other.
            let curvature = read / 2.0;
            for (item, gradient) in [(left, residual), (right, -residual)] {
                self.items[item].0 += gradient;
                self.items[item].1 += curvature;
            }
        }
    }

    /// The largest change of a skill or bias is the result.
    fn improve(&self, found: &mut NoisyBradleyTerry, ridge: f64) -> f64 {
        for (score, (gradient, curvature)) in found.scores.iter_mut().zip(&self.items) {
            *score += (gradient - ridge * *score) / (curvature + ridge);
        }
        let mut change = 0.0f64;
        for (worker, sums) in self.workers.iter().enumerate() {
            let share = |count: f64, n: f64| (count + PRIOR_COUNT) / (n + 2.0 * PRIOR_COUNT);
            let skill = share(sums.read, sums.n);
            let bias = share(sums.left_unread, sums.n - sums.read);
            change = change.max((skill - found.skills[worker]).abs());
            change = change.max((bias - found.biases[worker]).abs());
            (found.skills[worker], found.biases[worker]) = (skill, bias);
        }
        change
    }
}
