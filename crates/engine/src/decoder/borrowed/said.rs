//! What a `config.json` says, checked and completed before candle's code sees it: that code panics on widths of 0, and has none of transformers' defaults.

use crate::config::{bad, shape, unsupported};
use crate::error::{EngineError, Result};
use serde_json::{Map, Value, json};
use std::ops::RangeInclusive;

/// The most positions of a model here: candle-transformers keeps a table of them, which is made anew for every sequence.
const MOST_POSITIONS: usize = 1 << 18;
/// What a table of positions has a width of.
const HEAD_WIDTHS: RangeInclusive<usize> = 1..=512;

/// A configuration's keys.
pub(super) struct Said(pub(super) Map<String, Value>);

impl Said {
    /// Adds what the class of transformers 5.24 has where the file says nothing, and checks that flags are flags.
    pub(super) fn complete(&mut self, defaults: Value) -> Result<()> {
        let Value::Object(defaults) = defaults else { return Ok(()) };
        for (key, default) in defaults {
            let is_flag = default.is_boolean();
            match self.0.get(&key) {
                None => self.set(&key, default),
                Some(Value::Null) if is_flag => self.set(&key, false),
                Some(value) if is_flag && !value.is_boolean() => {
                    return Err(bad(&key, format!("is {value}; expected true or false")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// What a key says; null is nothing.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn size(&self, key: &str, range: RangeInclusive<usize>) -> Result<usize> {
        let value = self.get(key).ok_or_else(|| absent(key))?;
        match value.as_u64().and_then(|size| usize::try_from(size).ok()) {
            Some(size) if range.contains(&size) => Ok(size),
            _ => Err(bad(key, format!("is {value}; expected {} to {}", range.start(), range.end()))),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<f64> {
        let value = self.get(key).ok_or_else(|| absent(key))?;
        let number = value.as_f64().filter(|number| number.is_finite() && *number > 0.0);
        number.ok_or_else(|| bad(key, format!("is {value}; expected more than 0")))
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Refuses what candle-transformers would compute as if it stood otherwise; null and nothing are `expected` too.
    pub(super) fn only(&self, key: &'static str, expected: &Value) -> Result<()> {
        let is_same = |value: &Value| match (value.as_f64(), expected.as_f64()) {
            (Some(value), Some(expected)) => (value - expected).abs() <= 1e-6 * expected.abs(),
            _ => value == expected,
        };
        match self.get(key) {
            Some(value) if !is_same(value) => {
                Err(bad(key, format!("is {value}; candle-transformers computes {expected} alone")))
            }
            _ => Ok(()),
        }
    }

    /// Checks the widths that all transformers have, and how their heads share keys and values.
    ///
    /// `has_own_width` says whether a head may be of another width than an even share of the layer's.
    pub(super) fn transformer(&mut self, has_own_width: bool) -> Result<()> {
        let hidden = self.size("hidden_size", shape::WIDTHS)?;
        self.size("intermediate_size", shape::FEED_FORWARD)?;
        self.size("num_hidden_layers", shape::LAYERS)?;
        let heads = self.size("num_attention_heads", shape::HEADS)?;
        if self.get("num_key_value_heads").is_none() {
            self.set("num_key_value_heads", heads);
        }
        let kv_heads = self.size("num_key_value_heads", shape::HEADS)?;
        if !heads.is_multiple_of(kv_heads) {
            let problem = format!("is {kv_heads}, which does not divide the {heads} heads");
            return Err(bad("num_key_value_heads", problem));
        }
        let share = hidden.is_multiple_of(heads).then(|| hidden / heads);
        if self.get("head_dim").is_none() {
            let Some(share) = share else {
                return Err(bad(
                    "num_attention_heads",
                    format!("is {heads}, which does not divide the width of {hidden}"),
                ));
            };
            self.set("head_dim", share);
        }
        let width = self.size("head_dim", HEAD_WIDTHS)?;
        if !has_own_width && share != Some(width) {
            let problem = format!("is {width}; candle-transformers computes {hidden} / {heads} alone");
            return Err(bad("head_dim", problem));
        }
        Ok(())
    }

    /// The activation, which must be one of those that candle and transformers mean the same by.
    pub(super) fn activation(&self, key: &str, name: &'static str) -> Result<()> {
        match self.get(key).map(|value| value.as_str().unwrap_or_default()) {
            Some("swish") if name == "silu" => Ok(()),
            Some(found) if found != name => Err(unsupported("activation", found, name)),
            _ => Ok(()),
        }
    }

    /// Brings what is said of rotations in the ways of transformers 4 and 5 to `rope_theta` and `partial_rotary_factor`; returns what scaling there is.
    pub(super) fn rotation(&mut self, theta: f64) -> Result<Option<Map<String, Value>>> {
        let taken = self.0.remove("rope_parameters").filter(|value| !value.is_null());
        let older = self.0.remove("rope_scaling").filter(|value| !value.is_null());
        let scaling = match taken.or(older) {
            None => Map::new(),
            Some(Value::Object(scaling)) => scaling,
            Some(other) => return Err(bad("rope_parameters", format!("is {other}; expected an object"))),
        };
        for key in ["rope_theta", "partial_rotary_factor"] {
            if let Some(value) = scaling.get(key) {
                self.set(key, value.clone());
            }
        }
        self.complete(json!({ "rope_theta": theta }))?;
        self.number("rope_theta")?;
        let kind = scaling.get("rope_type").or_else(|| scaling.get("type")).and_then(Value::as_str);
        Ok(match kind {
            None | Some("default") => None,
            Some(_) => Some(scaling),
        })
    }

    /// The same for families whose scaled rotations candle-transformers does not compute.
    pub(super) fn plain_rotation(&mut self, theta: f64) -> Result<()> {
        match self.rotation(theta)? {
            None => Ok(()),
            Some(scaling) => {
                let name = scaling.get("rope_type").or_else(|| scaling.get("type"));
                Err(unsupported("rope scaling", name.and_then(Value::as_str).unwrap_or_default(), "default"))
            }
        }
    }

    /// Checks how many of a head's numbers are turned.
    pub(super) fn turned_share(&mut self, default: f64) -> Result<()> {
        self.complete(json!({ "partial_rotary_factor": default }))?;
        let share = self.number("partial_rotary_factor")?;
        let turned = (share * self.size("head_dim", HEAD_WIDTHS)? as f64) as usize;
        if share > 1.0 || turned == 0 || !turned.is_multiple_of(2) {
            let problem =
                format!("is {share}, which turns {turned} numbers of a head; expected an even number");
            return Err(bad("partial_rotary_factor", problem));
        }
        Ok(())
    }

    /// Refuses heads whose numbers cannot all be turned in pairs.
    pub(super) fn even_heads(&mut self) -> Result<()> {
        self.set("partial_rotary_factor", 1.0);
        self.turned_share(1.0)
    }

    /// The most tokens of a sequence, which becomes the size of candle's tables.
    ///
    /// A window ends it: candle-transformers cuts windows off at other places than transformers does, or not at all.
    pub(super) fn context(&mut self, key: &str, window: Option<&str>) -> Result<usize> {
        let mut context = self.size(key, shape::CONTEXT)?.min(MOST_POSITIONS);
        if let Some(window) = window.filter(|window| self.get(window).is_some()) {
            context = context.min(self.size(window, shape::CONTEXT)?);
        }
        self.set(key, context);
        Ok(context)
    }

    /// Checks a mixture of experts.
    pub(super) fn experts(&self, all: &str, width: &str) -> Result<()> {
        let n_experts = self.size(all, 1..=1 << 10)?;
        self.size("num_experts_per_tok", 1..=n_experts)?;
        self.size(width, shape::FEED_FORWARD).map(|_| ())
    }

    /// Refuses an output of its own where candle-transformers always takes the embedding.
    pub(super) fn tied(&self) -> Result<()> {
        match self.flag("tie_word_embeddings") {
            true => Ok(()),
            false => Err(bad(
                "tie_word_embeddings",
                "is not true; candle-transformers computes no output of its own",
            )),
        }
    }
}

fn absent(key: &str) -> EngineError {
    bad(key, "is absent: fetch the file again, as it was published with the weights")
}
