//! How byte-level tokenizers cut a text into words before they merge bytes.
//!
//! The published patterns end in `\s+(?!\S)|\s+`: of the spaces before a word, all but the last stand alone, and the last belongs to the word.
//! We match `\s+` and give that last space back ourselves, so that a pattern needs no looking ahead and runs in linear time over any text.

use crate::{EngineError, Result};
use regex::Regex;
use std::ops::Range;

pub(super) struct Pretokenizer {
    pattern: Regex,
    /// Each digit is a word, before the pattern is asked.
    digits_apart: bool,
    /// A match that ends in a line break is complete.
    breaks_apart: bool,
    /// The text is brought into Unicode's normal form C first.
    pub normalizes: bool,
    /// A word that is a token is not merged out of its bytes.
    pub words_first: bool,
    /// Sequences begin with the token for it unless the file says otherwise.
    pub adds_bos: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+";
const LLAMA3: &str = r"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+";
const QWEN2: &str = r"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+";
/// Words begin with a capital or are all in capitals, and combining marks belong to letters (Mistral's Tekken).
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+";
/// As Tekken, with contractions at the end of their words and up to three digits together.
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+";

impl Pretokenizer {
    /// The one that `tokenizer.ggml.pre` names, under any of the names that llama.cpp gives it.
    pub(super) fn named(name: &str) -> Result<Self> {
        match name {
            "gpt-2" | "phi-2" | "olmo" | "mpt" => Ok(Self::new(GPT2)),
            "smollm" | "starcoder" | "refact" | "codeshell" | "minerva-7b" => {
                Ok(Self { digits_apart: true, ..Self::new(GPT2) })
            }
            "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "pixtral" | "lfm2" => {
                Ok(Self { breaks_apart: true, words_first: true, adds_bos: true, ..Self::new(LLAMA3) })
            }
            "dbrx" | "smaug-bpe" | "chatglm-bpe" => Ok(Self { breaks_apart: true, ..Self::new(LLAMA3) }),
            "glm4" => Ok(Self { breaks_apart: true, words_first: true, ..Self::new(LLAMA3) }),
            "tekken" => {
                Ok(Self { breaks_apart: true, words_first: true, adds_bos: true, ..Self::new(TEKKEN) })
            }
            "gpt-4o" | "llama4" => Ok(Self { breaks_apart: true, ..Self::new(GPT4O) }),
            "qwen2" | "deepseek-r1-qwen" => {
                Ok(Self { breaks_apart: true, normalizes: true, ..Self::new(QWEN2) })
            }
            _ => Err(EngineError::Unsupported {
                what: "pre-tokenizer",
                name: name.to_owned(),
                supported: "dbrx, glm4, gpt-2, gpt-4o, llama-bpe, qwen2, smollm, tekken and their other names",
            }),
        }
    }

    /// The words of `text`, which together are the text.
    pub(super) fn words<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.stretches(text).flat_map(move |stretch| {
            let stretch = &text[stretch];
            let mut position = 0;
            std::iter::from_fn(move || {
                let word = self.next_word(stretch, position)?;
                position = word.end;
                Some(&stretch[word])
            })
        })
    }

    fn new(pattern: &str) -> Self {
        Self {
            pattern: Regex::new(pattern).expect("the patterns above are sound"),
            digits_apart: false,
            breaks_apart: false,
            normalizes: false,
            words_first: false,
            adds_bos: false,
        }
    }

    /// Digits one by one and what lies between them, or the whole text.
    fn stretches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let is_digit = |character: char| self.digits_apart && character.is_numeric();
        let mut position = 0;
        std::iter::from_fn(move || {
            let start = position;
            let first = text[start..].chars().next()?;
            let length = match is_digit(first) {
                true => first.len_utf8(),
                false => text[start..].find(is_digit).unwrap_or(text.len() - start),
            };
            position += length;
            Some(start..position)
        })
    }

    fn next_word(&self, text: &str, position: usize) -> Option<Range<usize>> {
        if position == text.len() {
            return None;
        }
        // Every character is a letter, a digit, a space or something else, and so begins a match.
        let found = self.pattern.find_at(text, position).map_or(position..text.len(), |found| found.range());
        let word = &text[position..found.end];
        let last = word.chars().next_back()?;
        let given_back = last.is_whitespace()
            && !(self.breaks_apart && matches!(last, '\r' | '\n'))
            && found.end < text.len()
            && word.len() > last.len_utf8();
        Some(position..if given_back { found.end - last.len_utf8() } else { found.end })
    }
}
