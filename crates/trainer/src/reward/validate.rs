//! What a head is worth on dialogues that were set aside, and the probability that its cosine stands for.

use tiebreak_core::schema::{Message, Role};
use tiebreak_engine::reward::RewardHead;

use crate::held_out::HeldOut;

/// Cosines of each message with its own reply and with all replies of other intents.
pub struct Cosines {
    /// One a dialogue.
    pub fitting: Vec<f64>,
    /// Any number a dialogue.
    pub unfitting: Vec<Vec<f64>>,
}

/// Compares every message with its own reply and with every reply of another intent.
pub fn cosines(head: &RewardHead, dialogues: &[HeldOut]) -> Cosines {
    let mut cosines = Cosines { fitting: Vec::new(), unfitting: Vec::new() };
    for dialogue in dialogues {
        let context = head.read_prompt(&[Message::new(Role::User, &dialogue.prompt)]);
        let others = dialogues.iter().filter(|other| other.intent != dialogue.intent);
        cosines.fitting.push(context.cosine(&dialogue.reply));
        cosines.unfitting.push(others.map(|other| context.cosine(&other.reply)).collect());
    }
    cosines
}

impl Cosines {
    /// The share of comparisons that the fitting reply wins.
    pub fn accuracy(&self) -> f64 {
        let all: usize = self.unfitting.iter().map(Vec::len).sum();
        let right = self.fitting.iter().zip(&self.unfitting);
        let right: usize =
            right.map(|(own, others)| others.iter().filter(|other| own > *other).count()).sum();
        right as f64 / all as f64
    }

    /// The slope and offset with which σ(slope · cosine + offset) is the probability that a reply fits, where half of all replies do.
    ///
    /// A logistic regression by Newton's method, in which the replies of other intents together weigh as much as the fitting ones.
    pub fn logistic(&self) -> (f64, f64) {
        let (mut slope, mut offset) = (1.0, 0.0);
        for _ in 0..NEWTON_STEPS {
            let mut sums = Sums::default();
            let mut add = |cosine: f64, fits: f64, weight: f64| {
                let p = 1.0 / (1.0 + libm::exp(-(slope * cosine + offset)));
                sums.add(cosine, weight * (fits - p), weight * p * (1.0 - p));
            };
            for (own, others) in self.fitting.iter().zip(&self.unfitting) {
                add(*own, 1.0, 1.0);
                others.iter().for_each(|other| add(*other, 0.0, 1.0 / others.len() as f64));
            }
            let (by_slope, by_offset) = sums.newton();
            slope += by_slope;
            offset += by_offset;
        }
        (slope, offset)
    }
}

const NEWTON_STEPS: usize = 30;

/// The gradient and the curvature of the log-likelihood.
#[derive(Default)]
struct Sums {
    gradient: [f64; 2],
    /// By slope twice, by slope and offset, by offset twice.
    curvature: [f64; 3],
}

impl Sums {
    fn add(&mut self, cosine: f64, error: f64, variance: f64) {
        self.gradient[0] += error * cosine;
        self.gradient[1] += error;
        self.curvature[0] += variance * cosine * cosine;
        self.curvature[1] += variance * cosine;
        self.curvature[2] += variance;
    }

    fn newton(&self) -> (f64, f64) {
        let ([g, h], [a, b, c]) = (self.gradient, self.curvature);
        let determinant = a * c - b * b;
        if determinant.abs() < f64::MIN_POSITIVE {
            return (0.0, 0.0);
        }
        ((c * g - b * h) / determinant, (a * h - b * g) / determinant)
    }
}
