//! Text out of tokens that arrive one at a time.

use super::Tokenizer;

/// Turns tokens into text as soon as their bytes are whole characters; in total the same text as [`Tokenizer::decode`].
#[derive(Clone, Debug)]
pub struct StreamDecoder {
    /// The beginning of a character whose rest has not come.
    pending: Vec<u8>,
    /// The space that the encoding put before the text is still to be taken away.
    strips_space: bool,
}

impl StreamDecoder {
    /// A decoder for one text.
    pub fn new(tokenizer: &Tokenizer) -> Self {
        Self { pending: Vec::new(), strips_space: tokenizer.adds_space_prefix() }
    }

    /// The text that `id` completes; often all of the token, and nothing for a control token.
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> String {
        let bytes = tokenizer.token_bytes(id);
        self.pending.extend_from_slice(self.without_prefix(bytes));
        if !bytes.is_empty() {
            self.strips_space = false;
        }
        self.take_complete()
    }

    /// What is left at the end: U+FFFD for a character that was cut off.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }

    fn without_prefix<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        match self.strips_space {
            true => bytes.strip_prefix(b" ").unwrap_or(bytes),
            false => bytes,
        }
    }

    fn take_complete(&mut self) -> String {
        let incomplete = match self.pending.utf8_chunks().last() {
            Some(chunk) => incomplete_bytes(chunk.invalid()),
            None => 0,
        };
        let rest = self.pending.split_off(self.pending.len() - incomplete);
        let complete = std::mem::replace(&mut self.pending, rest);
        String::from_utf8_lossy(&complete).into_owned()
    }
}

/// The length of `invalid`, the end of a text, if further bytes could make it a character, and 0 otherwise.
fn incomplete_bytes(invalid: &[u8]) -> usize {
    match std::str::from_utf8(invalid) {
        Err(error) if error.error_len().is_none() => invalid.len(),
        _ => 0,
    }
}
