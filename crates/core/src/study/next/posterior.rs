//! How strong the responses to one prompt are, by the votes so far.

use crate::statistics::{Design, LogisticFit, sigmoid};

/// A comparison of two responses, with the votes on it put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Compared {
    /// The two, by numbers within the prompt from 0.
    pub responses: [usize; 2],
    /// The mean outcome, 1 where the first was preferred.
    pub outcome: f64,
    /// What the votes weigh together, above 0.
    pub weight: f64,
}

/// What is believed of the difference of two strengths: it is normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Difference {
    /// Its mean, in logits.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
}

impl Difference {
    /// p (1 − p) at the mean: what one vote adds to the precision.
    pub fn information(self) -> f64 {
        let p = sigmoid(self.mean);
        p * (1.0 - p)
    }
}

/// A Bradley-Terry model of one prompt's responses: strengths with a normal prior each, around their best values as normal as the curvature there says (Laplace).
pub(super) struct Posterior {
    prior_variance: f64,
    fit: Option<LogisticFit>,
}

impl Posterior {
    /// Of so many responses, whose strengths have this variance before any vote.
    pub fn new(n_responses: usize, compared: &[Compared], prior_variance: f64) -> Self {
        let mut design = Design::new(n_responses);
        for Compared { responses: [a, b], outcome, weight } in compared {
            let sign = |place| f64::from(u8::from(place == *a)) - f64::from(u8::from(place == *b));
            design.push((0..n_responses).map(sign), *outcome, *weight, 0);
        }
        let ridge = vec![1.0 / prior_variance; n_responses];
        let fit = if compared.is_empty() { None } else { design.rows().fit(&ridge) };
        Self { prior_variance, fit }
    }

    /// What is believed of two different responses.
    pub fn difference(&self, [a, b]: [usize; 2]) -> Difference {
        let Some(fit) = &self.fit else {
            return Difference { mean: 0.0, variance: 2.0 * self.prior_variance };
        };
        let covariance = fit.covariance();
        let variance = covariance.at(a, a) + covariance.at(b, b) - 2.0 * covariance.at(a, b);
        Difference { mean: fit.coefficients[a] - fit.coefficients[b], variance: variance.max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Observation;
    use crate::statistics::log_likelihood;

    fn compared(responses: [usize; 2], outcome: f64, weight: f64) -> Compared {
        Compared { responses, outcome, weight }
    }

    #[test]
    fn without_votes_all_is_as_before() {
        let found = Posterior::new(3, &[], 1.5).difference([2, 0]);
        assert_eq!(found, Difference { mean: 0.0, variance: 3.0 });
    }

    /// Of two responses only the difference d is moved by votes; its prior has twice the variance of a strength.
    #[test]
    fn two_responses_are_a_regression_with_one_coefficient() {
        let (wins, losses, prior) = (3.0, 1.0, 1.0);
        let both = [compared([0, 1], 1.0, wins), compared([0, 1], 0.0, losses)];
        let found = Posterior::new(2, &both, prior).difference([0, 1]);
        // At the best d the derivative of log-likelihood and prior is 0.
        let slope = wins - (wins + losses) * sigmoid(found.mean) - found.mean / (2.0 * prior);
        assert!(slope.abs() < 1e-9, "{slope}");
        let precision = (wins + losses) * found.information() + 1.0 / (2.0 * prior);
        assert!((found.variance - 1.0 / precision).abs() < 1e-9);
        let together = Posterior::new(2, &[compared([0, 1], 0.75, 4.0)], prior).difference([0, 1]);
        assert!((together.mean - found.mean).abs() < 1e-9, "votes on one pair can be put together");
    }

    /// The mean and the variance of a difference by a sum over a fine grid of three strengths.
    #[test]
    fn three_responses_are_as_by_numerical_integration() {
        let votes = [compared([0, 1], 1.0, 1.0), compared([1, 2], 1.0, 1.0), compared([0, 2], 0.5, 1.0)];
        let rows: Vec<Observation> = votes
            .iter()
            .map(|vote| {
                let mut features = vec![0.0; 3];
                features[vote.responses[0]] = 1.0;
                features[vote.responses[1]] = -1.0;
                Observation { features, outcome: vote.outcome, weight: vote.weight, cluster: 0 }
            })
            .collect();
        let grid = || (-16..=16).map(|step| f64::from(step) * 0.25);
        let (mut mass, mut first, mut second) = (0.0, 0.0, 0.0);
        for (a, b, c) in grid().flat_map(|a| grid().flat_map(move |b| grid().map(move |c| (a, b, c)))) {
            let log_prior = -(a * a + b * b + c * c) / 2.0;
            let density = libm::exp(log_likelihood(&rows, &[a, b, c]) + log_prior);
            mass += density;
            first += density * (a - c);
            second += density * (a - c) * (a - c);
        }
        let (mean, variance) = (first / mass, second / mass - (first / mass) * (first / mass));
        let found = Posterior::new(3, &votes, 1.0).difference([0, 2]);
        // The best value of a skewed density is not its mean: Laplace's approximation is near, and no more.
        assert!((found.mean - mean).abs() < 0.1 * mean, "{} and {mean}", found.mean);
        assert!((found.variance - variance).abs() < 0.1 * variance, "{} and {variance}", found.variance);
    }

    #[test]
    fn a_chain_of_votes_tells_of_its_ends() {
        let chain = [compared([0, 1], 1.0, 1.0), compared([1, 2], 1.0, 1.0)];
        let posterior = Posterior::new(4, &chain, 1.0);
        assert!(posterior.difference([0, 2]).mean > posterior.difference([0, 1]).mean);
        assert!(posterior.difference([0, 3]).variance > posterior.difference([0, 1]).variance);
    }
}
