//! Where a model comes from: a file, a folder, the hub, or the one that the program carries.
//!
//! `name` reads what was typed, `files` finds what the model consists of and `sound` checks it, and `memory` asks whether it fits; only then is anything hashed and loaded.

mod files;
mod memory;
mod name;
mod sound;
mod split;

pub use files::{gguf_models, Held, ModelFiles, ModelFolder, Shelf, OPTIONAL};
pub use memory::{free_bytes, needed_bytes, packed_bytes, refuse_too_large};
pub use name::{is_plain_path, HubName, ModelName};
pub use sound::{is_html, read_json, safetensors_header};
pub use split::parts as split_parts;

use crate::device::Compute;
use crate::files::{open, sha256, Log};
use crate::hub;
use crate::terminal::harmless;
use anyhow::{bail, Context, Result};
use std::io::{BufReader, Cursor};
use std::path::Path;
use tiebreak_core::schema::{Extra, ModelReference, Runtime};
use tiebreak_engine::{Device, Model};

/// The word for the carried model and prompts.
pub const BUILTIN: &str = "builtin";

/// The file of the carried model.
pub static BUILTIN_MODEL: &[u8] = include_bytes!("../../../web/model/tiebreak-support-6m-q8_0.gguf");

/// A model's files, and their hash.
pub struct ModelFile {
    files: ModelFiles,
    /// As it was typed.
    name: String,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
    /// What its weights take in their files.
    pub n_bytes: u64,
}

/// A model that can be asked.
pub struct LoadedModel {
    pub model: Model,
    /// What records say of it.
    pub reference: ModelReference,
    /// What computes it.
    pub runtime: Runtime,
}

impl ModelFile {
    /// Finds, fetches where it is one of the hub, and hashes what `--model` names.
    ///
    /// A model that does not fit into memory is refused before it is fetched or read, unless that is ignored.
    pub fn find(source: &str, wanted: hub::Wanted) -> Result<Self> {
        let files = Self::files(source, wanted).with_context(|| format!("--model {source}"))?;
        if !wanted.ignores_memory {
            refuse_too_large(source, needed_bytes(&files)?)?;
        }
        let cannot = || format!("cannot read the model {source}");
        let (sha256, n_bytes) = (hash(&files).with_context(cannot)?, n_bytes(&files).with_context(cannot)?);
        Ok(Self { files, name: source.to_owned(), sha256, n_bytes })
    }

    fn files(source: &str, wanted: hub::Wanted) -> Result<ModelFiles> {
        match ModelName::parse(source)? {
            ModelName::Builtin => Ok(ModelFiles::Builtin),
            ModelName::Local(path) => ModelFiles::at(&path),
            ModelName::Hub(name) => hub::fetch(&name, wanted),
        }
    }

    /// How manifests call it: by its content, wherever it lies.
    pub fn fingerprint(&self) -> String {
        format!("sha256 {}", self.sha256)
    }

    /// Loads it for a run that writes to `log`, which disappears again where the model cannot be loaded and nothing was written.
    pub fn load_for(&self, log: Log, compute: &Compute) -> Result<(LoadedModel, Log)> {
        match self.load(compute) {
            Ok(model) => Ok((model, log)),
            Err(error) => {
                log.abandon();
                Err(error)
            }
        }
    }

    /// Loads it.
    pub fn load(&self, compute: &Compute) -> Result<LoadedModel> {
        let model = load(&self.files, &compute.device)
            .with_context(|| format!("cannot load the model {}", self.name))?;
        let info = model.info();
        let reference = ModelReference {
            name: self.recorded_name(&info.name),
            sha256: Some(self.sha256.clone()),
            quantization: Some(info.quantization.clone()),
            extra: Extra::new(),
        };
        Ok(LoadedModel { model, reference, runtime: compute.runtime })
    }

    /// The name that the file gives, or that of the file or folder.
    fn recorded_name(&self, given: &str) -> String {
        let of_path = match &self.files {
            ModelFiles::Builtin => None,
            ModelFiles::Gguf { parts } => parts.first().and_then(|path| path.file_stem()),
            ModelFiles::Folder(folder) => folder.path.file_name(),
        };
        let is_typed_name = matches!(ModelName::parse(&self.name), Ok(ModelName::Hub(_)));
        match (given, of_path) {
            // A snapshot's folder is called by its commit.
            ("" | "unnamed", Some(_)) if is_typed_name => self.name.clone(),
            ("" | "unnamed", Some(name)) => name.to_string_lossy().into_owned(),
            _ => given.to_owned(),
        }
    }
}

/// What the engine makes of a model's files.
pub fn load(files: &ModelFiles, device: &Device) -> Result<Model> {
    match files {
        ModelFiles::Builtin => Ok(Model::load(Cursor::new(BUILTIN_MODEL), device)?),
        ModelFiles::Gguf { parts } => match &parts[..] {
            [only] => Ok(Model::load(BufReader::new(open(only)?), device)?),
            parts => bail!(
                "it is split into {} files, which the engine does not read yet: join them with `llama-gguf-split --merge`",
                parts.len()
            ),
        },
        ModelFiles::Folder(_) => {
            bail!("it is a folder of safetensors, which the engine does not read yet: take a .gguf file of the same model")
        }
    }
}

/// The hash of a model's one file, or of the lines that `sha256sum` prints for all of them.
pub fn hash(files: &ModelFiles) -> Result<String> {
    match (files, &files.paths()[..]) {
        (ModelFiles::Builtin, _) => Ok(sha256(BUILTIN_MODEL)?),
        (_, [only]) => Ok(sha256(open(only)?)?),
        (_, paths) => {
            let lines = paths.iter().map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                Ok(format!("{}  {name}\n", sha256(open(path)?)?))
            });
            Ok(sha256(lines.collect::<Result<String>>()?.as_bytes())?)
        }
    }
}

/// The bytes of the files with weights.
pub fn n_bytes(files: &ModelFiles) -> Result<u64> {
    let size = |path: &Path| -> Result<u64> { Ok(open(path)?.metadata()?.len()) };
    match files {
        ModelFiles::Builtin => Ok(BUILTIN_MODEL.len() as u64),
        files => files.weights().iter().map(|path| size(path)).sum(),
    }
}

impl LoadedModel {
    /// Such as `tiebreak-support-6m (5.9 million parameters, Q8_0)`.
    pub fn description(&self) -> String {
        let info = self.model.info();
        let (name, millions) = (&self.reference.name, info.n_parameters as f64 / 1e6);
        format!("{} ({millions:.1} million parameters, {})", harmless(name), info.quantization)
    }
}
