//! What is noted of a model that a browser keeps, and how a download that broke off goes on.

use serde::{Deserialize, Serialize};

/// What is noted of a kept model. Its file is loaded only where this says that it is whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields, rename = "KeptRecord"))]
#[serde(default)]
pub struct KeptModel {
    /// The name of the file that it was.
    pub name: String,
    /// The address that it came from; none where it was a file of the person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Which version the server gave.
    pub version: Version,
    /// How many bytes are safely written.
    pub bytes: u64,
    /// How many bytes it has in all; 0 where nobody knows yet.
    pub size: u64,
    /// SHA-256 of the whole file in hex; none before it is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its file was found to be another one than this says.
    pub is_damaged: bool,
    /// It goes as soon as no tab has its file open.
    pub is_deleted: bool,
    /// When it was begun, in milliseconds since 1970.
    pub added_ms: u64,
    /// When it was last loaded, in milliseconds since 1970; 0 for never.
    pub used_ms: u64,
}

/// A server's names for a version of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields, rename = "FileVersion"))]
pub struct Version {
    /// The `ETag` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl Version {
    /// What `If-Range` takes: a strong tag, or else a date.
    pub fn condition(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }
}

/// How a kept model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "KeptState"))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be loaded.
    Whole,
    /// It is being written, or its writing broke off.
    Partial,
    /// Its file is another one than was noted.
    Damaged,
}

/// A kept model as the page lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields, rename = "KeptModel"))]
pub struct Listed {
    /// What it is called by.
    pub number: u32,
    /// How it stands.
    pub state: State,
    /// What is noted of it.
    #[serde(flatten)]
    pub model: KeptModel,
}

impl KeptModel {
    /// As it stands, where its file has `file_size` bytes; none where there is no file.
    pub fn state(&self, file_size: Option<u64>) -> State {
        if self.is_damaged {
            State::Damaged
        } else if self.sha256.is_none() {
            State::Partial
        } else if file_size == Some(self.size) {
            State::Whole
        } else {
            State::Damaged
        }
    }

    /// Whether a server's file is the one that is kept here whole.
    pub fn is_same(&self, address: &str, answer: &Answer) -> bool {
        self.sha256.is_some()
            && !self.is_damaged
            && self.source.as_deref() == Some(address)
            && answer.length == Some(self.size)
            && self.version.etag.is_some()
            && self.version.etag == answer.version.etag
    }

    /// What to do with an answer to the request for the bytes that are missing.
    pub fn go_on(&self, answer: &Answer) -> GoOn {
        let fits = self.size == 0 || answer.range().is_some_and(|range| range.total == Some(self.size));
        match (answer.status, answer.range()) {
            (206, Some(range)) if range.first == self.bytes && fits => GoOn::Append,
            // A part that nobody asked for, or none at all.
            (206 | 416, _) => GoOn::AskAgain,
            _ => GoOn::BeginAnew,
        }
    }
}

/// The head of a server's answer, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Such as 200.
    pub status: u16,
    /// The length of what follows; none where nobody knows.
    pub length: Option<u64>,
    /// The `Content-Range` header.
    pub content_range: Option<String>,
    /// Which version of the file this is.
    pub version: Version,
}

struct ContentRange {
    first: u64,
    total: Option<u64>,
}

impl Answer {
    /// The length of the whole file; 0 where nobody knows.
    pub fn total(&self) -> u64 {
        let of_range = self.range().and_then(|range| range.total);
        of_range.or(self.length).unwrap_or(0)
    }

    /// Reads `bytes 5-9/10`.
    fn range(&self) -> Option<ContentRange> {
        let (place, total) = self.content_range.as_deref()?.strip_prefix("bytes ")?.split_once('/')?;
        let (first, _) = place.split_once('-')?;
        Some(ContentRange { first: first.trim().parse().ok()?, total: total.trim().parse().ok() })
    }
}

/// How a download that broke off goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoOn {
    /// The answer holds what is missing.
    Append,
    /// The answer holds the whole file, which may be another version.
    BeginAnew,
    /// The answer is of no use; the whole file has to be asked for.
    AskAgain,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> KeptModel {
        let version = Version { etag: Some("\"a\"".to_owned()), last_modified: None };
        KeptModel { source: Some("/m".to_owned()), version, bytes: 4, size: 10, ..KeptModel::default() }
    }

    #[track_caller]
    fn check(status: u16, content_range: &str, expected: GoOn) {
        let answer = Answer { status, content_range: Some(content_range.to_owned()), ..Answer::default() };
        assert_eq!(model().go_on(&answer), expected, "{status} {content_range}");
    }

    #[test]
    fn a_download_goes_on_only_where_it_broke_off() {
        check(206, "bytes 4-9/10", GoOn::Append);
        check(206, "bytes 0-9/10", GoOn::AskAgain);
        check(206, "bytes 4-9/11", GoOn::AskAgain);
        check(206, "bytes 4-9/*", GoOn::AskAgain);
        check(206, "rows 4-9/10", GoOn::AskAgain);
        check(416, "bytes */10", GoOn::AskAgain);
        check(200, "", GoOn::BeginAnew);
        let unknown = KeptModel { size: 0, ..model() };
        let answer = Answer {
            status: 206,
            content_range: Some("bytes 4-9/*".to_owned()),
            length: Some(6),
            ..Answer::default()
        };
        assert_eq!(unknown.go_on(&answer), GoOn::Append);
    }

    #[test]
    fn the_length_is_that_of_the_whole_file() {
        let part = Answer {
            status: 206,
            length: Some(6),
            content_range: Some("bytes 4-9/10".to_owned()),
            ..Answer::default()
        };
        assert_eq!(part.total(), 10);
        assert_eq!(Answer { length: Some(6), ..Answer::default() }.total(), 6);
        assert_eq!(Answer::default().total(), 0);
    }

    #[test]
    fn only_a_strong_tag_or_a_date_asks_for_the_rest() {
        let version = |etag: Option<&str>, date: Option<&str>| Version {
            etag: etag.map(str::to_owned),
            last_modified: date.map(str::to_owned),
        };
        assert_eq!(version(Some("\"a\""), Some("d")).condition(), Some("\"a\""));
        assert_eq!(version(Some("W/\"a\""), Some("d")).condition(), Some("d"));
        assert_eq!(version(Some("W/\"a\""), None).condition(), None);
    }

    #[test]
    fn what_is_not_as_noted_is_damaged() {
        assert_eq!(model().state(Some(10)), State::Partial);
        let whole = KeptModel { sha256: Some("ab".to_owned()), ..model() };
        assert_eq!(whole.state(Some(10)), State::Whole);
        assert_eq!(whole.state(Some(9)), State::Damaged);
        assert_eq!(whole.state(None), State::Damaged);
        assert_eq!(KeptModel { is_damaged: true, ..whole.clone() }.state(Some(10)), State::Damaged);
        let same = Answer { length: Some(10), version: whole.version.clone(), ..Answer::default() };
        assert!(whole.is_same("/m", &same));
        assert!(!whole.is_same("/n", &same));
        assert!(!whole.is_same("/m", &Answer { version: Version::default(), ..same.clone() }));
        assert!(!model().is_same("/m", &same), "it is not whole");
    }
}
