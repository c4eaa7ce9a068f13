//! Where a model comes from: a file, or the one that the program carries.

use crate::args::DeviceChoice;
use crate::files::{self, Log};
use crate::terminal::harmless;
use anyhow::{Context, Result};
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use tiebreak_core::schema::{Extra, ModelReference, Runtime};
use tiebreak_engine::{Device, Model};

/// The word for the carried model and prompts.
pub const BUILTIN: &str = "builtin";

static BUILTIN_MODEL: &[u8] = include_bytes!("../../../web/model/tiebreak-support-6m-q8_0.gguf");

/// A model's bytes, and their hash.
pub struct ModelFile {
    path: Option<PathBuf>,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
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
    /// Finds and hashes what `--model` names.
    pub fn find(source: &str) -> Result<Self> {
        if source == BUILTIN {
            let sha256 = files::sha256(BUILTIN_MODEL).context("cannot read the built-in model")?;
            return Ok(Self { path: None, sha256, n_bytes: BUILTIN_MODEL.len() as u64 });
        }
        let path = PathBuf::from(source);
        let file = files::open(&path)
            .with_context(|| format!("--model {source}: expected a .gguf file, or `{BUILTIN}`"))?;
        let n_bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let sha256 = files::sha256(file).with_context(|| format!("cannot read {source}"))?;
        Ok(Self { path: Some(path), sha256, n_bytes })
    }

    /// How messages call it.
    pub fn name(&self) -> String {
        self.path.as_deref().map_or_else(|| BUILTIN.to_owned(), |path| path.display().to_string())
    }

    /// How manifests call it: by its content, wherever it lies.
    pub fn fingerprint(&self) -> String {
        format!("sha256 {}", self.sha256)
    }

    /// Loads it for a run that writes to `log`, which disappears again where the model cannot be loaded and nothing was written.
    pub fn load_for(&self, log: Log, device: DeviceChoice) -> Result<(LoadedModel, Log)> {
        match self.load(device) {
            Ok(model) => Ok((model, log)),
            Err(error) => {
                log.abandon();
                Err(error)
            }
        }
    }

    /// Loads it.
    pub fn load(&self, device: DeviceChoice) -> Result<LoadedModel> {
        let (device, runtime) = match device {
            DeviceChoice::Cpu => (Device::Cpu, Runtime::NativeCpu),
        };
        let model = match &self.path {
            Some(path) => Model::load(BufReader::new(files::open(path)?), &device),
            None => Model::load(Cursor::new(BUILTIN_MODEL), &device),
        };
        let model = model.with_context(|| format!("cannot load the model {}", self.name()))?;
        let info = model.info();
        let reference = ModelReference {
            name: model_name(&info.name, self.path.as_deref()),
            sha256: Some(self.sha256.clone()),
            quantization: Some(info.quantization.clone()),
            extra: Extra::new(),
        };
        Ok(LoadedModel { model, reference, runtime })
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

/// The name that the file gives, or the file's name.
fn model_name(given: &str, path: Option<&Path>) -> String {
    let of_file = path.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    match (given, of_file) {
        ("" | "unnamed", Some(name)) => name,
        _ => given.to_owned(),
    }
}
