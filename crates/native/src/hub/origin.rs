//! Addresses by who they belong to: the token goes to the hub's origin alone.

use crate::endpoint::{reach_of, Reach};
use anyhow::{bail, Context, Result};
use ureq::http::uri::Scheme;
use ureq::http::Uri;

/// The hub's address, such as `https://huggingface.co`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
    origin: Origin,
}

/// What two addresses of one server have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    is_encrypted: bool,
    host: String,
    port: u16,
}

impl Endpoint {
    /// Reads what `HF_ENDPOINT` gives.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().trim_end_matches('/');
        // The text is shown only where it holds no password.
        if text.contains('@') {
            bail!("HF_ENDPOINT holds a name or a password: leave them out, and put a token into HF_TOKEN");
        }
        if text.contains(['?', '#']) {
            bail!("HF_ENDPOINT ends in a query: leave it out");
        }
        let expected =
            || format!("HF_ENDPOINT is `{text}`: expected an address such as https://huggingface.co");
        let uri: Uri = text.parse().with_context(expected)?;
        let origin = Origin::of(&uri).with_context(expected)?;
        Ok(Self { base: text.to_owned(), origin })
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The whole address of `path`, which begins with a slash.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Origin {
    /// The origin of an address with a scheme that is spoken here.
    pub fn of(uri: &Uri) -> Option<Self> {
        let is_encrypted = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let host = uri.host()?.trim_matches(['[', ']']).to_lowercase();
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        (!host.is_empty()).then_some(Self { is_encrypted, host, port })
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    pub fn reach(&self) -> Reach {
        reach_of(&self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Option<Origin> {
        Origin::of(&text.parse().unwrap())
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let hub = origin("https://huggingface.co/a/b");
        assert_eq!(origin("https://HuggingFace.co:443/c?d"), hub);
        for other in [
            "http://huggingface.co",
            "https://cdn.huggingface.co",
            "https://huggingface.co:8443",
            "https://huggingface.co.example.com",
        ] {
            assert_ne!(origin(other), hub, "{other}");
        }
        assert_eq!(origin("ftp://huggingface.co"), None);
        assert_eq!(origin("/relative"), None);
    }

    #[test]
    fn an_endpoint_may_have_a_path_and_no_secret() {
        let endpoint = Endpoint::parse(" https://mirror.example.com/hf/ ").unwrap();
        assert_eq!(endpoint.of("/o/n"), "https://mirror.example.com/hf/o/n");
        for (text, part) in [
            ("https://user:secret@hub.example.com", "HF_TOKEN"),
            ("https://hub.example.com?token=secret", "a query"),
            ("hub.example.com", "such as https://huggingface.co"),
            ("ftp://hub.example.com", "such as https://huggingface.co"),
            ("", "such as https://huggingface.co"),
        ] {
            let error = format!("{:#}", Endpoint::parse(text).unwrap_err());
            assert!(error.contains(part) && !error.contains("secret"), "{text}: {error}");
        }
    }
}
