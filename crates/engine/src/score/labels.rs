//! How likely a reply begins with each of some labels.

use super::{Continuation, reply_tokens};
use crate::decoder::{Decoder, SequenceId, Wanted};
use crate::error::{EngineError, Result};
use crate::generate::{PROMPT_CHUNK, common_beginning};
use crate::model::Model;
use crate::prompt::ReadPrompt;
use crate::sampler::logprob;
use tiebreak_core::schema::Message;

/// Log-probabilities, in nats, that the reply to each prompt begins with each label: (prompts, labels).
///
/// What all prompts have in common at their beginning is computed once. A label of several tokens has the sum of theirs.
pub fn label_logprobs<const N: usize>(
    model: &Model,
    prompts: &[Vec<Message>],
    labels: &[&str; N],
) -> Result<Vec<[f64; N]>> {
    let mut scorer = LabelScorer::new(model, prompts, labels)?;
    prompts.iter().map(|messages| scorer.score(messages)).collect()
}

/// Scores labels after many prompts, whose common beginning is read once.
///
/// A score depends on the prompt, the labels and that beginning, and not on what was scored before.
pub struct LabelScorer<'a, const N: usize> {
    model: &'a Model,
    beginning: ReadPrompt,
    labels: [Vec<u32>; N],
}

/// A prompt that is being read.
pub struct Question {
    sequence: SequenceId,
    rest: Vec<u32>,
    n_read: usize,
    logits: Vec<f32>,
}

impl<'a, const N: usize> LabelScorer<'a, N> {
    /// Reads what all `examples` begin with; the prompts to come should begin so too, and those that do not are read from their start.
    pub fn new(model: &'a Model, examples: &[Vec<Message>], labels: &[&str; N]) -> Result<Self> {
        let mut scorer = Self::begin(model, examples, labels)?;
        while scorer.read_on()? {}
        Ok(scorer)
    }

    /// The same with nothing read yet.
    pub fn begin(model: &'a Model, examples: &[Vec<Message>], labels: &[&str; N]) -> Result<Self> {
        let mut tokens = [const { Vec::new() }; N];
        for (tokens, label) in tokens.iter_mut().zip(labels) {
            *tokens = reply_tokens(model, label)?;
            if tokens.is_empty() {
                return Err(EngineError::Request("a label is empty".into()));
            }
        }
        let beginning = ReadPrompt::begin(model, common_beginning(model, examples)?)?;
        Ok(Self { model, beginning, labels: tokens })
    }

    /// Reads at most [`PROMPT_CHUNK`] more tokens of the common beginning; returns whether there was anything left.
    pub fn read_on(&mut self) -> Result<bool> {
        self.beginning.read_on()
    }

    /// The log-probability of each label after the prompt, in nats.
    pub fn score(&mut self, messages: &[Message]) -> Result<[f64; N]> {
        let mut question = self.ask(messages)?;
        let read = self.read_question(&mut question);
        let scores = self.finish(question);
        read.and(scores)
    }

    /// Begins with a prompt, of which nothing is read yet.
    pub fn ask(&mut self, messages: &[Message]) -> Result<Question> {
        let tokens = self.model.encode_chat(messages)?;
        let ReadPrompt { decoder, sequence, tokens: beginning, n_read, .. } = &mut self.beginning;
        let is_read = *n_read == beginning.len();
        let begins_so = is_read && tokens.len() > beginning.len() && tokens.starts_with(beginning);
        let (parent, n_known) = if begins_so { (Some(*sequence), beginning.len()) } else { (None, 0) };
        let sequence = decoder.open(parent)?;
        Ok(Question { sequence, rest: tokens[n_known..].to_vec(), n_read: 0, logits: Vec::new() })
    }

    /// Reads at most [`PROMPT_CHUNK`] more tokens of a prompt; returns whether there was anything left.
    pub fn read_question_on(&mut self, question: &mut Question) -> Result<bool> {
        let left = question.rest[question.n_read..].chunks(PROMPT_CHUNK).next();
        let Some(chunk) = left else { return Ok(false) };
        question.logits = self.beginning.decoder.extend(question.sequence, chunk, Wanted::Last)?;
        question.n_read += chunk.len();
        Ok(true)
    }

    fn read_question(&mut self, question: &mut Question) -> Result<()> {
        while self.read_question_on(question)? {}
        Ok(())
    }

    /// The log-probability of each label after a prompt that is read, in nats.
    pub fn finish(&mut self, question: Question) -> Result<[f64; N]> {
        let decoder = &mut *self.beginning.decoder;
        let mut scores = [0.0; N];
        let mut labels = scores.iter_mut().zip(&self.labels);
        let scored = labels.try_for_each(|(score, label)| {
            *score = label_logprob(decoder, &question, label)?;
            Ok(())
        });
        decoder.close(question.sequence);
        scored.map(|()| scores)
    }
}

fn label_logprob(decoder: &mut dyn Decoder, question: &Question, label: &[u32]) -> Result<f64> {
    let (last, before) = label.split_last().expect("labels are not empty");
    let mut read = Continuation::begin(decoder, question.sequence, &question.logits, before.to_vec())?;
    let done = read.read_all(decoder);
    let (nats, last_logits) = read.end(decoder);
    done?;
    Ok(nats.iter().sum::<f64>() + logprob(&last_logits, *last)?)
}
