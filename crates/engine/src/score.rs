//! How likely a model finds given texts: labels after a prompt, and responses with and without their prompt.
//!
//! Texts are read piece by piece, so that a host can look at its messages in between.

mod greedy;
mod labels;
mod replies;

pub use greedy::{Greedy, greedy};
pub use labels::{LabelScorer, Question, label_logprobs};
pub use replies::{Reply, ReplyScorer, likelihood, likelihoods};

use crate::decoder::{Decoder, SequenceId, Wanted};
use crate::error::Result;
use crate::model::Model;
use crate::sampler::logprob;

/// How many tokens' logits are held at once while a text is scored.
const CHUNK: usize = 64;

fn reply_tokens(model: &Model, text: &str) -> Result<Vec<u32>> {
    Ok(model.chat().encode_reply(model.tokenizer(), text)?.tokens)
}

/// Tokens that are read after what another sequence holds, and how likely each was.
struct Continuation {
    sequence: SequenceId,
    tokens: Vec<u32>,
    /// The log-probability of each token that is read.
    nats: Vec<f64>,
    /// Those after the last token that was read.
    logits: Vec<f32>,
}

impl Continuation {
    /// Begins after what `parent` holds, whose logits are `logits`; nothing is computed yet.
    fn begin(
        decoder: &mut dyn Decoder,
        parent: SequenceId,
        logits: &[f32],
        tokens: Vec<u32>,
    ) -> Result<Self> {
        let nats = Vec::with_capacity(tokens.len());
        Ok(Self { sequence: decoder.open(Some(parent))?, tokens, nats, logits: logits.to_vec() })
    }

    /// Reads at most [`CHUNK`] more tokens; returns whether there was anything left.
    fn read_on(&mut self, decoder: &mut dyn Decoder) -> Result<bool> {
        let Some(chunk) = self.tokens[self.nats.len()..].chunks(CHUNK).next() else { return Ok(false) };
        let vocab = self.logits.len();
        let after = decoder.extend(self.sequence, chunk, Wanted::All)?;
        for (i, token) in chunk.iter().enumerate() {
            let before = if i == 0 { &self.logits[..] } else { &after[(i - 1) * vocab..i * vocab] };
            self.nats.push(logprob(before, *token)?);
        }
        self.logits = after[(chunk.len() - 1) * vocab..].to_vec();
        Ok(true)
    }

    /// Reads all that is left.
    fn read_all(&mut self, decoder: &mut dyn Decoder) -> Result<()> {
        while self.read_on(decoder)? {}
        Ok(())
    }

    /// The log-probability of each token, in nats, and the logits after the last.
    fn end(self, decoder: &mut dyn Decoder) -> (Vec<f64>, Vec<f32>) {
        decoder.close(self.sequence);
        (self.nats, self.logits)
    }
}
