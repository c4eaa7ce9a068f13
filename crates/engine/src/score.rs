//! How likely a model finds given texts: labels after a prompt, and responses with and without their prompt.

use crate::decoder::{Decoder, SequenceId, Wanted};
use crate::error::{EngineError, Result};
use crate::generate::common_beginning;
use crate::model::Model;
use crate::prompt::ReadPrompt;
use crate::reward::RewardContext;
use crate::sampler::{log_softmax, logprob};
use tiebreak_core::judge::repetition;
use tiebreak_core::schema::{LikelihoodScore, Message};

/// How many tokens' logits are held at once while a text is scored.
const CHUNK: usize = 64;

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
    decoder: Box<dyn Decoder>,
    prefix: SequenceId,
    prefix_tokens: Vec<u32>,
    labels: [Vec<u32>; N],
}

impl<'a, const N: usize> LabelScorer<'a, N> {
    /// Reads what all `examples` begin with; the prompts to come should begin so too, and those that do not are read from their start.
    pub fn new(model: &'a Model, examples: &[Vec<Message>], labels: &[&str; N]) -> Result<Self> {
        let mut tokens = [const { Vec::new() }; N];
        for (tokens, label) in tokens.iter_mut().zip(labels) {
            *tokens = reply_tokens(model, label)?;
            if tokens.is_empty() {
                return Err(EngineError::Request("a label is empty".into()));
            }
        }
        let prefix_tokens = common_beginning(model, examples)?;
        let mut decoder = model.decoder();
        let prefix = decoder.open(None)?;
        if !prefix_tokens.is_empty() {
            decoder.extend(prefix, &prefix_tokens, Wanted::Last)?;
        }
        Ok(Self { model, decoder, prefix, prefix_tokens, labels: tokens })
    }

    /// The log-probability of each label after the prompt, in nats.
    pub fn score(&mut self, messages: &[Message]) -> Result<[f64; N]> {
        let tokens = self.model.encode_chat(messages)?;
        let begins_so = tokens.len() > self.prefix_tokens.len() && tokens.starts_with(&self.prefix_tokens);
        let (parent, n_read) =
            if begins_so { (Some(self.prefix), self.prefix_tokens.len()) } else { (None, 0) };
        let decoder = &mut *self.decoder;
        let prompt = decoder.open(parent)?;
        let logits = decoder.extend(prompt, &tokens[n_read..], Wanted::Last);
        let scores = logits.and_then(|logits| {
            let mut scores = [0.0; N];
            for (score, label) in scores.iter_mut().zip(&self.labels) {
                *score = label_logprob(decoder, prompt, &logits, label)?;
            }
            Ok(scores)
        });
        decoder.close(prompt);
        scores
    }
}

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

/// Scores replies to one prompt, which is read once, each when it is asked for.
///
/// A score depends on the prompt and the text alone, and not on what was scored before.
pub struct ReplyScorer<'a> {
    model: &'a Model,
    with_prompt: ReadPrompt,
    without: ReadPrompt,
    reward: Option<RewardContext<'a>>,
}

impl<'a> ReplyScorer<'a> {
    /// Reads the prompt; one that does not fit is an error.
    pub fn new(model: &'a Model, messages: &[Message]) -> Result<Self> {
        let prompt = ReadPrompt::begin(model, model.encode_chat(messages)?)?;
        Self::after(model, messages, prompt)
    }

    /// The same with a prompt that may be read already: the messages as [`Model::encode_chat`] makes tokens of them.
    pub fn after(model: &'a Model, messages: &[Message], mut with_prompt: ReadPrompt) -> Result<Self> {
        while with_prompt.read_on()? {}
        let mut without = ReadPrompt::begin(model, model.chat().encode_without_prompt(model.tokenizer())?)?;
        while without.read_on()? {}
        let reward = model.reward_head().map(|head| head.read_prompt(messages));
        Ok(Self { model, with_prompt, without, reward })
    }

    /// The prompt, for whoever continues it next.
    pub fn into_prompt(self) -> ReadPrompt {
        self.with_prompt
    }

    /// The likelihood of `text`, see [`likelihoods`].
    pub fn score(&mut self, text: &str) -> Result<LikelihoodScore> {
        let tokens = reply_tokens(self.model, text)?;
        let (conditional, last_logits) = continued(&mut self.with_prompt, self.model, &tokens)?;
        let (unconditional, _) = continued(&mut self.without, self.model, &tokens)?;
        Ok(LikelihoodScore {
            conditional_nats: mean(&conditional),
            unconditional_nats: mean(&unconditional),
            end_nats: end_logprob(self.model, &last_logits)?,
            repetition: repetition(text),
            reward_nats: self.reward.as_ref().map(|reward| reward.reward_nats(text)),
        })
    }
}

/// See [`token_logprobs`]; the length is checked first, so that the error tells the whole of it.
fn continued(prompt: &mut ReadPrompt, model: &Model, tokens: &[u32]) -> Result<(Vec<f64>, Vec<f32>)> {
    let (n_tokens, context) = (prompt.n_read() + tokens.len(), model.info().context_length);
    if n_tokens > context {
        let hint = " (prompt and response together); take a model with a longer context";
        return Err(EngineError::TooLong { tokens: n_tokens, context, hint });
    }
    token_logprobs(&mut *prompt.decoder, prompt.sequence, &prompt.logits, tokens)
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
