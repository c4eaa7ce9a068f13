//! Why an ask has no answer, and whether asking again helps.

use crate::certificates;
use std::time::Duration;
use thiserror::Error;

/// Why an ask has no answer.
///
/// `detail` is what the server said, without control characters and without the key, or empty.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    /// 401 or 403; the server's own words are left out, because some servers quote the key.
    #[error("the server refuses the key (status {status}): check the variable that --key-env names")]
    KeyRefused { status: u16 },
    /// 402, or another status with the words for a used-up quota.
    #[error("the account has no credit left (status {status}){detail}")]
    NoCredit { status: u16, detail: Detail },
    /// 404.
    #[error("the server knows no such model or address (status 404): check --model and --endpoint{detail}")]
    NotFound { detail: Detail },
    /// 413, or 400 with the words for a full context.
    #[error("the question and --max-tokens are too long for the server (status {status}){detail}")]
    TooLarge { status: u16, detail: Detail },
    /// 400, or another status that says that the request is at fault.
    #[error("the server refuses the request (status {status}){detail}")]
    BadRequest { status: u16, detail: Detail },
    /// 429.
    #[error(
        "the server had too many requests (status 429): lower --concurrency or --requests-per-minute{detail}"
    )]
    RateLimited { wait: Option<Duration>, detail: Detail },
    /// 408, 5xx.
    #[error("the server is in trouble (status {status}){detail}")]
    ServerTrouble { status: u16, wait: Option<Duration>, detail: Detail },
    #[error("no answer within {secs} s: raise --timeout-secs")]
    Timeout { secs: u64 },
    /// `was_sent` tells whether the server may have had the request.
    #[error("the connection failed: {reason}")]
    Connection { reason: String, was_sent: bool },
    #[error("{host} is not trusted: {reason}; {}", certificates::ADVICE)]
    NotTrusted { host: String, reason: String },
    /// Nothing, or an answer that ends in the middle.
    #[error("the answer breaks off after {n_bytes} bytes")]
    CutOff { n_bytes: usize },
    /// HTML, other JSON, or more than is read.
    #[error("the answer is not what the protocol says: {what}")]
    NotUnderstood { what: String },
    /// An answer without the log-probabilities that were asked for.
    #[error("the server offers no log-probabilities; take --method words")]
    NoLogprobs,
    #[error("the server answered as `{answered}`, not as `{asked}`: give --model {answered}, or --accept-model {answered}")]
    OtherModel { asked: String, answered: String },
}

/// What the server said, after a colon, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail(pub String);

impl std::fmt::Display for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_str() {
            "" => Ok(()),
            said => write!(f, ": {said}"),
        }
    }
}

impl AskError {
    /// The name under which it is counted.
    pub fn class(&self) -> &'static str {
        match self {
            Self::KeyRefused { .. } => "key refused",
            Self::NoCredit { .. } => "no credit",
            Self::NotFound { .. } => "not found",
            Self::TooLarge { .. } => "too large",
            Self::BadRequest { .. } => "bad request",
            Self::RateLimited { .. } => "rate limited",
            Self::ServerTrouble { .. } => "server trouble",
            Self::Timeout { .. } => "timeout",
            Self::Connection { .. } => "connection failed",
            Self::NotTrusted { .. } => "not trusted",
            Self::CutOff { .. } => "cut off",
            Self::NotUnderstood { .. } => "not understood",
            Self::NoLogprobs => "no log-probabilities",
            Self::OtherModel { .. } => "other model",
        }
    }

    /// Whether the same ask may be answered a little later.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::ServerTrouble { .. }
                | Self::Timeout { .. }
                | Self::Connection { .. }
                | Self::CutOff { .. }
        )
    }

    /// Whether every other ask would fail the same way, so that the run stops.
    pub fn is_about_the_run(&self) -> bool {
        matches!(
            self,
            Self::KeyRefused { .. }
                | Self::NoCredit { .. }
                | Self::NotFound { .. }
                | Self::NotTrusted { .. }
                | Self::NoLogprobs
                | Self::OtherModel { .. }
        )
    }

    /// Whether the server may have worked on it, so that it may cost.
    pub fn may_cost(&self) -> bool {
        match self {
            Self::Connection { was_sent, .. } => *was_sent,
            Self::Timeout { .. }
            | Self::CutOff { .. }
            | Self::NotUnderstood { .. }
            | Self::NoLogprobs
            | Self::OtherModel { .. } => true,
            _ => false,
        }
    }

    /// How long the server asks to wait.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { wait, .. } | Self::ServerTrouble { wait, .. } => *wait,
            _ => None,
        }
    }
}

/// The words with which servers say that a quota is used up, in lower case.
const NO_CREDIT: [&str; 3] =
    ["insufficient_quota", "credit balance is too low", "exceeded your current quota"];

/// The words with which servers say that the context is too short, in lower case.
const TOO_LARGE: [&str; 9] = [
    "context_length_exceeded",
    "context length",
    "`max_new_tokens` must be",
    "input is too long",
    "exceed_context_size",
    "maximum context length",
    "context size",
    "prompt is too long",
    "request_too_large",
];

/// The error that a status other than 200 stands for; `said` is the body as the server sent it, `wait` its `Retry-After`.
pub fn of_status(status: u16, said: &str, wait: Option<Duration>) -> AskError {
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let detail = Detail(message(said));
    match status {
        401 | 403 => AskError::KeyRefused { status },
        402 => AskError::NoCredit { status, detail },
        400 | 429 if has(&NO_CREDIT) => AskError::NoCredit { status, detail },
        404 => AskError::NotFound { detail },
        413 => AskError::TooLarge { status, detail },
        400 | 422 if has(&TOO_LARGE) => AskError::TooLarge { status, detail },
        429 => AskError::RateLimited { wait, detail },
        408 | 500.. => AskError::ServerTrouble { status, wait, detail },
        300..=399 => AskError::NotUnderstood {
            what: format!("it points to another address (status {status}), which is not followed: give that as --endpoint"),
        },
        _ => AskError::BadRequest { status, detail },
    }
}

/// The most characters of a server's words that are shown.
const MOST_CHARACTERS: usize = 200;

/// The message in an error's body: `error.message`, `error`, `message` or `detail` of its JSON; nothing where there is none, as in HTML.
pub fn message(said: &str) -> String {
    let Ok(body) = serde_json::from_str::<serde_json::Value>(said) else { return String::new() };
    let places = [body.pointer("/error/message"), body.get("error"), body.get("message"), body.get("detail")];
    let message = places.into_iter().flatten().find_map(|place| place.as_str()).unwrap_or_default();
    shown(message).trim_end_matches('.').to_owned()
}

/// A server's words on one line, harmless and not too long.
pub fn shown(words: &str) -> String {
    crate::terminal::harmless(words).replace('\n', " ").chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, said: &str, class: &str, passes: bool, stops: bool) {
        let error = of_status(status, said, None);
        assert_eq!(
            (error.class(), error.is_passing(), error.is_about_the_run()),
            (class, passes, stops),
            "{error}"
        );
    }

    #[test]
    fn a_status_has_its_class() {
        check(400, "", "bad request", false, false);
        check(400, r#"{"error":{"code":"context_length_exceeded"}}"#, "too large", false, false);
        check(
            422,
            "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
            "too large",
            false,
            false,
        );
        check(400, "context length exceeded", "too large", false, false);
        check(400, "This model's maximum context length is 4096 tokens", "too large", false, false);
        check(400, r#"{"error":{"message":"Your credit balance is too low"}}"#, "no credit", false, true);
        check(401, "", "key refused", false, true);
        check(402, "", "no credit", false, true);
        check(403, "", "key refused", false, true);
        check(404, "", "not found", false, true);
        check(408, "", "server trouble", true, false);
        check(413, "", "too large", false, false);
        check(422, "", "bad request", false, false);
        check(429, "", "rate limited", true, false);
        check(429, r#"{"error":{"code":"insufficient_quota"}}"#, "no credit", false, true);
        for status in [500, 502, 503, 504, 529] {
            check(status, "<html>", "server trouble", true, false);
        }
        check(307, "", "not understood", false, false);
    }

    #[test]
    fn the_servers_words_are_shown_and_cannot_command_the_terminal() {
        let shown = |said: &str| of_status(400, said, None).to_string();
        let refused = "the server refuses the request (status 400)";
        assert_eq!(
            shown(r#"{"error":{"message":"no\u001b[2J way."}}"#),
            format!("{refused}: no\u{fffd}[2J way")
        );
        assert_eq!(shown(r#"{"error":"why"}"#), format!("{refused}: why"));
        assert_eq!(shown(r#"{"detail":"why"}"#), format!("{refused}: why"));
        assert_eq!(shown("<html>Bad</html>"), refused);
        assert_eq!(shown(&format!("{{\"message\":\"{}\"}}", "x".repeat(999))).len(), refused.len() + 2 + 200);
    }

    #[test]
    fn words_about_a_key_are_never_shown() {
        let error = of_status(401, r#"{"error":{"message":"Incorrect API key: secret"}}"#, None);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
