//! How likely a model finds a reply, with and without its prompt.

use super::{Continuation, reply_tokens};
use crate::decoder::SequenceId;
use crate::error::{EngineError, Result};
use crate::model::Model;
use crate::prompt::ReadPrompt;
use crate::reward::RewardContext;
use crate::sampler::log_softmax;
use tiebreak_core::judge::repetition;
use tiebreak_core::schema::{LikelihoodScore, Message};

/// The likelihood of `text` as the reply to `messages`, see [`likelihoods`].
pub fn likelihood(model: &Model, messages: &[Message], text: &str) -> Result<LikelihoodScore> {
    ReplyScorer::new(model, messages)?.score(text)
}

/// The likelihood of each text as the reply to `messages`, and as a reply to nothing, per token and in nats.
///
/// An empty text has no tokens; its two means are 0.
/// A text that cannot be scored, such as one that does not fit after the prompt, is an error of its own.
/// The outer error is one of the prompt, and then no text has a score.
pub fn likelihoods(
    model: &Model,
    messages: &[Message],
    texts: &[&str],
) -> Result<Vec<Result<LikelihoodScore>>> {
    let mut scorer = ReplyScorer::new(model, messages)?;
    Ok(texts.iter().map(|text| scorer.score(text)).collect())
}

/// Scores replies to one prompt, which is read once, each when it is asked for.
///
/// A score depends on the prompt and the text alone, and not on what was scored before.
pub struct ReplyScorer<'a> {
    model: &'a Model,
    prompt: ReadPrompt,
    /// What stands before a reply to nothing, in the same decoder, and the logits after it.
    nothing: (SequenceId, Vec<f32>),
    reward: Option<RewardContext<'a>>,
}

/// A reply that is being read, first after its prompt and then after nothing.
pub struct Reply<'t> {
    text: &'t str,
    conditional: Continuation,
    unconditional: Continuation,
}

impl<'a> ReplyScorer<'a> {
    /// Reads the prompt; one that does not fit is an error.
    pub fn new(model: &'a Model, messages: &[Message]) -> Result<Self> {
        let prompt = ReadPrompt::begin(model, model.encode_chat(messages)?)?;
        Self::after(model, messages, prompt)
    }

    /// The same with a prompt that may be read already: the messages as [`Model::encode_chat`] makes tokens of them.
    pub fn after(model: &'a Model, messages: &[Message], mut prompt: ReadPrompt) -> Result<Self> {
        while prompt.read_on()? {}
        let nothing = prompt.read_beside(&model.chat().encode_without_prompt(model.tokenizer())?)?;
        let reward = model.reward_head().map(|head| head.read_prompt(messages));
        Ok(Self { model, prompt, nothing, reward })
    }

    /// The prompt, for whoever continues it next.
    pub fn into_prompt(mut self) -> ReadPrompt {
        self.prompt.decoder.close(self.nothing.0);
        self.prompt
    }

    /// The likelihood of `text`, see [`likelihoods`].
    pub fn score(&mut self, text: &str) -> Result<LikelihoodScore> {
        let mut reply = self.begin(text)?;
        let decoder = &mut *self.prompt.decoder;
        let read = reply.conditional.read_all(decoder).and_then(|()| reply.unconditional.read_all(decoder));
        let score = self.finish(reply);
        read.and(score)
    }

    /// Begins with a reply, of which nothing is read yet; one that does not fit is an error.
    pub fn begin<'t>(&mut self, text: &'t str) -> Result<Reply<'t>> {
        let tokens = reply_tokens(self.model, text)?;
        let context = self.model.info().context_length;
        let n_tokens = self.prompt.n_read().max(self.prompt.decoder.length(self.nothing.0)) + tokens.len();
        if n_tokens > context {
            let hint = " (prompt and response together); take a model with a longer context";
            return Err(EngineError::TooLong { tokens: n_tokens, context, hint });
        }
        let ReadPrompt { decoder, sequence, logits, .. } = &mut self.prompt;
        let (nothing, logits_after_nothing) = &self.nothing;
        Ok(Reply {
            text,
            conditional: Continuation::begin(&mut **decoder, *sequence, logits, tokens.clone())?,
            unconditional: Continuation::begin(&mut **decoder, *nothing, logits_after_nothing, tokens)?,
        })
    }

    /// Reads at most 64 more tokens of a reply; returns whether there was anything left.
    pub fn read_on(&mut self, reply: &mut Reply<'_>) -> Result<bool> {
        let decoder = &mut *self.prompt.decoder;
        Ok(reply.conditional.read_on(decoder)? || reply.unconditional.read_on(decoder)?)
    }

    /// The likelihood of a reply that is read, see [`likelihoods`].
    pub fn finish(&mut self, reply: Reply<'_>) -> Result<LikelihoodScore> {
        let Reply { text, conditional, unconditional } = reply;
        let (conditional, last_logits) = conditional.end(&mut *self.prompt.decoder);
        let (unconditional, _) = unconditional.end(&mut *self.prompt.decoder);
        Ok(LikelihoodScore {
            conditional_nats: mean(&conditional),
            unconditional_nats: mean(&unconditional),
            end_nats: end_logprob(self.model, &last_logits)?,
            repetition: repetition(text),
            reward_nats: self.reward.as_ref().map(|reward| reward.reward_nats(text)),
        })
    }
}

/// Log-probability that a reply ends here, by any of the tokens that end one.
fn end_logprob(model: &Model, logits: &[f32]) -> Result<f64> {
    let logprobs = log_softmax(logits)?;
    let mass: f64 = model
        .tokenizer()
        .stop_tokens()
        .iter()
        .filter_map(|token| logprobs.get(*token as usize))
        .map(|nats| libm::exp(*nats))
        .sum();
    Ok(libm::log(mass.max(f64::MIN_POSITIVE)))
}

fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() { 0.0 } else { numbers.iter().sum::<f64>() / numbers.len() as f64 }
}
