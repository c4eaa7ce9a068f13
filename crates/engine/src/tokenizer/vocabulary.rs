//! The list of tokens: what each is called, of which kind it is, and which of them have a part to play.

use super::STOP_NAMES;
use super::finder::Sides;
use crate::gguf::{Metadata, absent, bad_key};
use crate::{Result, Texts};
use std::collections::HashMap;

pub(super) const MODEL: &str = "tokenizer.ggml.model";
pub(super) const TOKENS: &str = "tokenizer.ggml.tokens";
const TOKEN_TYPES: &str = "tokenizer.ggml.token_type";
/// What many models begin and end sequences with, and what strikes text through in HTML where they have other names for that, as Gemma.
const SENTENCE: [&str; 2] = ["<s>", "</s>"];

/// What a token is for, numbered as in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

impl Kind {
    fn from_number(number: i64) -> Option<Self> {
        [Self::Normal, Self::Unknown, Self::Control, Self::UserDefined, Self::Unused, Self::Byte]
            .into_iter()
            .find(|kind| *kind as i64 == number)
    }

    /// Whether the token steers the model and stands for no text.
    pub(super) fn is_special(self) -> bool {
        matches!(self, Self::Control | Self::Unknown)
    }
}

pub(super) struct Vocabulary {
    pub texts: Texts,
    pub kinds: Vec<Kind>,
    /// The tokens that have a name, in the order of their names.
    by_name: Vec<u32>,
    pub bos: Option<u32>,
    pub eos: Option<u32>,
    pub eot: Option<u32>,
    pub eom: Option<u32>,
    pub unknown: Option<u32>,
    /// The tokens that take the white space beside them with them.
    sides: HashMap<u32, Sides>,
}

/// A vocabulary that was read from another file than GGUF.
#[derive(Default)]
pub(super) struct Tokens {
    /// The name of each token; empty for an id that no token has.
    pub texts: Vec<String>,
    pub kinds: Vec<Kind>,
    pub sides: HashMap<u32, Sides>,
    pub bos: Option<u32>,
    pub eos: Option<u32>,
    pub unknown: Option<u32>,
}

impl From<Tokens> for Vocabulary {
    fn from(tokens: Tokens) -> Self {
        let Tokens { texts, kinds, sides, bos, eos, unknown } = tokens;
        let texts: Texts = texts.iter().collect();
        let by_name = by_name(&texts);
        let mut vocabulary = Self { texts, kinds, by_name, bos, eos, eot: None, eom: None, unknown, sides };
        vocabulary.mark_control_tokens(&[Kind::UserDefined]);
        vocabulary
    }
}

impl Vocabulary {
    pub(super) fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let texts = metadata.texts(TOKENS)?.into_owned();
        if texts.is_empty() || u32::try_from(texts.len()).is_err() {
            return Err(bad_key(TOKENS, format!("lists {} tokens", texts.len())));
        }
        let kinds = read_kinds(metadata, &texts)?;
        let by_name = by_name(&texts);
        refuse_twins(&texts, &by_name)?;
        let id_of = |name: &str| read_id(metadata, name, texts.len());
        let mut vocabulary = Self {
            bos: id_of("bos")?,
            eos: id_of("eos")?,
            eot: id_of("eot")?,
            eom: id_of("eom")?,
            unknown: id_of("unknown")?,
            texts,
            kinds,
            by_name,
            sides: HashMap::new(),
        };
        // Some converters call every token a normal one.
        vocabulary.mark_control_tokens(&[Kind::UserDefined, Kind::Normal]);
        if metadata.optional_string("general.architecture")? == Some("phi3")
            && metadata.string(MODEL)? == "llama"
        {
            vocabulary.mark_sides_of_phi3();
        }
        Ok(vocabulary)
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn id(&self, text: &str) -> Option<u32> {
        let place = self.by_name.binary_search_by(|id| self.text(*id as usize).cmp(text));
        place.ok().map(|place| self.by_name[place])
    }

    /// The name of a token that is known to exist.
    pub(super) fn text(&self, id: usize) -> &str {
        self.texts.get(id).expect("a token that exists has a name")
    }

    /// The white space beside a token that belongs to it.
    pub(super) fn sides(&self, id: u32) -> Sides {
        self.sides.get(&id).copied().unwrap_or_default()
    }

    /// The kind of a token that is known to exist.
    pub(super) fn kind(&self, id: u32) -> Kind {
        self.kinds[id as usize]
    }

    pub(super) fn of_kind(&self, wanted: impl Fn(Kind) -> bool) -> impl Iterator<Item = (u32, &str)> {
        let tokens = self.texts.iter().zip(&self.kinds).enumerate();
        tokens.filter(move |(_, (_, kind))| wanted(**kind)).map(|(id, (text, _))| (id as u32, text))
    }

    /// The byte for which the token `<0xNN>` stands.
    pub(super) fn byte(&self, id: usize) -> Result<u8> {
        let text = self.text(id);
        let byte = byte_named(text);
        byte.ok_or_else(|| {
            bad_key(
                TOKENS,
                format!(
                    "holds {text:?} at index {id}, which is marked as a byte and is not of the form <0xNN>"
                ),
            )
        })
    }

    /// Phi 3 was trained without the line breaks behind its turns' marks, which its template writes; a GGUF file does not say so, and llama.cpp knows it too.
    fn mark_sides_of_phi3(&mut self) {
        let marks = self.of_kind(|kind| kind == Kind::Control);
        let marks =
            marks.filter(|(_, text)| !["<s>", "<unk>", "<|endoftext|>"].contains(text)).map(|(id, _)| id);
        self.sides = marks.map(|id| (id, Sides { left: false, right: true })).collect();
    }

    /// What begins or ends a turn is a control token, even where the file calls it one of the `mistaken` kinds, lest a person's text forge it.
    fn mark_control_tokens(&mut self, mistaken: &[Kind]) {
        for id in [self.bos, self.eos, self.eot, self.eom].into_iter().flatten() {
            self.kinds[id as usize] = Kind::Control;
        }
        let mut ends = [self.bos, self.eos].into_iter().flatten();
        let are_sentences_html = !ends.any(|id| SENTENCE.contains(&self.text(id as usize)));
        for (text, kind) in self.texts.iter().zip(&mut self.kinds) {
            let is_html = are_sentences_html && SENTENCE.contains(&text);
            if mistaken.contains(kind) && is_turn_name(text) && !is_html {
                *kind = Kind::Control;
            }
        }
    }
}

/// Whether a token is named as a byte, `<0xNN>`.
pub(super) fn is_byte_name(text: &str) -> bool {
    byte_named(text).is_some()
}

fn byte_named(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2)
}

fn is_turn_name(text: &str) -> bool {
    let barred = text.len() > 4 && text.starts_with("<|") && text.ends_with("|>");
    barred
        || SENTENCE.contains(&text)
        || ["<start_of_turn>", "[INST]", "[/INST]"].contains(&text)
        || STOP_NAMES.contains(&text)
}

fn read_kinds(metadata: &Metadata, texts: &Texts) -> Result<Vec<Kind>> {
    let Some(numbers) = metadata.optional_integers(TOKEN_TYPES)? else {
        if metadata.string(MODEL)? == "llama" {
            return Err(absent(TOKEN_TYPES));
        }
        return Ok(vec![Kind::Normal; texts.len()]);
    };
    same_length(TOKEN_TYPES, numbers.len(), texts.len())?;
    let kinds = numbers.iter().enumerate().map(|(index, &number)| {
        Kind::from_number(number)
            .ok_or_else(|| bad_key(TOKEN_TYPES, format!("is {number} at index {index}; expected 1 to 6")))
    });
    kinds.collect()
}

fn by_name(texts: &Texts) -> Vec<u32> {
    let named = texts.iter().enumerate().filter(|(_, text)| !text.is_empty());
    let mut ids: Vec<u32> = named.map(|(id, _)| id as u32).collect();
    ids.sort_by_key(|id| texts.get(*id as usize));
    ids
}

fn refuse_twins(texts: &Texts, by_name: &[u32]) -> Result<()> {
    let text = |id: u32| texts.get(id as usize);
    match by_name.windows(2).find(|pair| text(pair[0]) == text(pair[1])) {
        Some(pair) => {
            let (one, next) = (pair[0], pair[1]);
            let name = text(one).unwrap_or_default();
            Err(bad_key(TOKENS, format!("holds {name:?} twice, at index {one} and {next}")))
        }
        None => Ok(()),
    }
}

fn read_id(metadata: &Metadata, name: &str, vocabulary: usize) -> Result<Option<u32>> {
    let key = format!("tokenizer.ggml.{name}_token_id");
    // Some files write a token that they do not have as −1, signed or not.
    if matches!(metadata.get(&key), Some(crate::gguf::Value::Integer(-1 | 0xFFFF_FFFF))) {
        return Ok(None);
    }
    match metadata.optional_u32(&key)? {
        Some(id) if id as usize >= vocabulary => {
            Err(bad_key(&key, format!("is {id}, but there are only {vocabulary} tokens")))
        }
        id => Ok(id),
    }
}

/// An error when a list does not hold one value for each token.
pub(super) fn same_length(key: &str, length: usize, vocabulary: usize) -> Result<()> {
    if length == vocabulary {
        return Ok(());
    }
    Err(bad_key(key, format!("lists {length} values for {vocabulary} tokens")))
}
