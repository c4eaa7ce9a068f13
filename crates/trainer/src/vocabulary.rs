//! The tokenizer: byte-level BPE, trained on the same text as the model, and the chat format.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer, TokenizerBuilder};

use crate::dialogues::Dialogue;

/// Marks the end of a text; also used as padding.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// Opens a turn.
pub const TURN_START: &str = "<|im_start|>";
/// Closes a turn.
pub const TURN_END: &str = "<|im_end|>";
/// Their ids, which are the first three.
pub const SPECIAL: [&str; 3] = [END_OF_TEXT, TURN_START, TURN_END];
const TURN_START_ID: u32 = 1;
const TURN_END_ID: u32 = 2;

/// The name under which GGUF files carry this pre-tokenizer: digits one by one, then GPT-2's pattern over bytes.
pub const PRE_TOKENIZER: &str = "smollm";

/// The chat template that the exported file carries; [`Vocabulary::encode`] writes the same form.
pub const CHAT_TEMPLATE: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// A trained tokenizer.
pub struct Vocabulary {
    tokenizer: Tokenizer,
}

/// A dialogue as tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// All tokens, the end of the reply's turn included.
    pub tokens: Vec<u32>,
    /// How many of them come before the reply.
    pub prompt: usize,
}

impl Vocabulary {
    /// Learns a vocabulary of the given size from texts.
    pub fn train(size: usize, texts: impl Iterator<Item = String> + Send) -> Result<Self> {
        let digits =
            Split::new(SplitPattern::Regex(r"\p{N}".to_owned()), SplitDelimiterBehavior::Isolated, false)
                .map_err(|error| anyhow!(error))?;
        let bytes = ByteLevel::new(false, true, true);
        let steps: Vec<PreTokenizerWrapper> = vec![digits.into(), bytes.into()];
        let mut tokenizer = TokenizerBuilder::new()
            .with_model(BPE::default())
            .with_normalizer(None::<tokenizers::NormalizerWrapper>)
            .with_pre_tokenizer(Some(Sequence::new(steps)))
            .with_post_processor(None::<tokenizers::PostProcessorWrapper>)
            .with_decoder(Some(ByteLevel::default()))
            .build()
            .map_err(|error| anyhow!(error))?;
        let special = SPECIAL.map(|token| AddedToken::from(token, true));
        let mut trainer = BpeTrainer::builder()
            .vocab_size(size)
            .show_progress(false)
            .special_tokens(special.to_vec())
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        tokenizer.train(&mut trainer, texts).map_err(|error| anyhow!(error))?;
        let json = tokenizer.to_string(false).map_err(|error| anyhow!(error))?;
        Self::from_json(&json)
    }

    /// Reads a tokenizer from its JSON form.
    pub fn read(path: &Path) -> Result<Self> {
        let json =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::from_json(&json)
    }

    fn from_json(json: &str) -> Result<Self> {
        let mut tokenizer: Tokenizer = json.parse().map_err(|error| anyhow!("{error}"))?;
        // A customer who writes a special token means its letters.
        tokenizer.set_encode_special_tokens(true);
        Ok(Self { tokenizer })
    }

    /// The JSON form, as the tokenizers library reads it.
    pub fn to_json(&self) -> Result<String> {
        self.tokenizer.to_string(true).map_err(|error| anyhow!(error))
    }

    /// The tokens by id, in the byte-level form, and the merges in their order, as `left right`.
    pub fn tokens_and_merges(&self) -> Result<(Vec<String>, Vec<String>)> {
        let tokens = (0..self.size() as u32)
            .map(|id| self.tokenizer.id_to_token(id))
            .collect::<Option<Vec<_>>>()
            .context("the vocabulary has a gap")?;
        let json: serde_json::Value = serde_json::from_str(&self.to_json()?)?;
        let merges = json["model"]["merges"]
            .as_array()
            .context("the tokenizer has no merges")?
            .iter()
            .map(|pair| Some(format!("{} {}", pair[0].as_str()?, pair[1].as_str()?)))
            .collect::<Option<Vec<_>>>()
            .context("a merge is not a pair")?;
        Ok((tokens, merges))
    }

    /// The number of tokens.
    pub fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The tokens of plain text.
    pub fn encode_text(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, false);
        Ok(encoding.map_err(|error| anyhow!(error))?.get_ids().to_vec())
    }

    /// The text of tokens, special ones left out.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        self.tokenizer.decode(tokens, true).map_err(|error| anyhow!(error))
    }

    /// A dialogue in the chat format, its reply last.
    pub fn encode(&self, dialogue: &Dialogue) -> Result<Encoded> {
        let mut tokens = Vec::new();
        let before = [("system", &dialogue.system), ("user", &dialogue.prompt)];
        for (role, content) in before {
            if let Some(content) = content {
                tokens.push(TURN_START_ID);
                tokens.extend(self.encode_text(&format!("{role}\n{content}"))?);
                tokens.push(TURN_END_ID);
                tokens.extend(self.encode_text("\n")?);
            }
        }
        tokens.push(TURN_START_ID);
        tokens.extend(self.encode_text("assistant\n")?);
        let prompt = tokens.len();
        tokens.extend(self.encode_text(&dialogue.reply)?);
        tokens.push(TURN_END_ID);
        Ok(Encoded { tokens, prompt })
    }
}
