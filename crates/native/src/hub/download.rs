//! A file's content into the cache: resumed where it broke off, and under its name only when it is whole.

use super::cache::{disk, make_parent, Repository};
use super::client::{Answer, Call, Client, Kind};
use super::error::HubError;
use super::listing::FileFacts;
use crate::byte_progress::ByteProgress;
use crate::endpoint::backoff;
use crate::files::sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use ureq::http::{header, Response, StatusCode};
use ureq::Body;

/// How often a file is asked for again when nothing came since the last time.
const RETRIES: u32 = 3;
/// So much is written at once.
const BUFFER_BYTES: usize = 1 << 18;

/// A file to fetch.
pub struct Remote {
    /// With `/` between folders.
    pub name: String,
    /// What messages call it, `owner/name:file`.
    pub what: String,
    pub url: String,
    pub facts: FileFacts,
}

/// Fetches a content, unless it is there.
pub fn download(
    client: &Client<'_>,
    repository: &Repository,
    remote: &Remote,
    progress: &mut ByteProgress,
) -> Result<(), HubError> {
    let blob = repository.blob(&remote.facts.etag);
    if blob.is_file() {
        return Ok(());
    }
    let _lock = repository.lock(&remote.facts.etag)?;
    // Another process may have fetched it meanwhile.
    if blob.is_file() {
        return Ok(());
    }
    let mut unfinished = Unfinished::open(repository.unfinished(&remote.facts.etag), remote)?;
    progress.had(unfinished.n_bytes);
    let was_begun = unfinished.n_bytes > 0;
    unfinished.fill(client, remote, progress)?;
    if let Err(error) = unfinished.check(remote) {
        if !was_begun {
            return Err(unfinished.discarded(error));
        }
        // What an earlier start left may be at fault, and only that.
        progress.say(&format!("{} has to be fetched from its beginning", remote.what));
        unfinished.empty(progress)?;
        unfinished.fill(client, remote, progress)?;
        unfinished.check(remote).map_err(|error| unfinished.discarded(error))?;
    }
    unfinished.finish(&blob)
}

/// Repeats what fails in passing, after a pause.
pub fn patiently<T>(what: &str, mut attempt: impl FnMut() -> Result<T, HubError>) -> Result<T, HubError> {
    for number in 0..RETRIES {
        match attempt() {
            Err(error) if error.is_passing() => {
                std::thread::sleep(error.wait().unwrap_or_else(|| backoff(what, number)));
            }
            other => return other,
        }
    }
    attempt()
}

/// A content as far as it has come.
struct Unfinished {
    path: PathBuf,
    file: File,
    n_bytes: u64,
}

impl Unfinished {
    /// What an earlier start left is taken where a checksum can tell whether it is right.
    fn open(path: PathBuf, remote: &Remote) -> Result<Self, HubError> {
        make_parent(&path)?;
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let file = file.map_err(|error| disk(&path, &error))?;
        let n_bytes = file.metadata().map_err(|error| disk(&path, &error))?.len();
        let mut unfinished = Self { path, file, n_bytes };
        let is_too_long = remote.facts.n_bytes.is_some_and(|expected| n_bytes > expected);
        if n_bytes > 0 && (is_too_long || remote.facts.sha256().is_none()) {
            unfinished.truncate()?;
        }
        Ok(unfinished)
    }

    /// Fetches what is missing, in as many calls as it takes.
    fn fill(
        &mut self,
        client: &Client<'_>,
        remote: &Remote,
        progress: &mut ByteProgress,
    ) -> Result<(), HubError> {
        let mut n_vain = 0;
        while remote.facts.n_bytes != Some(self.n_bytes) {
            let before = self.n_bytes;
            match self.fetch(client, remote, progress) {
                Ok(()) => return Ok(()),
                Err(error) if error.is_passing() => {
                    n_vain = if self.n_bytes > before { 0 } else { n_vain + 1 };
                    if n_vain > RETRIES {
                        return Err(error);
                    }
                    progress.say(&format!(
                        "the download of {} stopped, and goes on from byte {}",
                        remote.what, self.n_bytes
                    ));
                    std::thread::sleep(error.wait().unwrap_or_else(|| backoff(&remote.what, n_vain)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Fetches the rest in one call.
    fn fetch(
        &mut self,
        client: &Client<'_>,
        remote: &Remote,
        progress: &mut ByteProgress,
    ) -> Result<(), HubError> {
        let kind = Kind::Content { from: self.n_bytes };
        let Answer { response, host } =
            client.call(&Call { url: remote.url.clone(), what: &remote.what, kind })?;
        let not_the_hub = |found: &str| HubError::NotTheHub {
            host: host.clone(),
            what: remote.what.clone(),
            found: found.to_owned(),
        };
        if is_page(&response) {
            return Err(not_the_hub("a page of HTML"));
        }
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            if self.n_bytes == 0 {
                return Err(not_the_hub("status 416"));
            }
            // What is there is longer than the file.
            self.empty(progress)?;
            return self.fetch(client, remote, progress);
        }
        if !goes_on_from(&response, self.n_bytes) {
            self.empty(progress)?;
        }
        let end = response.body().content_length().map(|rest| self.n_bytes + rest);
        // One byte too many tells that it is another file, and the rest of it would only fill the disk.
        let most =
            remote.facts.n_bytes.map_or(u64::MAX, |expected| expected.saturating_sub(self.n_bytes) + 1);
        let body = response.into_body().into_reader().take(most);
        self.take(body, |error| client.read_failure(&host, error), remote, progress)?;
        match remote.facts.n_bytes.or(end) {
            Some(expected_bytes) if self.n_bytes < expected_bytes => {
                Err(HubError::CutOff { what: remote.what.clone(), n_bytes: self.n_bytes, expected_bytes })
            }
            _ => Ok(()),
        }
    }

    /// Writes what comes, until it ends or breaks off.
    fn take(
        &mut self,
        mut body: impl Read,
        read_failure: impl Fn(io::Error) -> HubError,
        remote: &Remote,
        progress: &mut ByteProgress,
    ) -> Result<(), HubError> {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let n = match body.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // How much is missing says more than that something is.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(read_failure(error)),
            };
            self.file.write_all(&buffer[..n]).map_err(|error| self.write_failure(&error, remote))?;
            self.n_bytes += n as u64;
            progress.came(n as u64);
        }
    }

    /// Whether all has come, and nothing else.
    fn check(&self, remote: &Remote) -> Result<(), HubError> {
        let wrong = |found, expected| HubError::WrongContent { what: remote.what.clone(), found, expected };
        if let Some(expected) = remote.facts.n_bytes.filter(|expected| *expected != self.n_bytes) {
            return Err(wrong(format!("{} bytes", self.n_bytes), expected.to_string()));
        }
        let Some(expected) = remote.facts.sha256() else { return Ok(()) };
        let found = File::open(&self.path).and_then(sha256).map_err(|error| disk(&self.path, &error))?;
        match found == expected.to_lowercase() {
            true => Ok(()),
            false => Err(wrong(format!("its SHA-256 is {found}"), expected.to_owned())),
        }
    }

    /// All is on the disk before the name points to it.
    fn finish(self, blob: &Path) -> Result<(), HubError> {
        let named = self.file.sync_all().and_then(|()| fs::rename(&self.path, blob));
        named.map_err(|error| disk(blob, &error))
    }

    /// Begins again.
    fn empty(&mut self, progress: &mut ByteProgress) -> Result<(), HubError> {
        progress.lost(self.n_bytes);
        self.truncate()
    }

    fn truncate(&mut self) -> Result<(), HubError> {
        if self.n_bytes > 0 {
            self.file.set_len(0).map_err(|error| disk(&self.path, &error))?;
            self.n_bytes = 0;
        }
        Ok(())
    }

    /// `error`, after what came is deleted: going on from it could not mend it.
    fn discarded(&self, error: HubError) -> HubError {
        match fs::remove_file(&self.path) {
            Ok(()) => error,
            Err(reason) => disk(&self.path, &reason),
        }
    }

    fn write_failure(&self, error: &io::Error, remote: &Remote) -> HubError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => HubError::DiskFull {
                what: remote.what.clone(),
                missing_bytes: remote.facts.n_bytes.unwrap_or_default().saturating_sub(self.n_bytes),
                folder: self.path.parent().unwrap_or(&self.path).to_owned(),
            },
            _ => disk(&self.path, error),
        }
    }
}

fn is_page(response: &Response<Body>) -> bool {
    response.body().mime_type().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"))
}

/// Whether the answer begins at byte `from`; servers that cannot do that send all.
fn goes_on_from(response: &Response<Body>, from: u64) -> bool {
    if from == 0 {
        return true;
    }
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let starts_there = range.is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
    response.status() == StatusCode::PARTIAL_CONTENT && starts_there
}
