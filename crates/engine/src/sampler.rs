//! From logits to a token: Hugging Face's logits processors, without a full sort.
//!
//! The order is theirs: repetition penalty, temperature, top-k, top-p, min-p, each on what the one before left, renormalised.
//! top-p keeps the smallest set of likeliest tokens whose mass reaches `top_p` (Holtzman et al. 2020); min-p keeps what is at least `min_p` times as likely as the likeliest (Nguyen et al. 2024).
//! Among equally likely tokens the one with the smaller id counts as likelier.

mod exponential;

use crate::error::{EngineError, Result};
use exponential::exp;
use std::collections::BTreeSet;
use tiebreak_core::schema::Sampling;

/// A sampled token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampled {
    /// The token.
    pub token: u32,
    /// Its log-probability under the model: temperature 1, nothing penalised or filtered, in nats.
    pub logprob_nats: f64,
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

/// Draws a token from `logits` (one for each token) with the uniform number `uniform` in [0, 1).
///
/// `seen` are the tokens of the prompt and of the response so far, which the repetition penalty is for.
/// The draw walks through the kept tokens from the likeliest on, where anything was filtered, and by id otherwise.
/// Logits that are not finite count as impossible; if all are, that is an error.
pub fn sample(logits: &[f32], sampling: &Sampling, seen: &BTreeSet<u32>, uniform: f64) -> Result<Sampled> {
    let norm = LogNorm::of(logits).ok_or_else(no_finite_logit)?;
    let scaled = penalised_and_scaled(logits, sampling, seen);
    let token = if sampling.temperature < LEAST_TEMPERATURE {
        likeliest(&scaled)
    } else {
        draw(&scaled, sampling, uniform)
    };
    let token = token.ok_or_else(no_finite_logit)?;
    Ok(Sampled { token, logprob_nats: norm.logprob(logits[token as usize]) })
}

/// The probabilities that [`sample`] draws by: (token, probability) of every kept token, likeliest first.
///
/// It sorts everything and is there for tests and for showing; temperature must be above 0.
pub fn distribution(logits: &[f32], sampling: &Sampling, seen: &BTreeSet<u32>) -> Vec<(u32, f64)> {
    let scaled = penalised_and_scaled(logits, sampling, seen);
    let mut kept = kept_tokens(&scaled, sampling);
    kept.sort_by(|a, b| b.mass.total_cmp(&a.mass).then(a.token.cmp(&b.token)));
    let total: f64 = kept.iter().map(|candidate| f64::from(candidate.mass)).sum();
    kept.iter().map(|candidate| (candidate.token, f64::from(candidate.mass) / total)).collect()
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
        let mut sums = [0f64; 8];
        for chunk in logits.chunks(8) {
            for (sum, logit) in sums.iter_mut().zip(chunk) {
                *sum += f64::from(weight(*logit, max));
            }
        }
        Some(Self { max, log_sum: libm::log(sums.iter().sum()) })
    }

    fn logprob(&self, logit: f32) -> f64 {
        if logit.is_finite() { f64::from(logit - self.max) - self.log_sum } else { f64::NEG_INFINITY }
    }
}

/// exp(logit - max), and 0 for what is not finite.
fn weight(logit: f32, max: f32) -> f32 {
    if logit.is_finite() { exp(logit - max) } else { 0.0 }
}

fn maximum(logits: &[f32]) -> Option<f32> {
    let max = logits.iter().copied().filter(|logit| logit.is_finite()).fold(f32::NEG_INFINITY, f32::max);
    max.is_finite().then_some(max)
}

fn penalised_and_scaled(logits: &[f32], sampling: &Sampling, seen: &BTreeSet<u32>) -> Vec<f32> {
    let mut scaled = logits.to_vec();
    if sampling.repetition_penalty != 1.0 {
        let penalty = sampling.repetition_penalty as f32;
        for token in seen {
            if let Some(logit) = scaled.get_mut(*token as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }
    if sampling.temperature >= LEAST_TEMPERATURE && sampling.temperature != 1.0 {
        let temperature = sampling.temperature as f32;
        // Logits are shifted first, so that a tiny temperature cannot push the largest one to infinity.
        let max = maximum(&scaled).unwrap_or(0.0);
        for logit in &mut scaled {
            *logit = (*logit - max) / temperature;
        }
    }
    scaled
}

fn likeliest(logits: &[f32]) -> Option<u32> {
    let max = maximum(logits)?;
    logits.iter().position(|logit| *logit == max).map(|i| i as u32)
}

/// A token that may be drawn, and its probability times an unknown constant.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    token: u32,
    mass: f32,
}

fn by_likelihood(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.mass.total_cmp(&a.mass).then(a.token.cmp(&b.token))
}

fn draw(scaled: &[f32], sampling: &Sampling, uniform: f64) -> Option<u32> {
    let kept = kept_tokens(scaled, sampling);
    let total: f64 = kept.iter().map(|candidate| f64::from(candidate.mass)).sum();
    let target = uniform * total;
    let mut sum = 0.0;
    for candidate in &kept {
        sum += f64::from(candidate.mass);
        if sum > target {
            return Some(candidate.token);
        }
    }
    kept.iter().rev().find(|candidate| candidate.mass > 0.0).map(|candidate| candidate.token)
}

/// The tokens that pass all filters; in order of likelihood where top-k or top-p cut, else by id.
fn kept_tokens(scaled: &[f32], sampling: &Sampling) -> Vec<Candidate> {
    let Some(max) = maximum(scaled) else { return Vec::new() };
    let mut candidates: Vec<Candidate> = scaled
        .iter()
        .enumerate()
        .map(|(i, logit)| Candidate { token: i as u32, mass: weight(*logit, max) })
        .filter(|candidate| candidate.mass > 0.0)
        .collect();
    if let Some(k) = sampling.top_k {
        keep_top_k(&mut candidates, k as usize);
    }
    if sampling.top_p < 1.0 {
        keep_top_p(&mut candidates, sampling.top_p);
    }
    if sampling.min_p > 0.0 {
        let least = f64::from(candidates.iter().map(|c| c.mass).fold(0.0, f32::max)) * sampling.min_p;
        candidates.retain(|candidate| f64::from(candidate.mass) >= least);
    }
    candidates
}

fn keep_top_k(candidates: &mut Vec<Candidate>, k: usize) {
    if k < candidates.len() {
        candidates.select_nth_unstable_by(k, by_likelihood);
        candidates.truncate(k);
    }
    candidates.sort_unstable_by(by_likelihood);
}

/// How many of the likeliest are tried first; a nucleus is mostly smaller.
const FIRST_SELECTION: usize = 48;

fn keep_top_p(candidates: &mut Vec<Candidate>, top_p: f64) {
    let total: f64 = candidates.iter().map(|candidate| f64::from(candidate.mass)).sum();
    let wanted = top_p * total;
    let mut sorted = 0;
    let mut sum = 0.0;
    let mut selection = FIRST_SELECTION;
    while sorted < candidates.len() {
        let rest = &mut candidates[sorted..];
        let n = selection.min(rest.len());
        if n < rest.len() {
            rest.select_nth_unstable_by(n, by_likelihood);
        }
        rest[..n].sort_unstable_by(by_likelihood);
        for (i, candidate) in rest[..n].iter().enumerate() {
            sum += f64::from(candidate.mass);
            if sum >= wanted {
                candidates.truncate(sorted + i + 1);
                return;
            }
        }
        sorted += n;
        selection *= 4;
    }
}

#[cfg(test)]
mod tests;
