//! Votes whose drift is known because it was planted.

use super::comparison::{Coding, Comparison, Comparisons, Terms};
use crate::random::{Purpose, ResponseRandom};
use crate::statistics::sigmoid;

const N_ITEMS: usize = 6;
/// Of all votes, in days.
const SPAN: f64 = 365.0;

/// What is true of the votes; everything in nats.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    pub seed: u64,
    pub n_votes: usize,
    /// By how much the worth of length rises in the middle.
    pub jump: f64,
    pub n_annotators: usize,
    /// The standard deviation of the annotators' own worth of length.
    pub spread: f64,
    /// The only annotator for whom it rises; none for all.
    pub jumps_only: Option<usize>,
    /// Whether annotators are there all the time.
    pub is_mixed: bool,
}

impl Default for Planted {
    fn default() -> Self {
        Self {
            seed: 0,
            n_votes: 600,
            jump: 0.0,
            n_annotators: 1,
            spread: 0.0,
            jumps_only: None,
            is_mixed: false,
        }
    }
}

/// Random numbers of one key, one after another.
pub struct Draws(ResponseRandom, u32);

impl Draws {
    pub fn new(seed: u64, name: &str) -> Self {
        Self(ResponseRandom::new(seed, name, 0), 0)
    }

    pub fn uniform(&mut self) -> f64 {
        self.1 += 1;
        self.0.uniform(Purpose::Resample, self.1)
    }

    /// A standard normal number (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.uniform())
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }
}

/// Who votes: each annotator is there for about a sixth of the time.
pub fn annotator_at(draws: &mut Draws, share_of_time: f64, n_annotators: usize) -> usize {
    let place = share_of_time * 0.85 + draws.uniform() * 0.15;
    ((place * n_annotators as f64) as usize).min(n_annotators - 1)
}

/// Six items, a position that is worth 0.2, and a length that is worth 0.1.
pub fn simulate(planted: Planted) -> Comparisons {
    let mut draws = Draws::new(planted.seed, "drift");
    let own: Vec<f64> = (0..planted.n_annotators).map(|_| planted.spread * draws.normal()).collect();
    let votes = (0..planted.n_votes)
        .map(|i| {
            let time = i as f64 / planted.n_votes as f64;
            let a = draws.below(N_ITEMS);
            let b = (a + 1 + draws.below(N_ITEMS - 1)) % N_ITEMS;
            let position = if draws.uniform() < 0.5 { 1.0 } else { -1.0 };
            let length = draws.normal();
            let annotator = if planted.is_mixed {
                draws.below(planted.n_annotators)
            } else {
                annotator_at(&mut draws, time, planted.n_annotators)
            };
            let jumps = time >= 0.5 && planted.jumps_only.is_none_or(|only| only == annotator);
            let jump = if jumps { planted.jump } else { 0.0 };
            let strength = 0.3 * (b as f64 - a as f64);
            let eta = strength + 0.2 * position + (0.1 + own[annotator] + jump) * length;
            Comparison {
                items: Some([a, b]),
                position,
                features: vec![length],
                outcome: f64::from(u8::from(draws.uniform() < sigmoid(eta))),
                time_days: SPAN * time,
                annotator,
                pair: i,
            }
        })
        .collect();
    let terms = Terms {
        items: (0..N_ITEMS).map(|item| format!("model {item}")).collect(),
        has_position: true,
        features: vec!["length".to_owned()],
    };
    Comparisons::new(terms, votes, Coding::RelativeToFirst)
}
