//! Calls to the hub: who gets the token, which redirects are followed, and what an answer without the file means.

use super::error::HubError;
use super::origin::Origin;
use super::place::Place;
use crate::certificates;
use crate::endpoint::{message, retry_after, Key, Reach};
use std::io;
use std::time::Duration;
use ureq::http::{header, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use ureq::{Agent, Body, Error};

/// The hub sends to its CDN in one step; a renamed repository takes another.
const MOST_REDIRECTS: usize = 8;
/// The longest that a connection takes to be made.
const LONGEST_CONNECT: Duration = Duration::from_secs(30);
/// The longest answer that is read where it is no file.
const MOST_BYTES: u64 = 64 << 20;

/// The hub, as it is asked.
pub struct Client<'a> {
    agent: Agent,
    pub place: &'a Place,
}

/// A call.
pub struct Call<'a> {
    pub url: String,
    /// What messages call the thing that is asked for.
    pub what: &'a str,
    pub kind: Kind,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the hub says of a file; a redirect to another server is not followed, because the hub's own answer says it.
    Facts,
    /// The content, from a byte on.
    Content { from: u64 },
}

/// An answer that is none of the hub's refusals.
pub struct Answer {
    pub response: Response<Body>,
    /// Who gave it.
    pub host: String,
}

impl<'a> Client<'a> {
    pub fn new(place: &'a Place) -> anyhow::Result<Self> {
        let timeout = place.timeout;
        let mut config = Agent::config_builder()
            .timeout_connect(Some(timeout.min(LONGEST_CONNECT)))
            .timeout_recv_response(Some(timeout))
            // The body of a large file has no limit as a whole.
            .timeout_per_read(Some(timeout))
            .tls_config(certificates::tls()?)
            .http_status_as_error(false)
            // Redirects are followed here, where it is known who gets the token.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("tiebreak/", env!("CARGO_PKG_VERSION")));
        if place.endpoint.origin().reach() != Reach::Public {
            config = config.proxy(None);
        }
        Ok(Self { agent: config.build().new_agent(), place })
    }

    /// Makes the call, and those that redirects lead to.
    pub fn call(&self, call: &Call<'_>) -> Result<Answer, HubError> {
        let mut uri: Uri = call.url.parse().map_err(|_| self.not_the_hub(call, "no address"))?;
        for _ in 0..=MOST_REDIRECTS {
            let origin = Origin::of(&uri).ok_or_else(|| self.not_the_hub(call, "no address"))?;
            let response = self.send(call, &uri, &origin)?;
            let host = origin.host().to_owned();
            if !is_redirect(response.status()) {
                return self.accepted(call, Answer { response, host });
            }
            let next = next_address(&uri, response.headers())
                .map_err(|reason| HubError::Redirect { host: host.clone(), reason })?;
            if call.kind == Kind::Facts && Origin::of(&next).as_ref() != Some(&origin) {
                return Ok(Answer { response, host });
            }
            uri = next;
        }
        let host = self.host();
        Err(HubError::Redirect { host, reason: format!("more than {MOST_REDIRECTS} times") })
    }

    /// Makes a call whose answer is JSON.
    pub fn json(&self, call: &Call<'_>) -> Result<serde_json::Value, HubError> {
        let Answer { response, host } = self.call(call)?;
        let read = response.into_body().into_with_config().limit(MOST_BYTES).read_to_vec();
        let bytes = read.map_err(|error| self.failure(&host, &error))?;
        serde_json::from_slice(&bytes).map_err(|_| HubError::NotTheHub {
            host,
            what: call.what.to_owned(),
            found: if crate::model::is_html(&bytes) { "a page of HTML" } else { "no JSON" }.to_owned(),
        })
    }

    /// The hub's name.
    pub fn host(&self) -> String {
        self.place.endpoint.origin().host().to_owned()
    }

    /// The error of a connection that failed while a content was read.
    pub fn read_failure(&self, host: &str, error: io::Error) -> HubError {
        self.failure(host, &Error::from(error))
    }

    fn send(&self, call: &Call<'_>, uri: &Uri, origin: &Origin) -> Result<Response<Body>, HubError> {
        let method = if call.kind == Kind::Facts { Method::HEAD } else { Method::GET };
        // Compressed, a length would not be the file's.
        let mut request =
            Request::builder().method(method).uri(uri).header(header::ACCEPT_ENCODING, "identity");
        if let Kind::Content { from: from @ 1.. } = call.kind {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        if let Some(token) = self.token_for(origin) {
            request = request.header(header::AUTHORIZATION, token);
        }
        let request = request.body(()).map_err(|_| self.not_the_hub(call, "no address"))?;
        self.agent.run(request).map_err(|error| self.failure(origin.host(), &error))
    }

    /// The token, for the hub's own origin and for nobody else.
    fn token_for(&self, origin: &Origin) -> Option<HeaderValue> {
        let token = self.place.token().filter(|_| origin == self.place.endpoint.origin())?;
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn accepted(&self, call: &Call<'_>, answer: Answer) -> Result<Answer, HubError> {
        let status = answer.response.status();
        // 416: what is asked for begins behind the end, which whoever asks has to deal with.
        if status.is_success() || status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(answer);
        }
        let Answer { response, host } = answer;
        let headers = response.headers().clone();
        let body = response.into_body().into_with_config().limit(1 << 16).lossy_utf8(true).read_to_string();
        let said = Said { status: status.as_u16(), headers: &headers, body: body.unwrap_or_default() };
        Err(self.refusal(call, host, &said))
    }

    fn refusal(&self, call: &Call<'_>, host: String, said: &Said<'_>) -> HubError {
        let (what, status, token) = (call.what.to_owned(), said.status, self.place.token_advice());
        match (said.code(), status) {
            ("GatedRepo", _) => HubError::Gated { page: self.page(&what), what, status, token },
            (_, 401 | 403) => {
                HubError::Refused { host, what, status, detail: said.detail(self.place.token()), token }
            }
            (_, 404) => HubError::NotFound { host, what, hint: String::new() },
            (_, 408 | 429 | 500..) => HubError::Trouble { host, status, wait: retry_after(said.headers) },
            _ => HubError::NotTheHub { host, what, found: format!("status {status}") },
        }
    }

    /// Where a person reads about a repository; `what` begins with its name.
    pub fn page(&self, what: &str) -> String {
        let repository = what.split([':', '@', ' ']).next().unwrap_or_default();
        self.place.endpoint.of(&format!("/{repository}"))
    }

    pub fn not_the_hub(&self, call: &Call<'_>, found: &str) -> HubError {
        HubError::NotTheHub { host: self.host(), what: call.what.to_owned(), found: found.to_owned() }
    }

    fn failure(&self, host: &str, error: &Error) -> HubError {
        let host = host.to_owned();
        if let Some(reason) = certificates::problem(error) {
            return HubError::NotTrusted { host, reason };
        }
        let is_slow = match error {
            Error::Timeout(_) => true,
            Error::Io(io) => io.kind() == io::ErrorKind::TimedOut,
            _ => false,
        };
        match error {
            _ if is_slow => HubError::Slow { host, secs: self.place.timeout.as_secs() },
            Error::HostNotFound => HubError::Unreachable { reason: format!("there is no host {host}"), host },
            Error::Io(io) => HubError::Unreachable { host, reason: io.to_string() },
            other => HubError::Unreachable { host, reason: other.to_string() },
        }
    }
}

/// What a server says in place of a file.
struct Said<'a> {
    status: u16,
    headers: &'a HeaderMap,
    body: String,
}

impl Said<'_> {
    /// The hub's own name for the refusal.
    fn code(&self) -> &str {
        self.headers.get("x-error-code").and_then(|code| code.to_str().ok()).unwrap_or_default()
    }

    /// The hub's words, without the token, after a colon, or nothing.
    fn detail(&self, token: Option<&Key>) -> String {
        let of_header = self.headers.get("x-error-message").and_then(|text| text.to_str().ok());
        let said =
            of_header.map_or_else(|| message(&self.body), |text| text.trim_end_matches('.').to_owned());
        let said = token.map_or(said.clone(), |token| token.hide_in(said));
        if said.is_empty() {
            said
        } else {
            format!(": {said}")
        }
    }
}

/// Those that the same call is repeated for.
fn is_redirect(status: StatusCode) -> bool {
    [301, 302, 303, 307, 308].contains(&status.as_u16())
}

/// Where a redirect leads, or why nowhere.
fn next_address(uri: &Uri, headers: &HeaderMap) -> Result<Uri, String> {
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    let location = location.ok_or("without saying where to")?;
    let next = match location.strip_prefix('/') {
        Some(path) if !path.starts_with('/') => {
            let (scheme, authority) = (uri.scheme_str().unwrap_or_default(), uri.authority());
            format!("{scheme}://{}{location}", authority.map_or("", |authority| authority.as_str()))
        }
        _ => location.to_owned(),
    };
    let next: Uri = next.parse().map_err(|_| "to what is no address".to_owned())?;
    let was_encrypted = Origin::of(uri).is_some_and(|origin| origin.is_encrypted());
    match Origin::of(&next) {
        Some(origin) if was_encrypted && !origin.is_encrypted() => {
            Err("to an address without encryption".to_owned())
        }
        Some(_) => Ok(next),
        None => Err("to what is no address of the web".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_to_an_address_of_the_web() {
        let next = |location: Option<&str>| {
            let mut headers = HeaderMap::new();
            location.map(|location| headers.insert(header::LOCATION, location.parse().unwrap()));
            let from = Uri::from_static("https://hub.example.com:8443/o/n");
            next_address(&from, &headers).map(|uri| uri.to_string())
        };
        assert_eq!(next(Some("/o/m?x=1")).unwrap(), "https://hub.example.com:8443/o/m?x=1");
        assert_eq!(next(Some("https://cdn.example.com/a")).unwrap(), "https://cdn.example.com/a");
        for (bad, reason) in [
            (None, "without saying where to"),
            (Some("//cdn.example.com/a"), "no address"),
            (Some("ftp://cdn.example.com"), "no address of the web"),
            (Some("file:///etc/passwd"), "no address"),
            (Some("elsewhere"), "no address of the web"),
            (Some("http://hub.example.com/o/n"), "without encryption"),
        ] {
            let error = next(bad).unwrap_err();
            assert!(error.contains(reason), "{bad:?}: {error}");
        }
    }
}
