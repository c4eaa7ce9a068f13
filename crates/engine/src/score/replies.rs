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
    nothing: Nothing,
    reward: Option<RewardContext<'a>>,
}

/// What stands before a reply to nothing.
struct Nothing {
    tokens: Vec<u32>,
    /// Where it is read in the prompt's decoder, and the logits after it.
    ///
    /// That is when a reply needs it: a decoder that holds one sequence at a time would read the prompt again before the first reply.
    read: Option<(SequenceId, Vec<f32>)>,
}

/// A reply that is being read, first after its prompt and then after nothing.
pub struct Reply<'t> {
    text: &'t str,
    tokens: Vec<u32>,
    conditional: Continuation,
    unconditional: Option<Continuation>,
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
        let nothing = Nothing { tokens: model.chat().encode_without_prompt(model.tokenizer())?, read: None };
        let reward = model.reward_head().map(|head| head.read_prompt(messages));
        Ok(Self { model, prompt, nothing, reward })
    }

    /// The prompt, for whoever continues it next.
    pub fn into_prompt(mut self) -> ReadPrompt {
        if let Some((sequence, _)) = self.nothing.read {
            self.prompt.decoder.close(sequence);
        }
        self.prompt
    }

    /// The likelihood of `text`, see [`likelihoods`].
    pub fn score(&mut self, text: &str) -> Result<LikelihoodScore> {
        let mut reply = self.begin(text)?;
        let read = self.read_all(&mut reply);
        let score = self.finish(reply);
        read.and(score)
    }

    /// Begins with a reply, of which nothing is read yet; one that does not fit is an error.
    pub fn begin<'t>(&mut self, text: &'t str) -> Result<Reply<'t>> {
        let tokens = reply_tokens(self.model, text)?;
        let context = self.model.info().context_length;
        let n_tokens = self.prompt.n_read().max(self.nothing.tokens.len()) + tokens.len();
        if n_tokens > context {
            let hint = " (prompt and response together); take a model with a longer context";
            return Err(EngineError::TooLong { tokens: n_tokens, context, hint });
        }
        let ReadPrompt { decoder, sequence, logits, .. } = &mut self.prompt;
        let conditional = Continuation::begin(&mut **decoder, *sequence, logits, tokens.clone())?;
        Ok(Reply { text, tokens, conditional, unconditional: None })
    }

    /// Reads at most 64 more tokens of a reply, and once before those after nothing what stands there; returns whether there was anything left.
    pub fn read_on(&mut self, reply: &mut Reply<'_>) -> Result<bool> {
        if reply.conditional.read_on(&mut *self.prompt.decoder)? {
            return Ok(true);
        }
        let unconditional = match &mut reply.unconditional {
            Some(unconditional) => unconditional,
            none => none.insert(self.after_nothing(&reply.tokens)?),
        };
        unconditional.read_on(&mut *self.prompt.decoder)
    }

    fn read_all(&mut self, reply: &mut Reply<'_>) -> Result<()> {
        while self.read_on(reply)? {}
        Ok(())
    }

    fn after_nothing(&mut self, tokens: &[u32]) -> Result<Continuation> {
        let (sequence, logits) = match &mut self.nothing.read {
            Some(read) => read,
            none => none.insert(self.prompt.read_beside(&self.nothing.tokens)?),
        };
        Continuation::begin(&mut *self.prompt.decoder, *sequence, logits, tokens.to_vec())
    }

    /// The likelihood of a reply that is read, see [`likelihoods`].
    pub fn finish(&mut self, reply: Reply<'_>) -> Result<LikelihoodScore> {
        let Reply { text, conditional, unconditional, .. } = reply;
        let decoder = &mut *self.prompt.decoder;
        let (conditional, last_logits) = conditional.end(decoder);
        let unconditional = unconditional.map_or_else(Vec::new, |read| read.end(decoder).0);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::{Decoder, Wanted};
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::rc::Rc;
    use tiebreak_core::schema::{Extra, Role};

    /// How long each piece that was read is, and the sequence that it continues, where it continues one.
    type Pieces = Vec<(Option<usize>, usize)>;

    /// A decoder that notes what is read after what.
    struct Noting {
        inner: Box<dyn Decoder>,
        parents: BTreeMap<SequenceId, Option<SequenceId>>,
        read: Rc<RefCell<Pieces>>,
    }

    impl Decoder for Noting {
        fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
            let id = self.inner.open(parent)?;
            self.parents.insert(id, parent);
            Ok(id)
        }

        fn close(&mut self, sequence: SequenceId) {
            self.inner.close(sequence);
        }

        fn length(&self, sequence: SequenceId) -> usize {
            self.inner.length(sequence)
        }

        fn extend(&mut self, sequence: SequenceId, tokens: &[u32], wanted: Wanted) -> Result<Vec<f32>> {
            let parent = self.parents[&sequence].map(|parent| self.inner.length(parent));
            self.read.borrow_mut().push((parent, tokens.len()));
            self.inner.extend(sequence, tokens, wanted)
        }

        fn step(&mut self, rows: &[(SequenceId, u32)]) -> Result<Vec<f32>> {
            self.inner.step(rows)
        }
    }

    /// A decoder of one sequence at a time then reads the prompt once for the first reply, and not twice.
    #[test]
    fn the_first_reply_is_read_right_after_its_prompt() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/models/qwen3.gguf");
        let model = Model::load(File::open(path).unwrap(), &crate::Device::Cpu).unwrap();
        let messages = [Message { role: Role::User, content: "Where is it?".into(), extra: Extra::new() }];
        let read = Rc::new(RefCell::new(Vec::new()));
        let tokens = model.encode_chat(&messages).unwrap();
        let mut prompt = ReadPrompt::begin(&model, tokens.clone()).unwrap();
        let (inner, parents) = (model.decoder(), BTreeMap::new());
        prompt.decoder = Box::new(Noting { inner, parents, read: Rc::clone(&read) });
        prompt.sequence = prompt.decoder.open(None).unwrap();
        let mut scorer = ReplyScorer::after(&model, &messages, prompt).unwrap();
        let texts = ["Here.", "Somewhere else."];
        let scores = texts.map(|text| scorer.score(text).unwrap());
        assert_eq!(scores.to_vec(), texts.map(|text| likelihood(&model, &messages, text).unwrap()));
        let lengths = texts.map(|text| reply_tokens(&model, text).unwrap().len());
        let nothing = scorer.nothing.tokens.len();
        let after = |parent: usize, reply: usize| (Some(parent), lengths[reply]);
        let expected = [
            (None, tokens.len()),
            after(tokens.len(), 0),
            (None, nothing),
            after(nothing, 0),
            after(tokens.len(), 1),
            after(nothing, 1),
        ];
        assert_eq!(*read.borrow(), expected);
    }
}
