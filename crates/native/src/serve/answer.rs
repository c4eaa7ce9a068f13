//! What a request gets.

use super::http::{Reply, Request};
use super::range::Bytes;
use super::target::{path_of, Target};
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Names' ends and the types that browsers want for them; what else there is goes as plain bytes.
const TYPES: [(&str, &str); 17] = [
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("gguf", OCTETS),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("jsonl", "application/jsonl"),
    ("md", "text/markdown; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
];
const OCTETS: &str = "application/octet-stream";

/// The names of this machine. A page of another site that has its own name point here still sends its own name.
const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The answer to a request for a file in `folder`, which is a canonical path.
pub fn answer(request: &Request, folder: &Path) -> Reply {
    if !is_for_this_machine(&request.header("Host")) {
        return Reply::text(403, "this server answers to localhost and 127.0.0.1 only\n");
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Reply::text(405, "only GET and HEAD are answered\n").with("Allow", "GET, HEAD");
    }
    match Target::find(folder, &request.target) {
        Target::Missing => Reply::text(404, "there is no such file\n"),
        Target::Folder => {
            let address = format!("/{}/", path_of(&request.target).trim_matches('/'));
            Reply::text(301, "").with("Location", &address)
        }
        Target::File(path) => file(request, &path)
            .unwrap_or_else(|error| Reply::text(500, &format!("the file cannot be read: {error}\n"))),
    }
}

/// Whether there is one Host header, with a name of this machine and any port.
fn is_for_this_machine(hosts: &[&str]) -> bool {
    let [host] = hosts else { return false };
    HOSTS.iter().any(|name| {
        let host = host.trim();
        let is_named = host.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        is_named
            && match host[name.len()..].strip_prefix(':') {
                Some(port) => port.bytes().all(|byte| byte.is_ascii_digit()),
                None => host.len() == name.len(),
            }
    })
}

fn file(request: &Request, path: &Path) -> io::Result<Reply> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let (length, tag) = (metadata.len(), tag(&metadata)?);
    let range = request.header("Range").first().copied().filter(|_| may_be_a_part(request, &tag));
    let (status, first, count) = match Bytes::asked(range, length) {
        Bytes::All => (200, 0, length),
        Bytes::Part { first, count } => (206, first, count),
        Bytes::Nothing => return Ok(Reply::text(416, "").with("Content-Range", &format!("bytes */{length}"))),
    };
    file.seek(SeekFrom::Start(first))?;
    let reply = Reply::new(status, type_of(path), Box::new(file.take(count)), count);
    let reply = reply.with("Accept-Ranges", "bytes").with("ETag", &tag);
    Ok(match status {
        206 => reply.with("Content-Range", &format!("bytes {first}-{}/{length}", first + count - 1)),
        _ => reply,
    })
}

/// Whether a part is an answer; who has a part of another version gets the whole file.
fn may_be_a_part(request: &Request, tag: &str) -> bool {
    request.method == "GET" && request.header("If-Range").iter().all(|known| *known == tag)
}

/// A name for the file as it is now: another length or another time of change is another version.
fn tag(metadata: &Metadata) -> io::Result<String> {
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("\"{:x}-{:x}\"", metadata.len(), changed.as_nanos()))
}

fn type_of(path: &Path) -> &'static str {
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
    TYPES.iter().find(|(name, _)| *name == end).map_or(OCTETS, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_the_types_that_they_insist_on() {
        for (name, kind) in [
            ("a.wasm", "application/wasm"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("A.JS", "text/javascript; charset=utf-8"),
            ("study.key.json", "application/json"),
            ("m.webmanifest", "application/manifest+json"),
            ("m.gguf", OCTETS),
            ("strange.xyz", OCTETS),
            ("none", OCTETS),
            (".js", OCTETS),
        ] {
            assert_eq!(type_of(Path::new(name)), kind, "{name}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for good in ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:1", "[::1]:8000", "[::1]"] {
            assert!(is_for_this_machine(&[good]), "{good}");
        }
        for bad in [
            "",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:80",
            "127.0.0.1:80@example.org",
            "::1",
            "ö",
            "localhost:80:80",
        ] {
            assert!(!is_for_this_machine(&[bad]), "{bad}");
        }
        assert!(!is_for_this_machine(&[]));
        assert!(!is_for_this_machine(&["localhost", "localhost"]));
    }
}
