//! The model's tokens and merges as the `tokenizers` crate's.

use super::super::vocabulary::{Kind, Vocabulary};
use super::{Merge, PairEncoding, bad};
use crate::{EngineError, Result};
use std::collections::HashMap;
use tokenizers::models::bpe::{BPE, Vocab};

/// The crate's model, without the tokens that text must not become, and without the merges that lead to them.
pub(super) fn pair_encoding(model: PairEncoding, vocabulary: &Vocabulary) -> Result<BPE> {
    for affix in [&model.continuing_subword_prefix, &model.end_of_word_suffix].into_iter().flatten() {
        if !affix.is_empty() {
            let (what, supported) = ("mark of words' parts", "none");
            return Err(EngineError::Unsupported { what, name: affix.clone(), supported });
        }
    }
    let all_bytes = model.has_all_bytes();
    let unknown = model.unk_token.filter(|_| !all_bytes);
    let usable = |id: u32| match vocabulary.kind(id) {
        Kind::Normal | Kind::UserDefined | Kind::Byte => true,
        Kind::Unknown => unknown.is_some(),
        Kind::Control | Kind::Unused => false,
    };
    let merges = usable_merges(model.merges, &model.vocab, usable)?;
    let tokens = model.vocab.into_iter().filter(|(_, id)| usable(*id)).collect::<Vocab>();
    let mut builder = BPE::builder()
        .vocab_and_merges(tokens, merges)
        .byte_fallback(model.byte_fallback)
        .fuse_unk(model.fuse_unk)
        .ignore_merges(model.ignore_merges);
    if let Some(unknown) = unknown {
        builder = builder.unk_token(unknown);
    }
    builder.build().map_err(|error| bad(format!("merges cannot be used: {error}")))
}

fn usable_merges(
    merges: Vec<Merge>,
    vocab: &HashMap<String, u32>,
    usable: impl Fn(u32) -> bool,
) -> Result<Vec<(String, String)>> {
    let mut kept = Vec::with_capacity(merges.len());
    for (index, merge) in merges.into_iter().enumerate() {
        let (left, right) = merge.into_pair().map_err(|line| {
            bad(format!("merge {index} is {line:?}; expected two tokens with a space between them"))
        })?;
        let mut keeps = true;
        for token in [&left, &right, &[left.as_str(), right.as_str()].concat()] {
            let id = vocab
                .get(token)
                .ok_or_else(|| bad(format!("merge {index} names {token:?}, which is no token")))?;
            keeps &= usable(*id);
        }
        if keeps {
            kept.push((left, right));
        }
    }
    Ok(kept)
}

impl Merge {
    /// The two tokens, or the line that does not name two.
    fn into_pair(self) -> std::result::Result<(String, String), String> {
        match self {
            Self::Pair(left, right) => Ok((left, right)),
            Self::Line(line) => match line.split_once(' ') {
                Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
                None => Err(line),
            },
        }
    }
}
