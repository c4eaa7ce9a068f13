//! Experts among which some are chosen for each token (Shazeer et al. 2017, "Outrageously large neural networks: the sparsely-gated mixture-of-experts layer").

/// The experts of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpertsConfig {
    /// How many are there to be chosen from.
    pub count: usize,
    /// How many compute a token; at most `count`.
    pub used: usize,
    /// The width inside each of them.
    pub feed_forward_length: usize,
    /// Whether the weights of those that are chosen sum to 1, and are not each one's share among all.
    pub is_normalised: bool,
    /// The width inside the one beside them that computes every token, where there is one.
    pub shared_feed_forward_length: Option<usize>,
}

impl ExpertsConfig {
    /// The experts of one token by their scores, (count), each with the weight of what it computes; in the order of their numbers.
    ///
    /// Of equal scores the first counts as higher.
    pub(crate) fn choose(&self, scores: &[f32]) -> Vec<(usize, f32)> {
        let mut chosen: Vec<usize> = (0..scores.len()).collect();
        chosen.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        let highest = scores[chosen[0]];
        let raised = |score: f32| libm::exp(f64::from(score - highest));
        chosen.truncate(self.used);
        let all: f64 = if self.is_normalised {
            chosen.iter().map(|expert| raised(scores[*expert])).sum()
        } else {
            scores.iter().map(|score| raised(*score)).sum()
        };
        chosen.sort_unstable();
        chosen.into_iter().map(|expert| (expert, (raised(scores[expert]) / all) as f32)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experts(is_normalised: bool) -> ExpertsConfig {
        ExpertsConfig {
            count: 4,
            used: 2,
            feed_forward_length: 32,
            is_normalised,
            shared_feed_forward_length: None,
        }
    }

    #[test]
    fn the_highest_are_chosen_and_weighed() {
        // Powers of e to 1, 2, 4 and 3 of 10.
        let scores = [1.0f32, 2.0, 4.0, 3.0].map(f32::ln);
        let [(first, a), (second, b)] = experts(false).choose(&scores)[..] else { panic!("not two") };
        assert_eq!((first, second), (2, 3));
        assert!((a - 0.4).abs() < 1e-6 && (b - 0.3).abs() < 1e-6, "{a} {b}");
        let [(_, a), (_, b)] = experts(true).choose(&scores)[..] else { panic!("not two") };
        assert!((a - 4.0 / 7.0).abs() < 1e-6 && (b - 3.0 / 7.0).abs() < 1e-6, "{a} {b}");
    }

    #[test]
    fn of_equal_scores_the_first_are_chosen() {
        assert_eq!(experts(true).choose(&[0.0; 4]), [(0, 0.5), (1, 0.5)]);
    }

    #[test]
    fn scores_that_are_not_finite_give_weights_that_are_not_and_no_panic() {
        for scores in [[f32::NAN, 0.0, 0.0, 1.0], [f32::INFINITY, f32::INFINITY, 0.0, 0.0]] {
            assert!(experts(true).choose(&scores).iter().any(|(_, weight)| weight.is_nan()));
        }
    }
}
