//! One call: a request to the server, and what came of it.

use super::address::{Address, Reach};
use super::ask::{Answer, Ask};
use super::error::{of_status, AskError};
use super::key::Key;
use super::protocol::Protocol;
use super::wait::retry_after;
use std::io::ErrorKind;
use std::time::Duration;
use ureq::http::{HeaderValue, Response, StatusCode};
use ureq::{Agent, Body, Error};

/// The longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 16 << 20;

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
    ) -> Self {
        let mut config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(connecting.timeout_secs)))
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
        Self { agent, url, address, protocol, key, model, accepted_models, timeout_secs }
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
        if status != StatusCode::OK {
            return Err(of_status(status.as_u16(), &text, wait));
        }
        let answer = self.protocol.read(&text)?;
        match self.is_ours(&answer.model) {
            true => Ok(answer),
            false => Err(AskError::OtherModel { asked: self.model.clone(), answered: answer.model }),
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

    /// Whether a server's name for its model is ours for it.
    ///
    /// Servers add a date to a name, and leave out or add the folder before it; one that gives no name is believed.
    fn is_ours(&self, answered: &str) -> bool {
        let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
        let answered = last(answered);
        let is_it = |name: &String| {
            let name = last(name);
            answered == name
                || answered.strip_prefix(&name).is_some_and(|rest| rest.starts_with(['-', ':', '@']))
        };
        answered.is_empty() || is_it(&self.model) || self.accepted_models.iter().any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_names() {
        let address = Address::parse("http://127.0.0.1:1").unwrap();
        let connecting = Connecting { timeout_secs: 1, concurrency: 1 };
        let names = ("meta-llama/Llama-3-8B".to_owned(), vec!["alias".to_owned()]);
        let server = Server::new((address, Protocol::OpenAi), None, names, connecting);
        for ours in [
            "meta-llama/Llama-3-8B",
            "llama-3-8b",
            "/models/Llama-3-8B",
            "Llama-3-8B-2024-08-06",
            "alias:latest",
            "",
        ] {
            assert!(server.is_ours(ours), "{ours}");
        }
        for other in ["Llama-3-80B", "Llama-3", "gpt-4o", "aliased"] {
            assert!(!server.is_ours(other), "{other}");
        }
    }
}
