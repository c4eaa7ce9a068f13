//! The Hugging Face hub on loopback, as far as a download needs it: the list of a repository's files, what it says of each, and a CDN of another origin for the large ones.

use crate::scripted_server::{Call, Reply, ScriptedServer};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// The one repository.
pub const REPOSITORY: &str = "owner/name";
/// The commit that `main` and the tag `v1` are.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A hub with one repository, and its CDN.
pub struct FakeHub {
    hub: ScriptedServer,
    cdn: ScriptedServer,
}

/// A repository's files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What goes wrong with a call; none where the right answer is given. The right answer is what it gets.
pub trait Fault: Fn(&Call, &Reply) -> Option<Reply> + Send + Sync + 'static {}

impl<F: Fn(&Call, &Reply) -> Option<Reply> + Send + Sync + 'static> Fault for F {}

impl FakeHub {
    /// Starts a hub without faults.
    pub fn start(files: Files) -> io::Result<Self> {
        Self::start_with(files, |_, _| None, |_, _| None)
    }

    /// Starts a hub with a fault of its own and one of its CDN's.
    pub fn start_with(files: Files, of_hub: impl Fault, of_cdn: impl Fault) -> io::Result<Self> {
        let files = Arc::new(files);
        let contents = Arc::clone(&files);
        let cdn = ScriptedServer::start(move |call| {
            let reply = from_cdn(call, &contents);
            of_cdn(call, &reply).unwrap_or(reply)
        })?;
        let elsewhere = cdn.origin();
        let hub = ScriptedServer::start(move |call| {
            let reply = from_hub(call, &files, &elsewhere);
            of_hub(call, &reply).unwrap_or(reply)
        })?;
        Ok(Self { hub, cdn })
    }

    /// What `HF_ENDPOINT` has to be.
    pub fn endpoint(&self) -> String {
        self.hub.origin()
    }

    /// The calls of the hub itself.
    pub fn calls(&self) -> Vec<Call> {
        self.hub.calls()
    }

    /// The calls of its CDN.
    pub fn cdn_calls(&self) -> Vec<Call> {
        self.cdn.calls()
    }
}

/// The SHA-256 of a content in lower-case hex.
pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the hub keeps a file on its CDN.
fn is_large(name: &str) -> bool {
    name.ends_with(".gguf") || name.ends_with(".safetensors")
}

fn from_hub(call: &Call, files: &Files, cdn: &str) -> Reply {
    if let Some(revision) = call.path.strip_prefix(&format!("/api/models/{REPOSITORY}/revision/")) {
        return match ["main", "v1", COMMIT].contains(&revision) {
            true => list(files),
            false => refused(404, "RevisionNotFound"),
        };
    }
    let Some(name) = call.path.strip_prefix(&format!("/{REPOSITORY}/resolve/{COMMIT}/")) else {
        // The hub does not tell strangers what exists.
        return refused(401, "RepoNotFound");
    };
    let Some(content) = files.get(name) else { return refused(404, "EntryNotFound") };
    if is_large(name) {
        return Reply::new(302, "")
            .with_header(&format!("X-Linked-Etag: \"{}\"", sha256(content)))
            .with_header(&format!("X-Linked-Size: {}", content.len()))
            .with_header(&format!("Location: {cdn}/{name}?signature=x"));
    }
    // A hash of Git's, which is no SHA-256.
    Reply::new(200, content.clone()).with_header(&format!("ETag: \"{}\"", &sha256(content)[..40]))
}

fn list(files: &Files) -> Reply {
    let siblings: Vec<_> = files.keys().map(|name| json!({"rfilename": name})).collect();
    Reply::new(200, json!({"sha": COMMIT, "gated": false, "siblings": siblings}).to_string())
}

/// A refusal as the hub words it.
pub fn refused(status: u16, code: &str) -> Reply {
    Reply::new(status, json!({"error": code}).to_string()).with_header(&format!("X-Error-Code: {code}"))
}

fn from_cdn(call: &Call, files: &Files) -> Reply {
    let name = call.path.trim_start_matches('/').split('?').next().unwrap_or_default();
    let Some(content) = files.get(name) else { return Reply::new(404, "") };
    let range = call.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    let from = range.and_then(|from| from.parse::<usize>().ok());
    match from {
        None => Reply::new(200, content.clone()),
        Some(from) if from >= content.len() => Reply::new(416, ""),
        Some(from) => {
            let n = content.len();
            let header = format!("Content-Range: bytes {from}-{}/{n}", n - 1);
            Reply::new(206, &content[from..]).with_header(&header)
        }
    }
}
