//! The likeliest reply of a model, by which implementations are compared.

use crate::decoder::Wanted;
use crate::error::Result;
use crate::model::Model;
use tiebreak_core::schema::Message;

/// The likeliest reply, token by token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Greedy {
    /// The logits after the prompt, one for each token of the vocabulary.
    pub logits: Vec<f32>,
    /// The likeliest token at each step.
    pub tokens: Vec<u32>,
    /// How far its logit is above the second best.
    pub gaps: Vec<f32>,
}

/// The likeliest reply to `messages`, at most `most_tokens` tokens of it: what two implementations are compared by.
///
/// It ends where the model ends it, or where its context is full.
pub fn greedy(model: &Model, messages: &[Message], most_tokens: usize) -> Result<Greedy> {
    let prompt = model.encode_chat(messages)?;
    let mut decoder = model.decoder();
    let sequence = decoder.open(None)?;
    let mut logits = decoder.extend(sequence, &prompt, Wanted::Last)?;
    let mut greedy = Greedy { logits: logits.clone(), ..Greedy::default() };
    let room = model.info().context_length.saturating_sub(prompt.len());
    for _ in 0..most_tokens.min(room) {
        let (token, gap) = best(&logits);
        greedy.tokens.push(token);
        greedy.gaps.push(gap);
        if model.tokenizer().stop_tokens().contains(&token) {
            break;
        }
        logits = decoder.step(&[(sequence, token)])?;
    }
    Ok(greedy)
}

/// The likeliest token, the first of equals, and how far its logit is above the second best.
fn best(logits: &[f32]) -> (u32, f32) {
    let (mut token, mut first, mut second) = (0, f32::NEG_INFINITY, f32::NEG_INFINITY);
    for (at, logit) in (0..).zip(logits) {
        if *logit > first {
            (token, first, second) = (at, *logit, first);
        } else if *logit > second {
            second = *logit;
        }
    }
    (token, first - second)
}
