//! What can go wrong with the hub, and what to do about it.

use crate::certificates;
use crate::terminal::bytes;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// Why a file of the hub is not there.
///
/// `host` is the hub or the server that it sent us to; `what` is a repository, or a file in one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HubError {
    #[error("{host} cannot be reached: {reason}; check the network, or set HF_HUB_OFFLINE=1 to use what was fetched before")]
    Unreachable { host: String, reason: String },
    #[error("{host} is not trusted: {reason}; {}", certificates::ADVICE)]
    NotTrusted { host: String, reason: String },
    #[error("{host} sent nothing for {secs} s: try again, the download goes on where it stopped, or raise HF_HUB_DOWNLOAD_TIMEOUT")]
    Slow { host: String, secs: u64 },
    #[error(
        "{host} is in trouble (status {status}): try again later, the download goes on where it stopped"
    )]
    Trouble { host: String, status: u16, wait: Option<Duration> },
    /// 403, or 401 with the word for it: the repository's licence has to be accepted.
    #[error("{what} is gated (status {status}): accept its licence at {page}, and {token}")]
    Gated { what: String, page: String, status: u16, token: TokenAdvice },
    /// 401 without a reason, as the hub also answers for what does not exist.
    #[error("{host} does not let us read {what} (status {status}){detail}: check the name; if it is private, {token}")]
    Refused { host: String, what: String, status: u16, detail: String, token: TokenAdvice },
    /// 404.
    #[error("there is no {what} on {host} (status 404){hint}")]
    NotFound { host: String, what: String, hint: String },
    #[error("{host} answers {what} with {found}, and not as the hub does: check HF_ENDPOINT, and whether a proxy or a login page is in between")]
    NotTheHub { host: String, what: String, found: String },
    /// A redirect that is not followed.
    #[error("{host} sends us on {reason}, which is not followed: check HF_ENDPOINT")]
    Redirect { host: String, reason: String },
    #[error("{what} breaks off after {n_bytes} of {expected_bytes} bytes: try again, the download goes on where it stopped")]
    CutOff { what: String, n_bytes: u64, expected_bytes: u64 },
    #[error("{what} is not what the hub says: {found} and not {expected}; it was deleted, try again")]
    WrongContent { what: String, found: String, expected: String },
    #[error("the disk is full: {what} needs {missing_bytes} bytes more in {}; make room, or set HF_HOME to a folder on another disk; the download goes on where it stopped", folder.display())]
    DiskFull { what: String, missing_bytes: u64, folder: PathBuf },
    /// As the last, before anything is fetched.
    #[error("there is no room for {what}: it takes {} in {}, where {} is free; make room, or set HF_HOME to a folder on another disk", bytes(*needed_bytes), folder.display(), bytes(*free_bytes))]
    NoRoom { what: String, needed_bytes: u64, free_bytes: u64, folder: PathBuf },
    #[error("cannot write {}: {reason}", path.display())]
    Disk { path: PathBuf, reason: String },
    #[error("{what} is not in the cache ({}), and HF_HUB_OFFLINE is set: fetch it where there is a network (`tiebreak models {what} --download`), or unset the variable", cache.display())]
    Offline { what: String, cache: PathBuf },
}

impl HubError {
    /// Whether the same call may be answered a little later.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Slow { .. } | Self::Trouble { .. } | Self::CutOff { .. }
        )
    }

    /// How long the server asks to wait.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Trouble { wait, .. } => *wait,
            _ => None,
        }
    }
}

/// What to do about the token, which depends on whether there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAdvice {
    Missing,
    /// One was sent, and it was not enough.
    Sent,
    /// There is one, and it would be readable on the way.
    Unencrypted,
}

impl std::fmt::Display for TokenAdvice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "set HF_TOKEN to a token of an account that may read it",
            Self::Sent => "check that the token (HF_TOKEN, or the file of `hf auth login`) is valid and of an account that may read it",
            Self::Unencrypted => "give an https address in HF_ENDPOINT: the token is not sent unencrypted",
        })
    }
}
