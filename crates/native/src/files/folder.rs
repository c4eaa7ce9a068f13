//! Folders whose files appear together.

use super::{make_folder, refuse_existing, WholeFile};
use anyhow::{bail, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// An error where `folder` is a file, or one of `names` is in it already and `force` is not given.
pub fn refuse_existing_in(folder: &Path, names: &[&str], force: bool) -> Result<()> {
    if folder.exists() && !folder.is_dir() {
        bail!("{} is a file, and a folder is to be written; give another name", folder.display());
    }
    names.iter().try_for_each(|name| refuse_existing(&folder.join(name), force))
}

/// A folder that is made where it is not there, and is gone again where nothing came to stand in it.
pub struct NewFolder {
    path: PathBuf,
    is_made: bool,
}

impl NewFolder {
    pub fn create(path: &Path) -> Result<Self> {
        let is_made = !path.exists();
        make_folder(path)?;
        Ok(Self { path: path.to_owned(), is_made })
    }

    /// Begins a file at a path in the folder.
    pub fn file(&self, name: &str) -> Result<WholeFile> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            make_folder(parent)?;
        }
        WholeFile::create(&path)
    }
}

/// What was made and holds nothing goes.
impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.is_made {
            return;
        }
        // Folders that hold something stay.
        let inner = fs::read_dir(&self.path).into_iter().flatten().flatten();
        inner.for_each(|entry| drop(fs::remove_dir(entry.path())));
        let _ = fs::remove_dir(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_with_its_files_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let folder = NewFolder::create(&path).unwrap();
        let mut file = folder.file("inner/c.txt").unwrap();
        file.write("text").unwrap();
        drop(file);
        drop(folder);
        assert!(!path.exists());
        let folder = NewFolder::create(&path).unwrap();
        folder.file("inner/c.txt").unwrap().finish().unwrap();
        drop(folder);
        assert!(path.join("inner/c.txt").is_file());
        assert!(refuse_existing_in(&path, &["inner/c.txt"], false).is_err());
        refuse_existing_in(&path, &["inner/c.txt"], true).unwrap();
        assert!(refuse_existing_in(&path.join("inner/c.txt"), &["d"], true).is_err());
    }
}
