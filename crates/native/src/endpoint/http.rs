//! One call: a request to the server, and what came of it.

use super::address::{Address, Reach};
use super::ask::{Answer, Ask};
use super::error::{of_status, shown, AskError};
use super::key::Key;
use super::protocol::Protocol;
use super::wait::retry_after;
use crate::certificates;
use anyhow::Result;
use std::io::ErrorKind;
use std::time::Duration;
use ureq::http::{HeaderValue, Response};
use ureq::{Agent, Body, Error};

/// The longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 16 << 20;

/// The longest that a connection takes to be made.
const LONGEST_CONNECT: Duration = Duration::from_secs(30);

/// The server that is asked, and for which model.
pub struct Server {
    agent: Agent,
    url: String,
    pub address: Address,
    pub protocol: Protocol,
    key: Option<Key>,
    pub model: String,
    /// Other names that it may answer under.
    pub accepted_models: Vec<String>,
    timeout_secs: u64,
}

/// What the connection depends on.
#[derive(Clone, Copy, Debug)]
pub struct Connecting {
    /// How long the start of an answer may take, and once more its rest.
    pub timeout_secs: u64,
    /// The most calls at once.
    pub concurrency: usize,
}

impl Server {
    pub fn new(
        (address, protocol): (Address, Protocol),
        key: Option<Key>,
        (model, accepted_models): (String, Vec<String>),
        connecting: Connecting,
    ) -> Result<Self> {
        let timeout = Duration::from_secs(connecting.timeout_secs);
        // A limit on the whole call would cost a thread a call, in which the client looks up the host's name.
        let mut config = Agent::config_builder()
            .timeout_connect(Some(timeout.min(LONGEST_CONNECT)))
            .timeout_send_body(Some(timeout))
            .timeout_recv_response(Some(timeout))
            .timeout_recv_body(Some(timeout))
            .tls_config(certificates::tls()?)
            .http_status_as_error(false)
            // Who is asked stands in the command; a redirect would send texts and key elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("tiebreak/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(connecting.concurrency)
            .max_idle_connections_per_host(connecting.concurrency);
        if address.reach() != Reach::Public {
            config = config.proxy(None);
        }
        let (agent, url) = (config.build().new_agent(), address.of(protocol.path()));
        let timeout_secs = connecting.timeout_secs;
        Ok(Self { agent, url, address, protocol, key, model, accepted_models, timeout_secs })
    }

    /// The address that calls go to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The request's body.
    pub fn body(&self, ask: &Ask) -> String {
        self.protocol.body(ask, &self.model, &self.address).to_string()
    }

    /// Makes the call once.
    pub fn call(&self, body: &str) -> Result<Answer, AskError> {
        let mut request = self.agent.post(&self.url).content_type("application/json");
        for (name, value) in self.protocol.headers(self.key.as_ref()) {
            let mut value = HeaderValue::try_from(value).expect("a key is printable ASCII");
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let response = request.send(body).map_err(|error| self.failure(&error))?;
        let (status, wait) = (response.status(), retry_after(response.headers()));
        let text = self.text(response)?;
        if !status.is_success() {
            return Err(of_status(status.as_u16(), &text, wait));
        }
        let answer = self.protocol.read(&text)?;
        match self.is_ours(&answer.model) {
            true => Ok(answer),
            false => Err(AskError::OtherModel { asked: self.model.clone(), answered: shown(&answer.model) }),
        }
    }

    /// Ends all calls at once.
    pub fn shut_down(&self) {
        self.agent.clone().shutdown();
    }

    fn text(&self, response: Response<Body>) -> Result<String, AskError> {
        let read = response.into_body().into_with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let bytes = read.map_err(|error| self.failure(&error))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(match &self.key {
            Some(key) => key.hide_in(text),
            None => text,
        })
    }

    fn failure(&self, error: &Error) -> AskError {
        if let Some(reason) = certificates::problem(error) {
            return AskError::NotTrusted { host: self.address.host().to_owned(), reason };
        }
        match error {
            Error::Timeout(_) => AskError::Timeout { secs: self.timeout_secs },
            Error::BodyExceedsLimit(most) => {
                AskError::NotUnderstood { what: format!("it is longer than {most} bytes") }
            }
            Error::Io(io) if io.kind() == ErrorKind::TimedOut => {
                AskError::Timeout { secs: self.timeout_secs }
            }
            Error::Io(io) => AskError::Connection {
                reason: io.to_string(),
                was_sent: io.kind() != ErrorKind::ConnectionRefused,
            },
            Error::HostNotFound => AskError::Connection {
                reason: format!("there is no host {}", self.address.host()),
                was_sent: false,
            },
            other => AskError::Connection { reason: other.to_string(), was_sent: true },
        }
    }

    /// Whether a server's name for its model is ours for it; one that gives no name is believed.
    fn is_ours(&self, answered: &str) -> bool {
        let is_it = |name: &String| is_same_model(name, answered);
        answered.is_empty() || is_it(&self.model) || self.accepted_models.iter().any(is_it)
    }
}

/// Whether a server that was asked for `asked` may call it `answered`.
///
/// Servers add a date or `latest` to a name, or replace the one by the other, and leave out or add the folder before it.
fn is_same_model(asked: &str, answered: &str) -> bool {
    let plain = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or_default().to_lowercase();
        name.strip_suffix("latest")
            .map_or(name.clone(), |start| start.trim_end_matches(SEPARATORS).to_owned())
    };
    let (asked, answered) = (plain(asked), plain(answered));
    let is_date = |rest: &str| {
        // With fewer digits it is a version, and so another model.
        rest.chars().filter(char::is_ascii_digit).count() >= 4
            && rest.starts_with(SEPARATORS)
            && rest.chars().all(|c| c.is_ascii_digit() || SEPARATORS.contains(&c))
    };
    answered == asked || answered.strip_prefix(&asked).is_some_and(is_date)
}

/// What stands between a model's name and its date.
const SEPARATORS: [char; 3] = ['-', ':', '@'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_names() {
        for (asked, answered) in [
            ("meta-llama/Llama-3-8B", "meta-llama/Llama-3-8B"),
            ("meta-llama/Llama-3-8B", "llama-3-8b"),
            ("Llama-3-8B", "/models/Llama-3-8B"),
            ("gpt-4o", "gpt-4o-2024-08-06"),
            ("claude-x-4", "claude-x-4@20250514"),
            ("llama3", "llama3:latest"),
            ("mistral-large-latest", "mistral-large-2411"),
        ] {
            assert!(is_same_model(asked, answered), "{asked}, {answered}");
        }
        for (asked, answered) in [
            ("llama-3-8b", "llama-3-80b"),
            ("llama-3-8b", "llama-3"),
            ("gpt-4", "gpt-4-turbo"),
            ("gpt-4", "gpt-4o"),
            ("claude-x-4", "claude-x-4-5"),
            ("m", "m2"),
        ] {
            assert!(!is_same_model(asked, answered), "{asked}, {answered}");
        }
    }
}
