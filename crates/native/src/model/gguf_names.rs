//! What the names of `.gguf` files tell of them: which are models, in which type, and which one a tag means.

use super::split;
use anyhow::{bail, Result};
use std::collections::BTreeSet;

/// The `.gguf` files that are models of their own: no later parts of a split one, no parts of a model that reads images, and no statistics from which types were chosen.
pub fn gguf_models(names: &BTreeSet<String>) -> impl Iterator<Item = &str> {
    names.iter().filter(|name| is_model(name)).map(String::as_str)
}

fn is_model(name: &str) -> bool {
    let file = file_of(name).to_lowercase();
    let Some(stem) = file.strip_suffix(".gguf") else { return false };
    let of_images = stem.contains("mmproj");
    // Some makers write the word into the names of models too, before their type.
    let is_statistics = stem.starts_with("imatrix") || stem.ends_with("imatrix");
    name.ends_with(".gguf") && split::first_of(name).is_none() && !of_images && !is_statistics
}

/// The one model with a tag such as `Q4_K_M` in its name, as other programs that fetch models take it.
pub fn tagged(names: &BTreeSet<String>, tag: &str, shelf: &str) -> Result<String> {
    let tagged: Vec<&str> = gguf_models(names).filter(|name| has_tag(name, tag)).collect();
    match &tagged[..] {
        [only] => Ok((*only).to_owned()),
        [] => bail!("{shelf} holds no model with {tag} in its name; {}", there_is(names)),
        several => bail!("{tag} is in several names: give one whole, of {}", several.join(", ")),
    }
}

/// Whether a tag stands in a name as a word of its own, in letters of either case.
///
/// `_` joins words behind a tag: `Q4_K` is another type than `Q4_K_M`.
fn has_tag(name: &str, tag: &str) -> bool {
    let (name, tag) = (name.to_lowercase(), tag.to_lowercase());
    name.match_indices(&tag).any(|(at, _)| {
        let (before, behind) = (name[..at].chars().next_back(), name[at + tag.len()..].chars().next());
        let ends = |c: char| !c.is_alphanumeric() && c != '_';
        !before.is_some_and(char::is_alphanumeric) && behind.is_none_or(ends)
    })
}

/// The type that a name gives a model, where it is one that nothing here computes.
pub fn unknown_type(name: &str) -> Option<&str> {
    let is_unknown = |word: &&str| {
        let word = word.to_uppercase();
        let of_bits = |family: &str| {
            word.strip_prefix(family)
                .is_some_and(|bits| bits.len() == 1 && bits.as_bytes()[0].is_ascii_digit())
        };
        of_bits("IQ") || of_bits("TQ") || of_bits("MXFP") || of_bits("NVFP")
    };
    let is_in_word = |c: char| c.is_alphanumeric() || c == '_';
    // The whole of `IQ4_XS` is shown, of which the first part tells.
    let mut words = file_of(name).split(|c: char| !is_in_word(c));
    words.find_map(|word| {
        let part = word.split('_').find(is_unknown)?;
        word.find(part).map(|at| &word[at..])
    })
}

/// The models of a list, for messages.
pub fn there_is(names: &BTreeSet<String>) -> String {
    let models: Vec<&str> = gguf_models(names).collect();
    match models.is_empty() {
        true => "there is no .gguf file".to_owned(),
        false => format!("there is {}", models.join(", ")),
    }
}

fn file_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_stands_beside_models_is_none() {
        let models = ["a/m-Q4_K_M.gguf", "m-imatrix-Q8_0.gguf", "s-00001-of-00002.gguf"];
        let beside = [
            "imatrix.gguf",
            "imatrix_unsloth.gguf",
            "m-imatrix.gguf",
            "m.imatrix.gguf",
            "mmproj-F16.gguf",
            "m-mmproj-f16.gguf",
            "MMPROJ-m.gguf",
            "s-00002-of-00002.gguf",
            "README.md",
        ];
        let names = set(&[&models[..], &beside].concat());
        assert_eq!(gguf_models(&names).collect::<Vec<_>>(), models);
    }

    #[test]
    fn a_tag_means_the_one_model_that_has_it() {
        let names = set(&[
            "Q4_K_M/m-Q4_K_M-00001-of-00002.gguf",
            "Q4_K_M/m-Q4_K_M-00002-of-00002.gguf",
            "m-IQ4_NL.gguf",
            "m-Q4_K_S.gguf",
            "m-UD-Q2_K_XL.gguf",
            "m-a-Q8_0.gguf",
            "m.b.q8_0.gguf",
            "mmproj-BF16.gguf",
        ]);
        for (tag, expected) in [
            ("Q4_K_M", "Q4_K_M/m-Q4_K_M-00001-of-00002.gguf"),
            ("q4_k_s", "m-Q4_K_S.gguf"),
            ("Q2_K_XL", "m-UD-Q2_K_XL.gguf"),
            ("UD-Q2_K_XL", "m-UD-Q2_K_XL.gguf"),
        ] {
            assert_eq!(tagged(&names, tag, "o/n").unwrap(), expected);
        }
        for (tag, part) in [
            ("Q4_K", "o/n holds no model with Q4_K in its name; there is Q4_K_M/m-Q4_K_M-00001-of-00002.gguf, m-IQ4"),
            ("Q4_NL", "holds no model"),
            ("BF16", "holds no model"),
            ("latest", "holds no model"),
            ("Q8_0", "Q8_0 is in several names: give one whole, of m-a-Q8_0.gguf, m.b.q8_0.gguf"),
        ] {
            let error = tagged(&names, tag, "o/n").unwrap_err().to_string();
            assert!(error.contains(part), "{tag}: {error}");
        }
    }

    #[test]
    fn types_that_nothing_computes_are_known_by_name() {
        for (name, expected) in [
            ("m-IQ4_XS.gguf", Some("IQ4_XS")),
            ("m_iq2_xxs.gguf", Some("iq2_xxs")),
            ("a/m-UD-IQ1_S-00001-of-00002.gguf", Some("IQ1_S")),
            ("m.TQ1_0.gguf", Some("TQ1_0")),
            ("gpt-oss-20b-mxfp4.gguf", Some("mxfp4")),
            ("m-MXFP4_MOE.gguf", Some("MXFP4_MOE")),
            ("IQ4_XS/m-Q4_0.gguf", None),
            ("m-Q4_K_M.gguf", None),
            ("iq-coder-2b-F16.gguf", None),
            ("m-i1-Q4_K_M.gguf", None),
        ] {
            assert_eq!(unknown_type(name), expected, "{name}");
        }
    }
}
