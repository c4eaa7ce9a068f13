//! The counter-based random generator: a draw is a function of its key and counter alone.
//!
//! Philox 4x32 with ten rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//! Nothing is carried from one draw to the next, so batch size, thread count, shard and host cannot change a result.

use sha2::{Digest, Sha256};

/// What a draw is for; draws for different purposes never share a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// The temperature of a response.
    Temperature = 0,
    /// The nucleus mass of a response.
    TopP = 1,
    /// The tokens of a response; the counter is the token's position in it.
    Token = 2,
    /// Which slice of a range each response of a prompt draws from.
    Slice = 3,
    /// Which principle a reply is criticised by; the counter is the round.
    Principle = 4,
    /// Whether people judge a revision.
    PutAside = 5,
    /// Which groups a replicate of the bootstrap draws; the key's index is the replicate, the counter the draw.
    Resample = 6,
    /// The order in which a test puts what it tests; the key's index is the replicate, the counter the place.
    Permutation = 7,
    /// Which groups change their sign in a replicate; the key's index is the replicate, the counter the group.
    Sign = 8,
    /// Which pairs are asked next at random; the key's prompt id is the pair's id.
    NextPair = 9,
    /// Which prompts are kept for testing.
    TestPart = 10,
    /// Where a systematic sample begins.
    Start = 11,
}

/// The random numbers of one response, keyed by (seed, prompt id, response index).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseRandom {
    key: [u32; 2],
    tweak: [u32; 2],
}

impl ResponseRandom {
    /// The generator of response `response_index` (from 0) to the prompt `prompt_id` under `seed`.
    pub fn new(seed: u64, prompt_id: &str, response_index: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"tiebreak/random/1\0");
        hash.update(seed.to_le_bytes());
        hash.update(response_index.to_le_bytes());
        hash.update(prompt_id.as_bytes());
        let digest = hash.finalize();
        let word = |i: usize| {
            u32::from_le_bytes([digest[4 * i], digest[4 * i + 1], digest[4 * i + 2], digest[4 * i + 3]])
        };
        Self { key: [word(0), word(1)], tweak: [word(2), word(3)] }
    }

    /// A uniform number in [0, 1) with 53 random bits.
    pub fn uniform(&self, purpose: Purpose, counter: u32) -> f64 {
        let [a, b, _, _] = philox([counter, purpose as u32, self.tweak[0], self.tweak[1]], self.key);
        let bits = (u64::from(a) << 32 | u64::from(b)) >> 11;
        bits as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// One Philox 4x32-10 block.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with their generator.
    #[test]
    fn philox_gives_the_known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn draws_are_uniform_and_keyed() {
        let random = ResponseRandom::new(7, "billing-1", 0);
        let n = 20_000;
        let draws: Vec<f64> = (0..n).map(|i| random.uniform(Purpose::Token, i)).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.01, "mean {mean}");
        assert!(draws.iter().all(|u| (0.0..1.0).contains(u)));
        assert_eq!(draws[5], ResponseRandom::new(7, "billing-1", 0).uniform(Purpose::Token, 5));
        assert_ne!(draws[0], random.uniform(Purpose::TopP, 0));
        assert_ne!(draws[0], ResponseRandom::new(7, "billing-1", 1).uniform(Purpose::Token, 0));
        assert_ne!(draws[0], ResponseRandom::new(8, "billing-1", 0).uniform(Purpose::Token, 0));
        assert_ne!(draws[0], ResponseRandom::new(7, "billing-2", 0).uniform(Purpose::Token, 0));
    }
}
