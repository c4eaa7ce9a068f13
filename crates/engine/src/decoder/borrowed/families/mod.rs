//! The families, each by what candle-transformers reads of its configuration, and how its model is called.
//!
//! These of its decoders of text are left out:
//! - `mpt`: its configuration cannot be set from outside but to that of one model, which is not of transformers' code.
//! - `gemma4`: it adds 1 to the weights of norms, scales scores and leaves out the embeddings of layers, all otherwise than transformers.
//! - `falcon`: it takes an approximation of GELU where transformers takes the function, and a logit of the tiny model differs by 0.0012.
//! - `persimmon`: there is a configuration and no model.
//! - `chatglm`, `codegeex4_9b`, `glm4`, `mixformer`, `yi`, `based`, `rwkv_v5` to `rwkv_v7`: their files are for code of their own, which transformers does not have, so that there is nothing to compare with.
//! - `llama`, `mistral`, `mixtral`, `qwen2`, `qwen2_moe`, `qwen3`, `qwen3_moe`, `gemma`, `gemma2`, `gemma3`, `glm4_new`, `phi3`, `smol`, `granite`, `granitemoehybrid`, `olmo2`: the engine has decoders of its own for them.

mod experts;
mod layer_norm;
mod recurrent;
mod rms_norm;

use super::said::Said;
use crate::error::Result;
use candle_core::Tensor;
use candle_nn::VarBuilder;
use serde_json::Value;

/// Reads tokens, (1, tokens), after so many others; gives the logits after the last of them, as many numbers as there are tokens in the vocabulary.
pub(super) type Forward = Box<dyn FnMut(&Tensor, usize) -> candle_core::Result<Tensor>>;

/// In which pieces a model can read a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pieces {
    /// Any.
    Any,
    /// Many tokens at the beginning, one at a time from there: later ones would not see what came before them as they should.
    First,
    /// One at a time.
    One,
}

/// A family of candle-transformers.
pub(super) struct Family {
    /// What `model_type` calls it.
    pub name: &'static str,
    pub pieces: Pieces,
    /// Whether half precision is for weights alone: other families compute the angles of positions in it too, which tells no positions apart beyond 256.
    pub has_half: bool,
    /// The embedding's name in the files.
    pub embedding: &'static str,
    /// Checks and completes a configuration; returns the most tokens of a sequence.
    pub prepare: fn(&mut Said) -> Result<usize>,
    pub build: fn(&Value, VarBuilder<'_>) -> candle_core::Result<Forward>,
}

/// All of them, each checked against transformers' logits.
pub(super) static FAMILIES: [Family; 11] = [
    experts::DEEPSEEK_V2,
    layer_norm::GPT_BIGCODE,
    rms_norm::HELIUM,
    recurrent::LFM2,
    recurrent::MAMBA,
    recurrent::MAMBA2,
    layer_norm::OLMO,
    layer_norm::PHI,
    recurrent::RECURRENT_GEMMA,
    layer_norm::STABLELM,
    layer_norm::STARCODER2,
];

/// What most families have in common; each says what it has otherwise.
const USUAL: Family = Family {
    name: "",
    pieces: Pieces::Any,
    has_half: false,
    embedding: "model.embed_tokens.weight",
    prepare: |_| Ok(0),
    build: |_, _| Err(candle_core::Error::Msg("a family without a model".to_owned())),
};
