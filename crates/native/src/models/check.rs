//! `--check`: every byte is hashed, and every tensor that the model needs is read.

use crate::args::ModelsArgs;
use crate::files::{open, print, sha256};
use crate::hub::Adapted;
use crate::model::{load, n_bytes, needed_bytes, reading, refuse_too_large, ModelFiles};
use crate::outcome::Problems;
use crate::terminal::bytes;
use anyhow::{Context, Result};
use std::path::Path;
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
    let content = std::fs::canonicalize(path).with_context(cannot)?;
    let expected = content.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_sha256 = expected.len() == 64 && expected.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sha256 && expected != found {
        problems.add(&format!(
            "{} is not what the hub has: delete {} and fetch it again",
            path.display(),
            content.display()
        ));
    }
    Ok(())
}
