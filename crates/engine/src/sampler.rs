//! From logits to a token: Hugging Face's logits processors, without a full sort.
//!
//! The order is theirs: repetition penalty, temperature, top-k, top-p, min-p, each on what the one before left, renormalised.
//! top-p keeps the smallest set of likeliest tokens whose mass reaches `top_p` (Holtzman et al. 2020); min-p keeps what is at least `min_p` times as likely as the likeliest (Nguyen et al. 2024).
//! Among equally likely tokens the one with the smaller id counts as likelier.

#[cfg(any(test, feature = "cuda"))]
pub(crate) mod device;
mod ranking;

use crate::error::{EngineError, Result};
use ranking::{Place, Ranking};
use std::borrow::Cow;
use std::collections::BTreeSet;
use tiebreak_core::schema::Sampling;
use tiebreak_kernels::Kernels;

/// A sampled token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampled {
    /// The token.
    pub token: u32,
    /// Its log-probability under the model: temperature 1, nothing penalised or filtered, in nats.
    pub logprob_nats: f64,
}

/// How a token is drawn from logits.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// The settings.
    pub sampling: &'a Sampling,
    /// The tokens of the prompt and of the response so far, which the repetition penalty is for.
    pub seen: &'a BTreeSet<u32>,
    /// A uniform number, in [0, 1).
    pub uniform: f64,
}

/// Temperatures below this are taken as 0: the likeliest token is certain long before.
const LEAST_TEMPERATURE: f64 = 1e-4;

/// Says what is wrong with settings that cannot be sampled with.
pub fn check(sampling: &Sampling) -> Result<()> {
    let problem = if !(0.0..=10.0).contains(&sampling.temperature) {
        format!("temperature is {}, expected 0 to 10", sampling.temperature)
    } else if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
        format!("top_p is {}, expected above 0 and at most 1", sampling.top_p)
    } else if sampling.top_k == Some(0) {
        "top_k is 0, expected at least 1, or none to keep all tokens".into()
    } else if !(0.0..=1.0).contains(&sampling.min_p) {
        format!("min_p is {}, expected 0 to 1", sampling.min_p)
    } else if !(0.01..=10.0).contains(&sampling.repetition_penalty) {
        format!("repetition_penalty is {}, expected 0.01 to 10", sampling.repetition_penalty)
    } else if sampling.max_tokens == 0 {
        "max_tokens is 0, expected at least 1".into()
    } else {
        return Ok(());
    };
    Err(EngineError::Request(problem))
}

/// Draws a token from `logits` (one for each token).
///
/// The draw walks through the kept tokens from the likeliest on, where anything was filtered, and by id otherwise.
/// Logits that are not finite count as impossible; if all are, that is an error.
pub fn sample(logits: &[f32], Draw { sampling, seen, uniform }: Draw<'_>) -> Result<Sampled> {
    let norm = LogNorm::of(logits).ok_or_else(no_finite_logit)?;
    let penalised = penalised(logits, sampling, seen);
    let token = if sampling.temperature < LEAST_TEMPERATURE {
        likeliest(&penalised)
    } else {
        draw(&masses(&penalised, sampling.temperature)?, sampling, uniform)
    };
    let token = token.ok_or_else(no_finite_logit)?;
    Ok(Sampled { token, logprob_nats: norm.logprob(logits[token as usize]) })
}

/// Log-probabilities of all tokens, in nats; what is not finite is impossible.
pub fn log_softmax(logits: &[f32]) -> Result<Vec<f64>> {
    let norm = LogNorm::of(logits).ok_or_else(no_finite_logit)?;
    Ok(logits.iter().map(|logit| norm.logprob(*logit)).collect())
}

/// The log-probability of `token`, in nats.
pub fn logprob(logits: &[f32], token: u32) -> Result<f64> {
    let norm = LogNorm::of(logits).ok_or_else(no_finite_logit)?;
    Ok(norm.logprob(logits[token as usize]))
}

fn no_finite_logit() -> EngineError {
    EngineError::Request("the model's output holds no finite number; the file may be damaged".into())
}

/// What turns a logit into a log-probability.
struct LogNorm {
    max: f32,
    log_sum: f64,
}

impl LogNorm {
    fn of(logits: &[f32]) -> Option<Self> {
        let max = maximum(logits)?;
        Some(Self { max, log_sum: libm::log(Kernels::detect().sum_of_exponentials(logits, max)) })
    }

    fn logprob(&self, logit: f32) -> f64 {
        if logit.is_finite() { f64::from(logit - self.max) - self.log_sum } else { f64::NEG_INFINITY }
    }
}

fn maximum(logits: &[f32]) -> Option<f32> {
    let max = logits.iter().copied().filter(|logit| logit.is_finite()).fold(f32::NEG_INFINITY, f32::max);
    max.is_finite().then_some(max)
}

fn penalised<'a>(logits: &'a [f32], sampling: &Sampling, seen: &BTreeSet<u32>) -> Cow<'a, [f32]> {
    if sampling.repetition_penalty == 1.0 {
        return Cow::Borrowed(logits);
    }
    let mut penalised = logits.to_vec();
    let penalty = sampling.repetition_penalty as f32;
    for token in seen {
        if let Some(logit) = penalised.get_mut(*token as usize) {
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
    }
    Cow::Owned(penalised)
}

/// Each token's probability at a temperature over that of the likeliest; 0 for what is not finite.
fn masses(logits: &[f32], temperature: f64) -> Result<Vec<f32>> {
    let mut masses = vec![0.0; logits.len()];
    if let Some(max) = maximum(logits) {
        Kernels::detect().exponentials(logits, max, temperature as f32, &mut masses)?;
    }
    Ok(masses)
}

fn likeliest(logits: &[f32]) -> Option<u32> {
    let max = maximum(logits)?;
    logits.iter().position(|logit| *logit == max).map(|i| i as u32)
}

fn draw(masses: &[f32], sampling: &Sampling, uniform: f64) -> Option<u32> {
    let is_filtered = sampling.top_k.is_some() || sampling.top_p < 1.0 || sampling.min_p > 0.0;
    if !is_filtered {
        return draw_by_id(masses, uniform);
    }
    let ranking = Ranking::new(masses);
    let least = least_likely(&ranking, sampling);
    let target = uniform * least.map_or_else(|| ranking.total(), |least| least.sum);
    let drawn = ranking.first_where(|sum, _| sum > target)?.last;
    // Sums of the same numbers in another order may differ in their last bits.
    Some(least.filter(|least| !least.holds(&drawn)).map_or(drawn, |least| least.last).token)
}

/// So many masses are added up before any is looked at.
const STRETCH: usize = 64;

/// Walks through all tokens by their ids.
fn draw_by_id(masses: &[f32], uniform: f64) -> Option<u32> {
    let sum = |masses: &[f32]| masses.iter().map(|mass| f64::from(*mass)).sum::<f64>();
    let sums: Vec<f64> = masses.chunks(STRETCH).map(sum).collect();
    let target = uniform * sums.iter().sum::<f64>();
    let mut before = 0.0;
    let mut last = None;
    for (stretch, (masses, sum)) in masses.chunks(STRETCH).zip(&sums).enumerate() {
        if before + sum <= target {
            before += sum;
            continue;
        }
        for (at, mass) in masses.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
            before += f64::from(*mass);
            last = Some((stretch * STRETCH + at) as u32);
            if before > target {
                return last;
            }
        }
    }
    last.or_else(|| masses.iter().rposition(|mass| *mass > 0.0).map(|at| at as u32))
}

/// The last token that passes all filters, from the likeliest on; none where nothing is filtered or no token is possible.
fn least_likely(ranking: &Ranking<'_>, sampling: &Sampling) -> Option<Place> {
    let mut least = sampling.top_k.and_then(|k| ranking.first_where(|_, count| count >= k));
    if sampling.top_p < 1.0 {
        let wanted = sampling.top_p * least.map_or_else(|| ranking.total(), |least| least.sum);
        least = ranking.first_where(|sum, _| sum >= wanted);
    }
    if sampling.min_p > 0.0 {
        let likeliest = ranking.first_where(|_, _| true)?;
        let least_mass = f64::from(likeliest.last.mass) * sampling.min_p;
        least = least.filter(|least| f64::from(least.last.mass) >= least_mass);
        least = least.or_else(|| ranking.last_of_at_least(least_mass));
    }
    least
}

#[cfg(test)]
mod tests;
