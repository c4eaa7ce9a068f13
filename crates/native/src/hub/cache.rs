//! The cache folder, as `huggingface_hub` lays it out.
//!
//! A repository is `models--owner--name`.
//! In it `blobs` holds contents by their ETag, `snapshots/COMMIT` links names to them, `refs/REVISION` holds the commit that a branch or tag was, and `.no_exist/COMMIT` remembers names that there are not.

use super::error::HubError;
use crate::files::{folder_entries, lock_of, say};
use anyhow::Result;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const PREFIX: &str = "models--";
const UNFINISHED: &str = ".incomplete";

/// The cache of all repositories.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// A repository's part of the cache; nothing of it need be there.
#[derive(Clone, Debug)]
pub struct Repository {
    /// `owner/name`.
    pub name: String,
    folder: PathBuf,
    locks: PathBuf,
}

/// What is there of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    pub repository: String,
    folder: PathBuf,
    /// Each with the revisions that were asked for and led to it.
    pub snapshots: Vec<Snapshot>,
    /// The bytes of downloads that did not end and can be gone on with.
    pub unfinished_bytes: u64,
}

impl Cached {
    /// Where the files of a snapshot are.
    pub fn folder(&self, snapshot: &Snapshot) -> PathBuf {
        self.folder.join("snapshots").join(&snapshot.commit)
    }
}

/// The files of a repository at a commit, as far as they were fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub commit: String,
    pub revisions: Vec<String>,
    /// Each with its bytes, in the order of their names.
    pub files: Vec<(String, u64)>,
}

impl Cache {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The part of a repository `owner/name`.
    pub fn repository(&self, name: &str) -> Repository {
        let folder = format!("{PREFIX}{}", name.replace('/', "--"));
        Repository {
            name: name.to_owned(),
            locks: self.folder.join(".locks").join(&folder),
            folder: self.folder.join(folder),
        }
    }

    /// All that is there, in the order of the names.
    pub fn repositories(&self) -> Result<Vec<Cached>> {
        let names = folder_entries(&self.folder)?.unwrap_or_default();
        // A name holds `--` once, between owner and name: the hub allows no other.
        let names = names.iter().filter_map(|name| name.strip_prefix(PREFIX)?.split_once("--"));
        names.map(|(owner, name)| self.repository(&format!("{owner}/{name}")).cached()).collect()
    }
}

impl Repository {
    /// The commit that a revision was when it was asked for last.
    pub fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return self.snapshot(revision).is_dir().then(|| revision.to_owned());
        }
        let text = fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Where the files of a commit are.
    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// The names of a commit's files that are there.
    pub fn names(&self, commit: &str) -> Result<BTreeSet<String>> {
        let snapshot = self.snapshot(commit);
        let names = walk(&snapshot)?.into_iter();
        // A link whose blob was deleted is no file.
        Ok(names.filter(|name| snapshot.join(name).is_file()).collect())
    }

    /// Where a content is.
    pub fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// How much of a content has come that is not whole yet.
    pub fn unfinished_bytes(&self, etag: &str) -> u64 {
        fs::metadata(self.unfinished(etag)).map_or(0, |metadata| metadata.len())
    }

    /// Where a content is while it is fetched.
    pub fn unfinished(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{etag}{UNFINISHED}"))
    }

    /// Waits until no other process fetches a content; it is ours until the file is dropped.
    pub fn lock(&self, etag: &str) -> Result<fs::File, HubError> {
        let path = self.locks.join(format!("{etag}.lock"));
        make_parent(&path)?;
        let wait = || say(&format!("another process fetches the same file of {}; waiting for it", self.name));
        lock_of(&path, wait).map_err(|error| disk(&path, &error))
    }

    /// An error where contents that take `needed_bytes` more do not fit on the disk; what a disk does not tell is found out while writing.
    pub fn refuse_no_room(&self, what: &str, needed_bytes: u64) -> Result<(), HubError> {
        let folder = self.folder.join("blobs");
        fs::create_dir_all(&folder).map_err(|error| disk(&folder, &error))?;
        match fs4::available_space(&folder) {
            Ok(free_bytes) if needed_bytes > free_bytes => {
                Err(HubError::NoRoom { what: what.to_owned(), needed_bytes, free_bytes, folder })
            }
            _ => Ok(()),
        }
    }

    /// Gives a content its name in a commit's snapshot.
    pub fn link(&self, commit: &str, name: &str, etag: &str) -> Result<(), HubError> {
        let path = self.snapshot(commit).join(name);
        make_parent(&path)?;
        if path.is_file() {
            return Ok(());
        }
        // A link to a blob that was deleted is in the way.
        let _ = fs::remove_file(&path);
        let up = "../".repeat(name.matches('/').count() + 2);
        let relative = PathBuf::from(format!("{up}blobs/{etag}"));
        match link_or_move(&relative, &self.blob(etag), &path) {
            // Another process was quicker.
            Err(error) if !path.is_file() => Err(disk(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Remembers which commit a revision is.
    pub fn remember(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        if is_commit(revision) {
            return Ok(());
        }
        self.write(&self.folder.join("refs").join(revision), commit)
    }

    /// Remembers that a commit has no file of this name.
    pub fn remember_absent(&self, commit: &str, name: &str) -> Result<(), HubError> {
        self.write(&self.absent(commit, name), "")
    }

    /// Whether it is known that a commit has no file of this name.
    pub fn is_absent(&self, commit: &str, name: &str) -> bool {
        self.absent(commit, name).is_file()
    }

    fn absent(&self, commit: &str, name: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit).join(name)
    }

    /// Another process may write the same; one that reads in between finds no commit, and asks the hub.
    fn write(&self, path: &Path, text: &str) -> Result<(), HubError> {
        make_parent(path)?;
        fs::write(path, text).map_err(|error| disk(path, &error))
    }

    fn cached(&self) -> Result<Cached> {
        let mut snapshots = Vec::new();
        let revisions = walk(&self.folder.join("refs"))?;
        for commit in folder_entries(&self.folder.join("snapshots"))?.unwrap_or_default() {
            let folder = self.snapshot(&commit);
            let size = |name: &String| fs::metadata(folder.join(name)).map_or(0, |metadata| metadata.len());
            let files = self.names(&commit)?.into_iter().map(|name| (name.clone(), size(&name))).collect();
            let leads_here = |revision: &&String| self.commit(revision).as_ref() == Some(&commit);
            let revisions = revisions.iter().filter(leads_here).cloned().collect();
            snapshots.push(Snapshot { commit, revisions, files });
        }
        let blobs = folder_entries(&self.folder.join("blobs"))?.unwrap_or_default();
        // What `huggingface_hub` leaves has a number of its own in the name, and nobody goes on with it.
        let waits = |etag: &str| !etag.contains('.') && !self.blob(etag).exists();
        let unfinished = blobs.iter().filter(|name| name.strip_suffix(UNFINISHED).is_some_and(waits));
        let sizes = unfinished.map(|name| fs::metadata(self.blob(name)).map_or(0, |metadata| metadata.len()));
        let (repository, folder) = (self.name.clone(), self.folder.clone());
        Ok(Cached { repository, folder, snapshots, unfinished_bytes: sizes.sum() })
    }
}

/// Whether a revision names a commit and nothing that moves: a SHA-1 in hex.
pub fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Makes the folder that a file is to lie in.
pub fn make_parent(path: &Path) -> Result<(), HubError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(|error| disk(parent, &error))
}

/// The error of a file that cannot be written.
pub fn disk(path: &Path, error: &io::Error) -> HubError {
    HubError::Disk { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(unix)]
fn link_or_move(relative: &Path, _: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(relative, path)
}

/// Without a right to make links the content itself gets the name, as `huggingface_hub` does it there.
#[cfg(not(unix))]
fn link_or_move(_: &Path, blob: &Path, path: &Path) -> io::Result<()> {
    fs::rename(blob, path)
}

/// The paths of all files and links under a folder, with `/`, sorted; none where it does not exist.
///
/// Links to folders are not followed: one may lead round in a circle.
fn walk(folder: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for name in folder_entries(folder)?.unwrap_or_default() {
        let path = folder.join(&name);
        match fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            true => paths.extend(walk(&path)?.into_iter().map(|inner| format!("{name}/{inner}"))),
            false => paths.push(name),
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_file_is_found_under_its_name_and_revision() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        let repository = cache.repository("o/n");
        assert_eq!((repository.commit("main"), repository.commit(COMMIT)), (None, None));
        fs::create_dir_all(repository.folder.join("blobs")).unwrap();
        fs::write(repository.blob("e1"), "content").unwrap();
        fs::write(repository.unfinished("e2"), "con").unwrap();
        fs::write(repository.unfinished("e2.0a1b2c3d"), "left over").unwrap();
        fs::write(repository.unfinished("e1"), "left over").unwrap();
        repository.link(COMMIT, "sub/a.txt", "e1").unwrap();
        repository.link(COMMIT, "sub/a.txt", "e1").unwrap();
        repository.remember("refs/pr/1", COMMIT).unwrap();
        repository.remember_absent(COMMIT, "b.txt").unwrap();
        assert_eq!(repository.commit("refs/pr/1").as_deref(), Some(COMMIT));
        assert_eq!(repository.commit(COMMIT).as_deref(), Some(COMMIT));
        assert!(repository.is_absent(COMMIT, "b.txt") && !repository.is_absent(COMMIT, "sub/a.txt"));
        let path = folder.path().join("models--o--n/snapshots").join(COMMIT).join("sub/a.txt");
        assert_eq!(fs::read_to_string(&path).unwrap(), "content");
        let snapshot = Snapshot {
            commit: COMMIT.to_owned(),
            revisions: vec!["refs/pr/1".to_owned()],
            files: vec![("sub/a.txt".to_owned(), 7)],
        };
        let expected = Cached {
            repository: "o/n".into(),
            folder: folder.path().join("models--o--n"),
            snapshots: vec![snapshot],
            unfinished_bytes: 3,
        };
        assert_eq!(cache.repositories().unwrap(), [expected]);
        fs::remove_file(repository.blob("e1")).unwrap();
        assert!(repository.names(COMMIT).unwrap().is_empty());
        fs::write(repository.blob("e3"), "other").unwrap();
        repository.link(COMMIT, "sub/a.txt", "e3").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "other");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Cache::new(folder.path().to_owned()).repository("o/n");
        let snapshot = repository.snapshot(COMMIT);
        fs::create_dir_all(snapshot.join("sub")).unwrap();
        fs::write(snapshot.join("sub/a.txt"), "content").unwrap();
        std::os::unix::fs::symlink("..", snapshot.join("sub/up")).unwrap();
        let names: Vec<String> = repository.names(COMMIT).unwrap().into_iter().collect();
        assert_eq!(names, ["sub/a.txt"]);
    }

    #[test]
    fn a_ref_that_holds_no_commit_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Cache::new(folder.path().to_owned()).repository("o/n");
        for text in ["", "../../etc", "main"] {
            repository.remember("main", text).unwrap();
            assert_eq!(repository.commit("main"), None, "{text}");
        }
    }
}
