//! Which prompts are kept for testing.
//!
//! A test part that holds a training prompt in other words measures memory.
//! So what is split are clusters of prompts that ask nearly the same, see [`NearDuplicates`], and each is in one part as a whole; what their system messages share makes no prompts alike.
//! A cluster's draw depends on the seed and its prompts alone, so that prompts that come later move few of the others.

use crate::diversity::NearDuplicates;
use crate::random::{Purpose, ResponseRandom};
use crate::schema::{ContentHash, Message, asked_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which samples are in the test part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    is_test: Vec<bool>,
}

/// What a split came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SplitFacts {
    /// The share of pairs that was wanted in the test part.
    pub share: f64,
    /// The seed.
    pub seed: u64,
    /// Clusters of prompts with a pair that goes out.
    pub clusters: u64,
    /// Of these, the ones in the test part.
    pub test_clusters: u64,
}

/// Takes the prompts of samples one by one.
#[derive(Clone, Debug, Default)]
pub struct Prompts {
    hashes: Vec<u64>,
    texts: NearDuplicates,
}

impl Prompts {
    /// Takes the prompt of the next sample.
    pub fn add(&mut self, messages: &[Message]) {
        let mut hash = ContentHash::new("tiebreak/export/prompt/1");
        hash.messages(messages);
        self.hashes.push(hash.number());
        self.texts.add(&asked_text(messages));
    }

    /// Splits the prompts so that about `share` (0 to 1) of the pairs are for testing; `n_out` says how many pairs of each sample go out.
    ///
    /// Clusters join the test part in the order of their draws, as long as that brings it nearer to the share.
    pub fn split(&self, n_out: &[u32], share: f64, seed: u64) -> (Split, SplitFacts) {
        let clusters = self.clusters(n_out);
        let total: u64 = n_out.iter().map(|n| u64::from(*n)).sum();
        let wanted = share * total as f64;
        let mut facts = SplitFacts { share, seed, clusters: clusters.len() as u64, test_clusters: 0 };
        let mut is_test = vec![false; n_out.len()];
        let mut drawn: Vec<(f64, Vec<usize>)> =
            clusters.into_iter().map(|(hash, samples)| (draw(seed, hash), samples)).collect();
        drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut n_test = 0.0;
        for (_, samples) in drawn {
            let n: f64 = samples.iter().map(|sample| f64::from(n_out[*sample])).sum();
            if n_test + n / 2.0 > wanted {
                continue;
            }
            n_test += n;
            facts.test_clusters += 1;
            samples.into_iter().for_each(|sample| is_test[sample] = true);
        }
        (Split { is_test }, facts)
    }

    /// The samples of each cluster that has a pair, by the smallest hash of its prompts.
    fn clusters(&self, n_out: &[u32]) -> BTreeMap<u64, Vec<usize>> {
        let mut clusters: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (sample, cluster) in self.texts.groups().into_iter().enumerate() {
            if n_out[sample] > 0 {
                clusters.entry(cluster).or_default().push(sample);
            }
        }
        let hash = |samples: &[usize]| samples.iter().map(|sample| self.hashes[*sample]).min().unwrap_or(0);
        clusters.into_values().map(|samples| (hash(&samples), samples)).collect()
    }
}

impl Split {
    /// Whether a sample, by its number from 0, is in the test part.
    pub fn is_test(&self, sample: usize) -> bool {
        self.is_test.get(sample).copied().unwrap_or(false)
    }
}

fn draw(seed: u64, hash: u64) -> f64 {
    ResponseRandom::new(seed, &format!("{hash:016x}"), 0).uniform(Purpose::TestPart, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Role;

    /// Whether each prompt is in the test part, where each has one pair.
    fn split(texts: &[String], share: f64, seed: u64) -> (Vec<bool>, SplitFacts) {
        let mut prompts = Prompts::default();
        texts.iter().for_each(|text| prompts.add(&[Message::new(Role::User, &**text)]));
        let (split, facts) = prompts.split(&vec![1; texts.len()], share, seed);
        ((0..texts.len()).map(|sample| split.is_test(sample)).collect(), facts)
    }

    fn different(n: usize) -> Vec<String> {
        let word = |i: usize| ["order", "refund", "invoice", "parcel", "lamp", "password", "charge"][i % 7];
        (0..n).map(|i| format!("{} {} number {} {}", word(i), word(i / 7), i * 7919, word(i * i))).collect()
    }

    #[test]
    fn the_test_part_has_its_share_and_depends_on_the_seed() {
        let texts = different(200);
        let (is_test, facts) = split(&texts, 0.1, 1);
        let n_test = is_test.iter().filter(|is_test| **is_test).count();
        assert!((19..=21).contains(&n_test), "{n_test}, {facts:?}");
        assert_eq!(split(&texts, 0.1, 1).0, is_test);
        assert_ne!(split(&texts, 0.1, 2).0, is_test);
        for (share, n) in [(0.0, 0), (1.0, 200)] {
            assert_eq!(split(&texts, share, 1).0.iter().filter(|is_test| **is_test).count(), n);
        }
    }

    #[test]
    fn prompts_that_are_nearly_the_same_stay_together() {
        let mut texts = different(60);
        let again: Vec<String> = texts.iter().map(|text| text.to_uppercase() + "!").collect();
        texts.extend(again);
        for seed in 0..5 {
            let (is_test, facts) = split(&texts, 0.3, seed);
            assert_eq!(is_test[..60], is_test[60..], "seed {seed}");
            assert!(facts.test_clusters > 0 && facts.clusters <= 60, "{facts:?}");
        }
    }

    #[test]
    fn a_system_message_makes_no_prompts_alike() {
        let system = Message::new(Role::System, "You answer for a shop. ".repeat(40));
        let mut prompts = Prompts::default();
        for text in different(50) {
            prompts.add(&[system.clone(), Message::new(Role::User, text)]);
        }
        let (_, facts) = prompts.split(&[1; 50], 0.2, 1);
        assert!(facts.clusters > 40 && facts.test_clusters > 5, "{facts:?}");
    }

    #[test]
    fn prompts_that_come_later_move_few_others() {
        let texts = different(220);
        let (before, after) = (split(&texts[..200], 0.2, 4).0, split(&texts, 0.2, 4).0);
        let n_moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert!(n_moved <= 4, "{n_moved}");
    }
}
