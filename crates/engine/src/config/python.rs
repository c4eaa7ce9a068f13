//! JSON as Python's library writes it.

use std::borrow::Cow;

/// What JSON has no words for.
const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// The same in JSON: infinity, and what is no number, become null.
pub(crate) fn of_python(json: &str) -> Cow<'_, str> {
    if !WORDS.iter().any(|word| json.contains(word)) {
        return Cow::Borrowed(json);
    }
    let (mut read, mut is_text) = (String::with_capacity(json.len()), false);
    for part in json.split_inclusive('"') {
        if is_text {
            read.push_str(part);
        } else {
            read.push_str(&WORDS.iter().fold(part.to_owned(), |part, word| part.replace(word, "null")));
        }
        let before = part.strip_suffix('"').unwrap_or_default();
        let n_escapes = before.len() - before.trim_end_matches('\\').len();
        is_text ^= !is_text || n_escapes.is_multiple_of(2);
    }
    Cow::Owned(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_outside_of_texts_become_null() {
        let json = r#"{"a": [0.0, Infinity], "NaN \" Infinity \\": -Infinity, "b": NaN, "c": "\\\"NaN"}"#;
        let expected = r#"{"a": [0.0, null], "NaN \" Infinity \\": null, "b": null, "c": "\\\"NaN"}"#;
        assert_eq!(of_python(json), expected);
        assert!(matches!(of_python(r#"{"a": 1}"#), Cow::Borrowed(_)));
    }
}
