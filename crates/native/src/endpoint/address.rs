//! Where a server is, and how far away.

use anyhow::{bail, Context, Result};
use std::net::{IpAddr, Ipv6Addr};
use ureq::http::uri::Scheme;
use ureq::http::Uri;

/// The address of a server's interface, without credentials and without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    base: String,
    host: String,
    port: Option<u16>,
    is_encrypted: bool,
}

/// Who can read what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This machine.
    Loopback,
    /// An address that only a private network has, or a name without a public ending.
    Private,
    Public,
}

impl Address {
    /// Reads what `--endpoint` gives; an address without a path gets `/v1`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        // The text itself is shown only where it cannot hold a key.
        if text.contains('@') {
            bail!("--endpoint holds a name or a password: leave them out, and put the key into the variable that --key-env names");
        }
        if text.contains(['?', '#']) {
            bail!("--endpoint ends in a query: leave it out, and put a key into the variable that --key-env names");
        }
        let expected = || format!("--endpoint {text}: expected an address such as http://127.0.0.1:8000/v1");
        let uri: Uri = text.parse().with_context(expected)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { bail!(expected()) };
        if ![&Scheme::HTTP, &Scheme::HTTPS].contains(&scheme) {
            bail!(expected());
        }
        let path = match uri.path().trim_end_matches('/') {
            "" => "/v1",
            path => path,
        };
        Ok(Self {
            base: format!("{scheme}://{authority}{path}"),
            host: authority.host().trim_matches(['[', ']']).to_lowercase(),
            port: authority.port_u16(),
            is_encrypted: *scheme == Scheme::HTTPS,
        })
    }

    /// The host's name or number, without its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host with its port, where one was given: two servers on one machine are two.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// The whole address of the call `path`, such as `/chat/completions`, also where it was typed already.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.base.trim_end_matches(path))
    }

    pub fn reach(&self) -> Reach {
        reach_of(&self.host)
    }
}

/// Who can read what is sent to a host, given by its name or number.
pub fn reach_of(host: &str) -> Reach {
    match host.parse::<IpAddr>() {
        Ok(number) => reach_of_number(number),
        Err(_) => reach_of_name(host),
    }
}

fn reach_of_number(number: IpAddr) -> Reach {
    let is_private = match number {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => is_private_v6(v6),
    };
    match number.is_loopback() {
        true => Reach::Loopback,
        false if is_private => Reach::Private,
        false => Reach::Public,
    }
}

fn is_private_v6(number: Ipv6Addr) -> bool {
    number.is_unique_local() || number.is_unicast_link_local()
}

/// Endings that no public name has (RFC 6762, RFC 8375, and ICANN's reservation of `internal`).
const PRIVATE_ENDINGS: [&str; 4] = [".local", ".internal", ".home.arpa", ".lan"];

fn reach_of_name(name: &str) -> Reach {
    let name = name.trim_end_matches('.');
    if name == "localhost" || name.ends_with(".localhost") {
        return Reach::Loopback;
    }
    match !name.contains('.') || PRIVATE_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        true => Reach::Private,
        false => Reach::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, reach: Reach) {
        let address = Address::parse(text).unwrap();
        assert_eq!((address.of("/chat/completions").as_str(), address.reach()), (expected, reach), "{text}");
    }

    #[test]
    fn an_address_is_completed() {
        check("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1/chat/completions", Reach::Loopback);
        check("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/chat/completions", Reach::Loopback);
        check("https://api.example.com/v1/", "https://api.example.com/v1/chat/completions", Reach::Public);
        check(
            "https://example.com/api/v1/chat/completions",
            "https://example.com/api/v1/chat/completions",
            Reach::Public,
        );
    }

    #[test]
    fn the_reach_is_told_from_the_host() {
        let reach = |host: &str| Address::parse(&format!("http://{host}/v1")).unwrap().reach();
        for host in ["localhost:11434", "LOCALHOST", "127.9.9.9", "[::1]:8000", "a.localhost"] {
            assert_eq!(reach(host), Reach::Loopback, "{host}");
        }
        for host in
            ["10.0.0.7:8000", "192.168.1.1", "172.16.0.1", "[fd00::1]", "node17", "vllm.ml.svc.cluster.local"]
        {
            assert_eq!(reach(host), Reach::Private, "{host}");
        }
        for host in
            ["8.8.8.8", "172.32.0.1", "api.openai.com", "localhost.example.com", "127.0.0.1.example.com"]
        {
            assert_eq!(reach(host), Reach::Public, "{host}");
        }
    }

    #[test]
    fn what_may_hold_a_key_is_refused_and_not_shown() {
        for text in
            ["https://user:secret@example.com/v1", "https://example.com/v1?key=secret", "http://x/v1#secret"]
        {
            let error = format!("{:#}", Address::parse(text).unwrap_err());
            assert!(error.contains("--key-env") && !error.contains("secret"), "{error}");
        }
        for text in ["", "example.com", "ftp://example.com/v1", "/v1", "http://"] {
            let error = format!("{:#}", Address::parse(text).unwrap_err());
            assert!(error.contains("such as http://127.0.0.1:8000/v1"), "{text}: {error}");
        }
    }
}
