//! How likely a model finds given texts: labels after a prompt, and responses with and without their prompt.

use crate::decoder::{Decoder, SequenceId, Wanted};
use crate::error::{EngineError, Result};
use crate::model::Model;
use crate::sampler::{log_softmax, logprob};
use tiebreak_core::schema::{LikelihoodScore, Message};

/// How many tokens' logits are held at once while a text is scored.
const CHUNK: usize = 64;

/// Log-probabilities, in nats, that the reply to each prompt begins with each label: (prompts, labels).
///
/// What all prompts have in common at their beginning is computed once. A label of several tokens has the sum of theirs.
pub fn label_logprobs(model: &Model, prompts: &[Vec<Message>], labels: &[&str]) -> Result<Vec<Vec<f64>>> {
    let encoded = prompts.iter().map(|messages| model.encode_chat(messages)).collect::<Result<Vec<_>>>()?;
    let labels = labels
        .iter()
        .map(|label| match reply_tokens(model, label)? {
            tokens if tokens.is_empty() => Err(EngineError::Request("a label is empty".into())),
            tokens => Ok(tokens),
        })
        .collect::<Result<Vec<_>>>()?;
    let common = common_prefix(&encoded);
    let mut decoder = model.decoder();
    let prefix = decoder.open(None)?;
    if common > 0 {
        decoder.extend(prefix, &encoded[0][..common], Wanted::Last)?;
    }
    encoded
        .iter()
        .map(|tokens| {
            let prompt = decoder.open(Some(prefix))?;
            let logits = decoder.extend(prompt, &tokens[common..], Wanted::Last)?;
            let scores =
                labels.iter().map(|label| label_logprob(&mut *decoder, prompt, &logits, label)).collect();
            decoder.close(prompt);
            scores
        })
        .collect()
}

/// The likelihood of `text` as the reply to `messages`, see [`likelihoods`].
pub fn likelihood(model: &Model, messages: &[Message], text: &str) -> Result<LikelihoodScore> {
    let mut scores = likelihoods(model, messages, &[text])?;
    Ok(scores.remove(0))
}

/// The likelihood of each text as the reply to `messages`, and as a reply to nothing, per token and in nats.
///
/// An empty text has no tokens; its two means are 0.
pub fn likelihoods(model: &Model, messages: &[Message], texts: &[&str]) -> Result<Vec<LikelihoodScore>> {
    let with_prompt = reply_scores(model, &model.encode_chat(messages)?, texts)?;
    let without = reply_scores(model, &model.chat().encode_without_prompt(model.tokenizer())?, texts)?;
    let scores = with_prompt.iter().zip(&without).map(|(conditional, unconditional)| LikelihoodScore {
        conditional_nats: mean(&conditional.token_nats),
        unconditional_nats: mean(&unconditional.token_nats),
        end_nats: conditional.end_nats,
    });
    Ok(scores.collect())
}

/// A text's likelihood in one context: its tokens' log-probabilities, and that of its end after them.
struct TextScore {
    token_nats: Vec<f64>,
    end_nats: f64,
}

fn reply_scores(model: &Model, prompt: &[u32], texts: &[&str]) -> Result<Vec<TextScore>> {
    let mut decoder = model.decoder();
    let sequence = decoder.open(None)?;
    let logits = decoder.extend(sequence, prompt, Wanted::Last)?;
    texts
        .iter()
        .map(|text| {
            let tokens = reply_tokens(model, text)?;
            let (token_nats, last_logits) = token_logprobs(&mut *decoder, sequence, &logits, &tokens)?;
            Ok(TextScore { token_nats, end_nats: end_logprob(model, &last_logits)? })
        })
        .collect()
}

fn reply_tokens(model: &Model, text: &str) -> Result<Vec<u32>> {
    Ok(model.chat().encode_reply(model.tokenizer(), text)?.tokens)
}

fn label_logprob(
    decoder: &mut dyn Decoder,
    prompt: SequenceId,
    logits: &[f32],
    label: &[u32],
) -> Result<f64> {
    let (last, before) = label.split_last().expect("labels are not empty");
    let (nats, last_logits) = token_logprobs(decoder, prompt, logits, before)?;
    Ok(nats.iter().sum::<f64>() + logprob(&last_logits, *last)?)
}

/// Log-probability of each of `tokens` after what `parent` holds, whose logits are `logits`; and the logits after the last one.
fn token_logprobs(
    decoder: &mut dyn Decoder,
    parent: SequenceId,
    logits: &[f32],
    tokens: &[u32],
) -> Result<(Vec<f64>, Vec<f32>)> {
    let vocab = logits.len();
    let sequence = decoder.open(Some(parent))?;
    let mut last_logits = logits.to_vec();
    let mut nats = Vec::with_capacity(tokens.len());
    for chunk in tokens.chunks(CHUNK) {
        let after = decoder.extend(sequence, chunk, Wanted::All)?;
        for (i, token) in chunk.iter().enumerate() {
            let before = if i == 0 { &last_logits[..] } else { &after[(i - 1) * vocab..i * vocab] };
            nats.push(logprob(before, *token)?);
        }
        last_logits = after[(chunk.len() - 1) * vocab..].to_vec();
    }
    decoder.close(sequence);
    Ok((nats, last_logits))
}

/// Log-probability that a reply ends here, by any of the tokens that end one.
fn end_logprob(model: &Model, logits: &[f32]) -> Result<f64> {
    let logprobs = log_softmax(logits)?;
    let mass: f64 =
        model.tokenizer().stop_tokens().iter().map(|token| libm::exp(logprobs[*token as usize])).sum();
    Ok(libm::log(mass.max(f64::MIN_POSITIVE)))
}

fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() { 0.0 } else { numbers.iter().sum::<f64>() / numbers.len() as f64 }
}

/// How many tokens all begin with, at least one being left to each.
fn common_prefix(sequences: &[Vec<u32>]) -> usize {
    let Some((first, others)) = sequences.split_first() else { return 0 };
    let shortest = sequences.iter().map(Vec::len).min().unwrap_or(0);
    (0..shortest.saturating_sub(1)).take_while(|i| others.iter().all(|other| other[*i] == first[*i])).count()
}
