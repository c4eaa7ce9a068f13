//! What the hub says of a repository and of its files.

use super::cache::is_commit;
use super::client::{Answer, Call, Client, Kind};
use super::error::HubError;
use crate::model::{is_plain_path, HubName};
use percent_encoding::{utf8_percent_encode, AsciiSet, NON_ALPHANUMERIC};
use std::collections::BTreeSet;
use ureq::http::{header, HeaderMap};

/// What an address leaves as it is in a name.
const NAMES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The files of a repository at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub commit: String,
    /// With `/` between folders; those that would lie outside a folder are left out.
    pub names: BTreeSet<String>,
    /// Whether the licence has to be accepted first.
    pub is_gated: bool,
    /// The architecture that the hub read in a `.gguf` file of a model.
    pub architecture: Option<String>,
}

/// What the hub says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// What the cache calls the content by.
    pub etag: String,
    pub n_bytes: Option<u64>,
}

impl FileFacts {
    /// The SHA-256 of the content in lower-case hex, which is the ETag of large files.
    pub fn sha256(&self) -> Option<&str> {
        let is_sha256 = self.etag.len() == 64 && self.etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_sha256.then_some(self.etag.as_str())
    }
}

/// Asks which files a repository has.
pub fn list(client: &Client<'_>, name: &HubName) -> Result<Listing, HubError> {
    let HubName { repository, .. } = name;
    let revision = utf8_percent_encode(name.revision(), NAMES);
    let what = match &name.revision {
        Some(revision) => format!("{repository}@{revision}"),
        None => repository.clone(),
    };
    let url = client.place.endpoint.of(&format!("/api/models/{repository}/revision/{revision}"));
    let call = Call { url, what: &what, kind: Kind::Content { from: 0 } };
    let answer = client.json(&call).map_err(|error| about_repository(error, name))?;
    let commit = answer.get("sha").and_then(|commit| commit.as_str()).filter(|commit| is_commit(commit));
    let files = answer.get("siblings").and_then(|files| files.as_array());
    let (Some(commit), Some(files)) = (commit, files) else {
        return Err(client.not_the_hub(&call, "no list of files"));
    };
    let names = files.iter().filter_map(|file| file.get("rfilename")?.as_str());
    let architecture = answer.pointer("/gguf/architecture").and_then(|name| name.as_str());
    Ok(Listing {
        // The part of a model that reads images calls itself `clip`.
        architecture: architecture.filter(|name| *name != "clip").map(str::to_owned),
        commit: commit.to_owned(),
        names: names.filter(|name| is_plain_path(name)).map(str::to_owned).collect(),
        is_gated: answer.get("gated").is_some_and(|gated| gated.as_bool() != Some(false) && !gated.is_null()),
    })
}

/// The address of a file's content.
pub fn address(client: &Client<'_>, repository: &str, (commit, name): (&str, &str)) -> String {
    let encoded: Vec<String> =
        name.split('/').map(|part| utf8_percent_encode(part, NAMES).to_string()).collect();
    client.place.endpoint.of(&format!("/{repository}/resolve/{commit}/{}", encoded.join("/")))
}

/// Asks what a file is.
pub fn facts(client: &Client<'_>, url: &str, what: &str) -> Result<FileFacts, HubError> {
    let call = Call { url: url.to_owned(), what, kind: Kind::Facts };
    let Answer { response, .. } = client.call(&call)?;
    let headers = response.headers();
    let etag = text(headers, "x-linked-etag").or_else(|| text(headers, header::ETAG.as_str()));
    let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"'));
    let is_name = |etag: &&str| {
        !etag.is_empty()
            && etag.len() <= 128
            && etag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let Some(etag) = etag.filter(is_name) else {
        return Err(client.not_the_hub(&call, "no ETag, by which contents are told apart"));
    };
    // A redirect's own length is not the file's.
    let of_content =
        text(headers, header::CONTENT_LENGTH.as_str()).filter(|_| response.status().is_success());
    let n_bytes = text(headers, "x-linked-size").or(of_content).and_then(|text| text.parse().ok());
    Ok(FileFacts { etag: etag.to_owned(), n_bytes })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Says what may be wrong with the name.
fn about_repository(error: HubError, name: &HubName) -> HubError {
    match error {
        HubError::NotFound { host, what, .. } => {
            let hint = match &name.revision {
                Some(_) => ": check the name, and that the branch, tag or commit exists",
                None => ": check the name, or give a path that exists",
            };
            HubError::NotFound { host, what: format!("model {what}"), hint: hint.to_owned() }
        }
        other => other,
    }
}
