//! Where the hub and its cache are, and who asks: the environment variables of `huggingface_hub`.

use super::error::TokenAdvice;
use super::origin::Endpoint;
use crate::endpoint::{Key, Reach};
use anyhow::{bail, Context, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

const HUB: &str = "https://huggingface.co";
const TIMEOUT_VARIABLE: &str = "HF_HUB_DOWNLOAD_TIMEOUT";
/// Where the variable is not set. That of `huggingface_hub` is 10 s; a CDN that has to get a file first takes longer.
const DEFAULT_TIMEOUT_SECS: u64 = 30;

/// Where the hub and its cache are.
#[derive(Debug)]
pub struct Place {
    pub endpoint: Endpoint,
    /// The folder of all repositories.
    pub cache: PathBuf,
    /// Whether only the cache may be used.
    pub is_offline: bool,
    /// How long an answer may take to begin, and a download may stand still.
    pub timeout: Duration,
    token: Option<Key>,
}

/// A source of environment variables.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Place {
    /// Reads `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `HF_HUB_OFFLINE`, `HF_TOKEN` and their kin.
    pub fn from_environment() -> Result<Self> {
        let home = std::env::home_dir();
        Self::from_variables(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()), home)
    }

    fn from_variables(variable: Variables<'_>, home: Option<PathBuf>) -> Result<Self> {
        let path = |name: &str| path(name, variable, home.as_deref());
        let folder = hugging_face_folder(&path, home.as_deref())?;
        let cache = match path("HF_HUB_CACHE")? {
            Some(cache) => Some(cache),
            None => path("HUGGINGFACE_HUB_CACHE")?,
        };
        let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| HUB.to_owned());
        Ok(Self {
            endpoint: Endpoint::parse(&endpoint)?,
            cache: cache.unwrap_or_else(|| folder.join("hub")),
            is_offline: is_set(variable, "HF_HUB_OFFLINE") || is_set(variable, "TRANSFORMERS_OFFLINE"),
            timeout: timeout(variable)?,
            token: token(variable, path("HF_TOKEN_PATH")?.unwrap_or_else(|| folder.join("token")))?,
        })
    }

    /// The token, where it may travel: encrypted, or inside this machine.
    pub fn token(&self) -> Option<&Key> {
        let origin = self.endpoint.origin();
        let is_safe = origin.is_encrypted() || origin.reach() == Reach::Loopback;
        self.token.as_ref().filter(|_| is_safe)
    }

    /// What to do about the token where the hub refuses.
    pub fn token_advice(&self) -> TokenAdvice {
        match (&self.token, self.token()) {
            (None, _) => TokenAdvice::Missing,
            (Some(_), Some(_)) => TokenAdvice::Sent,
            (Some(_), None) => TokenAdvice::Unencrypted,
        }
    }
}

fn hugging_face_folder(
    path: &dyn Fn(&str) -> Result<Option<PathBuf>>,
    home: Option<&Path>,
) -> Result<PathBuf> {
    if let Some(folder) = path("HF_HOME")? {
        return Ok(folder);
    }
    let caches = path("XDG_CACHE_HOME")?.or_else(|| Some(home?.join(".cache")));
    let caches = caches.context("there is no home folder for the hub's cache: set HF_HOME to a folder")?;
    Ok(caches.join("huggingface"))
}

/// The path in a variable, with `~` and other variables in it replaced as `huggingface_hub` does it, where no shell has.
fn path(name: &str, variable: Variables<'_>, home: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(text) = variable(name) else { return Ok(None) };
    let filled = with_variables(&text, variable).with_context(|| {
        format!("{name} is `{text}`, with a variable that is not set: give the path itself")
    })?;
    let rest = match filled.strip_prefix('~') {
        None => return Ok(Some(filled.into())),
        Some(rest) => rest.strip_prefix('/').or_else(|| rest.is_empty().then_some(rest)),
    };
    match (rest, home) {
        (Some(rest), Some(home)) => Ok(Some(home.join(rest))),
        _ => bail!(
            "{name} is `{text}`, and the home folder that this means is not known: give the path itself"
        ),
    }
}

/// A text with values in place of `$NAME` and `${NAME}`; none where one of them is not set.
fn with_variables(text: &str, variable: Variables<'_>) -> Option<String> {
    let Some((before, behind)) = text.split_once('$') else { return Some(text.to_owned()) };
    let braced = behind.strip_prefix('{').and_then(|behind| behind.split_once('}'));
    let (name, rest) = braced.unwrap_or_else(|| {
        behind.split_at(behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len()))
    });
    let value = if name.is_empty() { "$".to_owned() } else { variable(name)? };
    Some(format!("{before}{value}{}", with_variables(rest, variable)?))
}

/// The words for yes that `huggingface_hub` knows.
fn is_set(variable: Variables<'_>, name: &str) -> bool {
    variable(name).is_some_and(|value| ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str()))
}

fn timeout(variable: Variables<'_>) -> Result<Duration> {
    let name = TIMEOUT_VARIABLE;
    let Some(text) = variable(name) else { return Ok(Duration::from_secs(DEFAULT_TIMEOUT_SECS)) };
    match text.trim().parse::<u64>() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => bail!("{name} is `{text}`: expected a whole number of seconds above 0"),
    }
}

/// The token of the environment, else that of `hf auth login`.
fn token(variable: Variables<'_>, path: PathBuf) -> Result<Option<Key>> {
    if is_set(variable, "HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        return Ok(None);
    }
    for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
        if let Some(token) = variable(name) {
            return Key::parse(&token, &format!("the environment variable {name}")).map(Some);
        }
    }
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Key::parse(&text, &format!("the file {}", path.display())).map(Some),
        // Without a login there is no such file; one that cannot be read is as good as none, and the hub says so if it matters.
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(variables: &[(&str, &str)]) -> Result<Place> {
        let find = |name: &str| {
            variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
        };
        Place::from_variables(&find, Some("/nowhere".into()))
    }

    #[test]
    fn the_cache_is_where_the_variables_say() {
        for (variables, expected) in [
            (&[][..], "/nowhere/.cache/huggingface/hub"),
            (&[("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (&[("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")], "/h/hub"),
            (&[("HF_HOME", "/h"), ("HF_HUB_CACHE", "/c")], "/c"),
        ] {
            assert_eq!(place(variables).unwrap().cache, PathBuf::from(expected));
        }
        let error = Place::from_variables(&|_| None, None).unwrap_err().to_string();
        assert!(error.contains("HF_HOME"), "{error}");
    }

    #[test]
    fn home_and_variables_in_a_path_are_replaced() {
        for (variables, expected) in [
            (&[("HF_HOME", "~/hf")][..], "/nowhere/hf/hub"),
            (&[("HF_HUB_CACHE", "~")], "/nowhere"),
            (&[("XDG_CACHE_HOME", "~/.c")], "/nowhere/.c/huggingface/hub"),
            (&[("HF_HOME", "$SCRATCH/hf"), ("SCRATCH", "/s")], "/s/hf/hub"),
            (&[("HF_HUB_CACHE", "${A}b/$A-c/a~$"), ("A", "/a")], "/ab//a-c/a~$"),
        ] {
            assert_eq!(place(variables).unwrap().cache, PathBuf::from(expected));
        }
        for (name, value) in
            [("HF_HOME", "$SCRATCH/hf"), ("HF_HUB_CACHE", "${X}"), ("HF_TOKEN_PATH", "~ann/token")]
        {
            let error = place(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is `{value}`")), "{error}");
        }
    }

    #[test]
    fn offline_and_timeouts_are_read() {
        for (value, expected) in [("1", true), ("true", true), ("YES", true), ("0", false), ("no", false)] {
            assert_eq!(place(&[("HF_HUB_OFFLINE", value)]).unwrap().is_offline, expected, "{value}");
        }
        let timeout = |value| place(&[("HF_HUB_DOWNLOAD_TIMEOUT", value)]).map(|place| place.timeout);
        assert_eq!(timeout("7").unwrap(), Duration::from_secs(7));
        for bad in ["0", "-1", "soon", "1e9"] {
            assert!(timeout(bad).unwrap_err().to_string().contains("HF_HUB_DOWNLOAD_TIMEOUT"), "{bad}");
        }
    }

    #[test]
    fn the_token_is_found_and_travels_only_where_nobody_reads_it() {
        let token = |endpoint, more: &[(&str, &str)]| {
            let place = place(&[&[("HF_ENDPOINT", endpoint)], more].concat()).unwrap();
            (place.token().map(|key| key.reveal().to_owned()), place.token_advice())
        };
        let set = &[("HF_TOKEN", "hf_secret")][..];
        let found = Some("hf_secret".to_owned());
        assert_eq!(token("https://hub.example.com", set), (found.clone(), TokenAdvice::Sent));
        assert_eq!(token("http://127.0.0.1:80", set), (found.clone(), TokenAdvice::Sent));
        assert_eq!(token("http://hub.example.com", set), (None, TokenAdvice::Unencrypted));
        assert_eq!(token("http://node17", set), (None, TokenAdvice::Unencrypted));
        assert_eq!(token("https://hub.example.com", &[]), (None, TokenAdvice::Missing));
        let refused = [("HF_TOKEN", "hf_secret"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")];
        assert_eq!(token("https://hub.example.com", &refused), (None, TokenAdvice::Missing));
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        std::fs::write(folder.path().join("token"), "hf_secret\n").unwrap();
        assert_eq!(token("https://hub.example.com", &[("HF_HOME", home)]), (found, TokenAdvice::Sent));
        let error = place(&[("HF_TOKEN", "two words-secret")]).unwrap_err().to_string();
        assert!(error.contains("HF_TOKEN") && !error.contains("secret"), "{error}");
    }
}
