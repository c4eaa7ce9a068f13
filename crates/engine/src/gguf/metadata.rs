//! What a file says about itself, with getters that name the key which is wrong.

use crate::{EngineError, Result, Texts};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One value of the metadata; the width that an integer had in the file is not kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An integer of any width, signed or not.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// UTF-8; bytes that are not are replaced by U+FFFD.
    Text(String),
    /// Many values of one type.
    List(List),
}

/// Many values of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum List {
    /// Integers of any width; one above `i64::MAX` is held as `i64::MAX`.
    Integers(Vec<i64>),
    /// Numbers with a fraction.
    Floats(Vec<f32>),
    /// Truth values.
    Bools(Vec<bool>),
    /// Texts.
    Texts(Texts),
    /// Lists of lists, whose contents nothing here needs and which are not kept.
    Nested,
}

/// The metadata of a file, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    values: BTreeMap<String, Value>,
}

impl FromIterator<(String, Value)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}

impl Metadata {
    /// The value of `key` as it is.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// All keys in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// An integer that fits 32 bits without a sign.
    ///
    /// # Errors
    /// [`EngineError::Metadata`] when it is absent, no integer or out of range; so for all getters that follow.
    pub fn u32(&self, key: &str) -> Result<u32> {
        self.optional_u32(key)?.ok_or_else(|| absent(key))
    }

    /// An integer that counts something.
    pub fn usize(&self, key: &str) -> Result<usize> {
        self.optional_usize(key)?.ok_or_else(|| absent(key))
    }

    /// A finite number.
    pub fn f32(&self, key: &str) -> Result<f32> {
        self.optional_f32(key)?.ok_or_else(|| absent(key))
    }

    /// A truth value.
    pub fn bool(&self, key: &str) -> Result<bool> {
        self.optional_bool(key)?.ok_or_else(|| absent(key))
    }

    /// A text.
    pub fn string(&self, key: &str) -> Result<&str> {
        self.optional_string(key)?.ok_or_else(|| absent(key))
    }

    /// A list of texts.
    ///
    /// An empty list has no type and is read as any.
    pub fn texts(&self, key: &str) -> Result<Cow<'_, Texts>> {
        match self.get(key) {
            None => Err(absent(key)),
            Some(Value::List(List::Texts(texts))) => Ok(Cow::Borrowed(texts)),
            Some(Value::List(list)) if list.is_empty() => Ok(Cow::Owned(Texts::default())),
            Some(value) => Err(wrong(key, value, "a list of texts")),
        }
    }

    /// As [`Metadata::u32`], or `None` where the key is absent; so for all `optional_` getters.
    pub fn optional_u32(&self, key: &str) -> Result<Option<u32>> {
        self.optional_integer(key, "an integer from 0 to 4294967295")
    }

    /// As [`Metadata::usize`].
    pub fn optional_usize(&self, key: &str) -> Result<Option<usize>> {
        self.optional_integer(key, "an integer of 0 or more")
    }

    /// As [`Metadata::f32`].
    pub fn optional_f32(&self, key: &str) -> Result<Option<f32>> {
        match self.get(key) {
            None => Ok(None),
            // Every number of a file that is meant as 32 bits was 32 bits wide, so that nothing is lost.
            Some(Value::Float(number)) if (*number as f32).is_finite() => Ok(Some(*number as f32)),
            Some(value) => Err(wrong(key, value, "a finite number of 32 bits")),
        }
    }

    /// As [`Metadata::bool`].
    pub fn optional_bool(&self, key: &str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => Err(wrong(key, value, "true or false")),
        }
    }

    /// As [`Metadata::string`].
    pub fn optional_string(&self, key: &str) -> Result<Option<&str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(value) => Err(wrong(key, value, "a text")),
        }
    }

    /// A list of integers, or `None` where the key is absent.
    pub fn optional_integers(&self, key: &str) -> Result<Option<&[i64]>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::List(List::Integers(integers))) => Ok(Some(integers)),
            Some(Value::List(list)) if list.is_empty() => Ok(Some(&[])),
            Some(value) => Err(wrong(key, value, "a list of integers")),
        }
    }

    /// A list of numbers, not all of which need be finite, or `None` where the key is absent.
    pub fn optional_floats(&self, key: &str) -> Result<Option<&[f32]>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::List(List::Floats(floats))) => Ok(Some(floats)),
            Some(Value::List(list)) if list.is_empty() => Ok(Some(&[])),
            Some(value) => Err(wrong(key, value, "a list of numbers with fractions")),
        }
    }

    /// A size that a file may state once for each layer, where it is the same for all.
    pub(crate) fn optional_size_of_layers(&self, key: &str) -> Result<Option<usize>> {
        match self.get(key) {
            Some(Value::List(List::Integers(sizes))) => match sizes.split_first() {
                Some((first, others)) if others.iter().all(|size| size == first) => {
                    let expected = "sizes from 0 on";
                    usize::try_from(*first)
                        .map(Some)
                        .map_err(|_| wrong(key, &Value::Integer((*first).into()), expected))
                }
                _ => Err(bad_key(key, "differs from layer to layer; only layers that are alike run here")),
            },
            _ => self.optional_usize(key),
        }
    }

    fn optional_integer<T: TryFrom<i128>>(&self, key: &str, expected: &str) -> Result<Option<T>> {
        match self.get(key) {
            None => Ok(None),
            Some(value @ Value::Integer(number)) => {
                T::try_from(*number).map(Some).map_err(|_| wrong(key, value, expected))
            }
            Some(value) => Err(wrong(key, value, expected)),
        }
    }
}

impl List {
    /// How many values there are; 0 for nested lists.
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Bools(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Nested => 0,
        }
    }

    /// Whether there is no value; false for nested lists.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && *self != Self::Nested
    }
}

/// An error about `key`.
pub(crate) fn bad_key(key: &str, problem: impl Into<String>) -> EngineError {
    EngineError::Metadata { key: key.to_owned(), problem: problem.into() }
}

/// An error about `key`, which a file of such a model has.
pub(crate) fn absent(key: &str) -> EngineError {
    bad_key(key, "is absent: take another file of the model, or convert it again")
}

fn wrong(key: &str, value: &Value, expected: &str) -> EngineError {
    let found = match value {
        Value::Integer(number) => format!("the integer {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Bool(flag) => format!("the truth value {flag}"),
        Value::Text(_) => "a text".to_owned(),
        Value::List(List::Integers(_)) => "a list of integers".to_owned(),
        Value::List(List::Floats(_)) => "a list of numbers".to_owned(),
        Value::List(List::Bools(_)) => "a list of truth values".to_owned(),
        Value::List(List::Texts(_)) => "a list of texts".to_owned(),
        Value::List(List::Nested) => "a list of lists".to_owned(),
    };
    bad_key(key, format!("is {found}; expected {expected}"))
}
