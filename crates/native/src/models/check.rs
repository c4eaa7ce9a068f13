//! `--check`: every byte is hashed, and every tensor that the model needs is read.

use crate::args::ModelsArgs;
use crate::files::{open, print, sha256};
use crate::hub::Adapted;
use crate::model::{load, n_bytes, needed_bytes, reading, refuse_too_large, ModelFiles};
use crate::outcome::Problems;
use crate::terminal::bytes;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use tiebreak_engine::{Device, LoadOptions};

/// Checks a model and tells what is right and what is not.
pub fn check(name: &str, files: &ModelFiles, args: &ModelsArgs, problems: &mut Problems) -> Result<()> {
    for path in files.paths() {
        check_hash(path, problems)?;
    }
    if !args.ignore_memory {
        refuse_too_large(name, needed_bytes(files, Adapted::default())?)?;
    }
    match load(files, &LoadOptions::on(Device::Cpu), &reading(n_bytes(files)?, args.quiet)) {
        Ok(model) => {
            let (kernels, memory) = (model.kernels(), bytes(model.weight_memory()));
            print(&format!("{:13} it loads: computed with {kernels}, the weights take {memory}\n", "check"))
        }
        Err(error) => {
            problems.add(&format!("{name} does not load: {error:#}"));
            Ok(())
        }
    }
}

/// Tells a file's hash, and whether it is the one that the hub's cache calls it by.
fn check_hash(path: &Path, problems: &mut Problems) -> Result<()> {
    let cannot = || format!("cannot read {}", path.display());
    let found = sha256(open(path)?).with_context(cannot)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    print(&format!("{:13} {found}  {name}\n", "sha256"))?;
    let blob = blob(path).filter(|blob| blob.file_name().is_some_and(|name| *name != *found));
    if let Some(blob) = blob {
        problems.add(&format!(
            "{} is not what the hub has: delete {} and fetch it again",
            path.display(),
            blob.display()
        ));
    }
    Ok(())
}

/// The first name on a file's way along links that is a SHA-256, by which a cache calls contents.
///
/// Behind it there may be a content that repositories share, which `huggingface_hub` calls by a hash of another kind.
fn blob(path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    while let Ok(link) = fs::read_link(&path) {
        path = fs::canonicalize(path.parent()?.join(link.parent()?)).ok()?.join(link.file_name()?);
        let name = path.file_name()?.to_str().unwrap_or_default();
        if name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(path);
        }
    }
    None
}
