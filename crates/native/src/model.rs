//! Where a model comes from: a file, a folder, the hub, or the one that the program carries.
//!
//! `name` reads what was typed, `files` finds what the model consists of and `sound` checks it, and `memory` asks whether it fits; only then is anything hashed and loaded.

mod files;
mod gguf_names;
mod memory;
mod name;
mod sound;
mod split;

pub use files::{template_of, Held, ModelFiles, ModelFolder, Shelf, OPTIONAL};
pub use gguf_names::{gguf_models, unknown_type};
pub use memory::{folder_bytes, free_bytes, gguf_bytes, needed_bytes, refuse_too_large};
pub use name::{is_plain_path, HubName, ModelName};
pub use sound::{is_html, read_json};
pub use split::parts as split_parts;

use crate::byte_progress::{ByteProgress, Shown};
use crate::device::Compute;
use crate::files::{open, say, sha256, Log};
use crate::hub::{self, Adapted, Wanted};
use crate::terminal::harmless;
use anyhow::{Context, Result};
use std::cell::RefCell;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tiebreak_core::schema::{sha256_hex, Extra, ModelReference, Runtime};
use tiebreak_engine::chat::Date;
use tiebreak_engine::{Device, LoadOptions, Model, Unquantized};

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
    adapted: Adapted,
    is_quiet: bool,
}

/// Reading less than this is over before a bar can be read.
const SHOWN_BYTES: u64 = 1 << 28;

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
    pub fn find(source: &str, wanted: Wanted) -> Result<Self> {
        let files = Self::files(source, wanted).with_context(|| format!("--model {source}"))?;
        if !wanted.ignores_memory {
            refuse_too_large(source, needed_bytes(&files, wanted.adapted)?)?;
        }
        let cannot = || format!("cannot read the model {source}");
        let n_bytes = n_bytes(&files).with_context(cannot)?;
        let sha256 = hash(&files, &reading(n_bytes, wanted.is_quiet)).with_context(cannot)?;
        let Wanted { adapted, is_quiet, .. } = wanted;
        Ok(Self { files, name: source.to_owned(), sha256, n_bytes, adapted, is_quiet })
    }

    fn files(source: &str, wanted: Wanted) -> Result<ModelFiles> {
        match ModelName::parse(source)? {
            ModelName::Builtin => Ok(ModelFiles::Builtin),
            ModelName::Local(path) => ModelFiles::at(&path),
            ModelName::Hub(name) => hub::fetch(&name, wanted),
        }
    }

    /// How manifests call it: by its content, wherever it lies, and by what is done to it.
    pub fn fingerprint(&self) -> String {
        let quantized = if self.adapted.is_quantized { ", quantized to q8_0" } else { "" };
        let dated = self.adapted.date.map(|date| format!(", told the date {date}")).unwrap_or_default();
        let asked = self.adapted.chat_template.map(|text| sha256_hex(text.as_bytes()));
        let asked = asked.map(|hash| format!(", with a chat template of sha256 {hash}")).unwrap_or_default();
        format!("sha256 {}{quantized}{dated}{asked}", self.sha256)
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
        let options = options(compute.device.clone(), self.adapted)?;
        let model = load(&self.files, &options, &reading(self.n_bytes, self.is_quiet))
            .with_context(|| format!("cannot load the model {}", self.name))?;
        let info = model.info();
        if model.is_borrowed() && !self.is_quiet {
            say(&format!(
                "models of the architecture {} run through candle-transformers: one response at a time, whatever --batch is",
                info.architecture
            ));
        }
        let reference = ModelReference {
            name: self.recorded_name(&info.name),
            sha256: Some(self.sha256.clone()),
            quantization: Some(self.recorded_quantization(&model)),
            extra: Extra::new(),
        };
        Ok(LoadedModel { model, reference, runtime: compute.runtime })
    }

    /// How weights are stored, and what they were rounded to.
    fn recorded_quantization(&self, model: &Model) -> String {
        let stored = &model.info().quantization;
        // candle rounds nothing.
        let can_be =
            ["F32", "F16", "BF16"].contains(&stored.as_str()) && !model.kernels().starts_with("candle");
        let rounded = if self.adapted.is_quantized && can_be { " as Q8_0" } else { "" };
        format!("{stored}{rounded}")
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
pub fn load(files: &ModelFiles, options: &LoadOptions, progress: &Reading) -> Result<Model> {
    let shown = |path: &PathBuf| Ok(Shown::new(open(path)?, progress));
    let all = |paths: &[PathBuf]| paths.iter().map(shown).collect::<Result<Vec<_>>>();
    match files {
        ModelFiles::Builtin => Ok(Model::from_gguf(vec![Cursor::new(BUILTIN_MODEL)], options)?),
        ModelFiles::Gguf { parts } => Ok(Model::from_gguf(all(parts)?, options)?),
        ModelFiles::Folder(folder) => {
            Ok(Model::from_folder(folder.with_weights(all(&folder.weights)?)?, options)?)
        }
    }
}

/// What shows how far the reading of a model is.
pub type Reading = Rc<RefCell<ByteProgress>>;

/// Begins to show the reading of `n_bytes`, where they are many.
pub fn reading(n_bytes: u64, is_quiet: bool) -> Reading {
    let progress = ByteProgress::start(n_bytes, is_quiet || n_bytes < SHOWN_BYTES);
    progress.say("reading the model");
    Rc::new(RefCell::new(progress))
}

/// How the engine loads a model that is to be adapted.
pub fn options(device: Device, adapted: Adapted) -> Result<LoadOptions> {
    let date = adapted.date.map(|date| -> Result<Date> {
        let year = u16::try_from(date.year()).with_context(|| format!("--date {date}: no such year"))?;
        Ok(Date { year, month: date.month().unsigned_abs(), day: date.day().unsigned_abs() })
    });
    let unquantized = if adapted.is_quantized { Unquantized::Rounded } else { Unquantized::Kept };
    let chat_template = adapted.chat_template.map(str::to_owned);
    Ok(LoadOptions { device, unquantized, date: date.transpose()?, chat_template })
}

/// The hash of a model's one file, or of the lines that `sha256sum` prints for all of them.
fn hash(files: &ModelFiles, progress: &Reading) -> Result<String> {
    let sha256_of = |path: &Path| -> Result<String> { Ok(sha256(Shown::new(open(path)?, progress))?) };
    match (files, &files.paths()[..]) {
        (ModelFiles::Builtin, _) => Ok(sha256(BUILTIN_MODEL)?),
        (_, [only]) => sha256_of(only),
        (_, paths) => {
            let lines = paths.iter().map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                Ok(format!("{}  {name}\n", sha256_of(path)?))
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
