//! What the sampler on a GPU takes and gives; `cuda/sample.cu` has the same two structures.

/// The most tokens that a vocabulary may have there: a place in it has 20 bits.
pub const MOST_DEVICE_TOKENS: usize = 1 << 20;

/// The 1 of the fixed point in which masses are added up.
const UNIT: f64 = (1u64 << 43) as f64;

/// How a token is drawn from a row of logits.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct DeviceDraw {
    /// A uniform number, in [0, 1).
    pub uniform: f64,
    /// The smallest set of likeliest tokens whose mass reaches it is kept, above 0; 1 keeps all.
    pub top_p: f64,
    /// So many likeliest tokens are kept; 0 keeps all.
    pub top_k: u64,
    /// What logits are divided by; 0 takes the likeliest token.
    pub temperature: f32,
    /// Tokens are kept that are at least so many times as likely as the likeliest, 0 to 1.
    pub min_p: f32,
}

/// A token that was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct DeviceDrawn {
    /// What the exponentials of the row's logits less the largest add up to, in fixed point.
    pub sum: u64,
    /// The token's logit less the largest of its row.
    pub below_largest: f32,
    /// The token; the largest number where no logit of the row is finite.
    pub token: u32,
}

impl DeviceDrawn {
    /// The token; none where no logit of the row is finite.
    pub fn token(&self) -> Option<u32> {
        (self.token != u32::MAX).then_some(self.token)
    }

    /// What the exponentials of the row's logits less the largest add up to, within 2^-23.
    pub fn exponential_sum(&self) -> f64 {
        self.sum as f64 / UNIT
    }
}
