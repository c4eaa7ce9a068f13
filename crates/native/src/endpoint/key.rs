//! The key to a server: read from the environment, and shown nowhere.

use super::address::{Address, Reach};
use anyhow::{bail, Result};
use serde_json::Value;
use std::fmt;

/// What stands in its place.
const HIDDEN: &str = "[key]";

/// A key that no `Debug` output shows; it has no `Display` and no serialization.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// How the key was asked for.
#[derive(Clone, Copy, Debug)]
pub struct KeyChoice<'a> {
    /// The variable that was typed.
    pub variable: Option<&'a str>,
    /// The protocol's usual variable.
    pub usual: &'static str,
    /// Whether none is to be sent.
    pub is_refused: bool,
}

impl Key {
    /// The key for `address`, or none where none is needed; an error says which variable is missing or why the key is not sent.
    ///
    /// A usual variable's key goes to public hosts alone: a server in this house has no use for it.
    pub fn find(choice: KeyChoice<'_>, address: &Address) -> Result<Option<Self>> {
        let is_public = address.reach() == Reach::Public;
        let variable = match choice.variable {
            _ if choice.is_refused => return Ok(None),
            Some(typed) => typed,
            None if is_public => choice.usual,
            None => return Ok(None),
        };
        let host = address.host();
        if !address.is_encrypted() && address.reach() != Reach::Loopback {
            bail!("a key would go to {host} unencrypted: give an https address, or --no-key for a server that asks for none");
        }
        let Ok(value) = std::env::var(variable) else {
            bail!(
                "there is no key for {host}: put it into the environment variable {variable}, \
                 name another with --key-env, or give --no-key for a server that asks for none"
            );
        };
        Self::parse(&value, &format!("the environment variable {variable}")).map(Some)
    }

    /// Reads the key that stands in `place`.
    pub fn parse(value: &str, place: &str) -> Result<Self> {
        let value = value.trim();
        if value.is_empty() {
            bail!("{place} is empty: put the key into it");
        }
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("{place} holds no key: there are spaces or other characters in it that a key has not");
        }
        Ok(Self(value.to_owned()))
    }

    /// The key itself, for the header that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` with the key replaced, for servers that repeat what they were sent.
    ///
    /// JSON has several ways of writing a character, so that text is looked at as it reads and not only as it stands.
    pub fn hide_in(&self, text: String) -> String {
        let shown = match text.contains(&self.0) {
            true => text.replace(&self.0, HIDDEN),
            false => text,
        };
        let Ok(mut value) = serde_json::from_str::<Value>(&shown) else { return shown };
        match self.hide_in_value(&mut value) {
            true => value.to_string(),
            false => shown,
        }
    }

    /// Replaces the key in all texts of `value`; returns whether it was there.
    fn hide_in_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) if text.contains(&self.0) => {
                *text = text.replace(&self.0, HIDDEN);
                true
            }
            // No short circuit: the key can stand in several places.
            Value::Array(items) => items.iter_mut().fold(false, |was, item| self.hide_in_value(item) | was),
            Value::Object(fields) => {
                let mut was_there =
                    fields.values_mut().fold(false, |was, field| self.hide_in_value(field) | was);
                let names: Vec<String> =
                    fields.keys().filter(|name| name.contains(&self.0)).cloned().collect();
                for name in names {
                    was_there = true;
                    if let Some(field) = fields.remove(&name) {
                        fields.insert(name.replace(&self.0, HIDDEN), field);
                    }
                }
                was_there
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(variable: Option<&str>) -> KeyChoice<'_> {
        KeyChoice { variable, usual: "TIEBREAK_TEST_NO_SUCH_KEY", is_refused: false }
    }

    fn find(variable: Option<&str>, address: &str) -> Result<Option<Key>> {
        Key::find(choice(variable), &Address::parse(address).unwrap())
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = Key::parse(" sk-secret\n", "X").unwrap();
        assert_eq!(format!("{key:?} {:?}", Some(&key)), "Key(hidden) Some(Key(hidden))");
        for (said, shown) in [
            ("you sent sk-secret!", "you sent [key]!"),
            (r#"{"a":["\u0073k-secret"]}"#, r#"{"a":["[key]"]}"#),
            (r#"{"\u0073k-secret":1}"#, r#"{"[key]":1}"#),
            (r#"{"a":  "other"}"#, r#"{"a":  "other"}"#),
        ] {
            assert_eq!(key.hide_in(said.to_owned()), shown);
        }
        for bad in ["", " \n", "two words-secret", "secret\u{1b}", "sécret"] {
            let error = Key::parse(bad, "MY_KEY").unwrap_err().to_string();
            assert!(error.contains("MY_KEY") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn only_public_hosts_need_one() {
        for address in ["http://127.0.0.1:8000", "http://node17:8000", "https://10.0.0.7"] {
            assert_eq!(find(None, address).unwrap(), None, "{address}");
        }
        let error = find(None, "https://api.example.com/v1").unwrap_err().to_string();
        assert!(error.contains("api.example.com") && error.contains("TIEBREAK_TEST_NO_SUCH_KEY"), "{error}");
        let no_key = KeyChoice { is_refused: true, ..choice(None) };
        assert_eq!(Key::find(no_key, &Address::parse("http://example.com").unwrap()).unwrap(), None);
    }

    #[test]
    fn a_key_never_travels_in_the_open() {
        for address in ["http://api.example.com/v1", "http://node17:8000", "http://192.168.1.1"] {
            let error = find(Some("PATH"), address).unwrap_err().to_string();
            assert!(error.contains("unencrypted"), "{error}");
        }
        assert!(find(Some("TIEBREAK_TEST_NO_SUCH_KEY"), "http://127.0.0.1")
            .unwrap_err()
            .to_string()
            .contains("no key"));
    }
}
