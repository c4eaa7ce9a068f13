//! Which files a model consists of: found by their names in a folder or a repository, and checked before any of them is loaded.

use super::gguf_names::{gguf_models, tagged, there_is};
use super::name::is_plain_path;
use super::{sound, split};
use crate::files::{folder_entries, open, read_text};
use crate::terminal::plural;
use anyhow::{bail, Context, Result};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use tiebreak_engine::safetensors::Shards;
use tiebreak_engine::Folder;

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const CHAT_TEMPLATE: &str = "chat_template.jinja";
/// Where processors of models that see pictures too kept it.
const CHAT_TEMPLATE_JSON: &str = "chat_template.json";
const GENERATION_CONFIG: &str = "generation_config.json";
const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// What a folder may hold beside what it must.
pub const OPTIONAL: [&str; 4] = [TOKENIZER_CONFIG, CHAT_TEMPLATE, CHAT_TEMPLATE_JSON, GENERATION_CONFIG];

/// The files of a model; each is there and is what its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelFiles {
    /// The one that the program carries.
    Builtin,
    /// One file, or all parts of a split one in their order.
    Gguf {
        parts: Vec<PathBuf>,
    },
    Folder(Box<ModelFolder>),
}

/// A folder as Hugging Face's libraries save a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFolder {
    pub path: PathBuf,
    /// `config.json`: the architecture and its sizes.
    pub config: PathBuf,
    /// The safetensors files, in the order of their names.
    pub weights: Vec<PathBuf>,
    /// Which of them holds which tensor, where there are several.
    pub index: Option<PathBuf>,
    pub tokenizer: PathBuf,
    pub tokenizer_config: Option<PathBuf>,
    pub chat_template: Option<PathBuf>,
    pub generation_config: Option<PathBuf>,
}

impl ModelFolder {
    /// The tensors of all its files, in their order, of which the headers are read alone.
    pub fn tensors(&self) -> Result<Shards<File>> {
        let files = self.weights.iter().map(|path| open(path)).collect::<Result<Vec<_>>>()?;
        Shards::read(files).with_context(|| format!("cannot use the weights in {}", self.path.display()))
    }

    /// The chat template, where a file of its own holds it.
    pub fn template(&self) -> Result<Option<String>> {
        match &self.chat_template {
            None => Ok(None),
            Some(path) if path.ends_with(CHAT_TEMPLATE_JSON) => Ok(template_of(&sound::read_json(path)?)),
            Some(path) => read_text(path).map(Some),
        }
    }

    /// What the engine loads: the texts of all files but those with weights, and these as they are given.
    pub fn with_weights<R>(&self, weights: Vec<R>) -> Result<Folder<R>> {
        let optional = |path: &Option<PathBuf>| path.as_deref().map(read_text).transpose();
        Ok(Folder {
            // Its files do not say one.
            name: String::new(),
            config: read_text(&self.config)?,
            tokenizer: read_text(&self.tokenizer)?,
            tokenizer_config: optional(&self.tokenizer_config)?,
            chat_template: self.template()?,
            generation_config: optional(&self.generation_config)?,
            weights,
        })
    }
}

/// The `chat_template` of a file: the only one, or of several with names the usual one.
pub fn template_of(file: &Map<String, Value>) -> Option<String> {
    let template = file.get("chat_template")?;
    let named = |name: &str| {
        let all = template.as_array()?.iter();
        all.filter(|template| template["name"] == name).find_map(|template| template["template"].as_str())
    };
    template.as_str().or_else(|| named("default")).map(str::to_owned)
}

/// Where files come from: a folder that holds them, or a repository that has to be asked for them.
pub trait Shelf {
    /// What messages call it.
    fn name(&self) -> String;
    /// The names of all files, with `/` between folders.
    fn names(&self) -> &BTreeSet<String>;
    /// Makes sure that these files lie in a folder, which it returns.
    fn fetch(&mut self, names: &[&str]) -> Result<PathBuf>;
    /// An error where nothing could be done with a folder's weights, which have a long way to come; where they lie here loading them tells it.
    fn refuse_unusable(&self, _: &ModelFolder) -> Result<()> {
        Ok(())
    }
}

/// A folder that holds all that there is.
pub struct Held {
    /// What messages call it.
    pub name: String,
    pub folder: PathBuf,
    pub names: BTreeSet<String>,
}

impl Shelf for Held {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    fn fetch(&mut self, _: &[&str]) -> Result<PathBuf> {
        Ok(self.folder.clone())
    }
}

impl Held {
    /// A folder on this machine; an empty path is the one that we are in.
    fn at(folder: &Path) -> Result<Self> {
        let is_here = folder == Path::new("");
        let listed = folder_entries(if is_here { Path::new(".") } else { folder })?;
        Ok(Self {
            name: if is_here { "this folder".to_owned() } else { format!("the folder {}", folder.display()) },
            folder: folder.to_owned(),
            names: listed.unwrap_or_default().into_iter().collect(),
        })
    }
}

impl ModelFiles {
    /// The files of the model at a path: a `.gguf` file, or a folder.
    pub fn at(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Self::on(&mut Held::at(path)?, None);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if split::parts(&name).len() == 1 && split::first_of(&name).is_none() {
            sound::check(path)?;
            return Ok(Self::Gguf { parts: vec![path.to_owned()] });
        }
        Self::on(&mut Held::at(path.parent().unwrap_or(Path::new("")))?, Some(&name))
    }

    /// The files of the model on a shelf, or of the `.gguf` file that is meant, by its name or a tag in it.
    pub fn on(shelf: &mut dyn Shelf, file: Option<&str>) -> Result<Self> {
        let names = shelf.names();
        let has_weights = names.contains(WEIGHTS) || names.contains(INDEX);
        if let Some(file) = file {
            return gguf(shelf, file);
        }
        if names.contains(CONFIG) && has_weights {
            return folder(shelf);
        }
        let models: Vec<String> = gguf_models(names).map(str::to_owned).collect();
        match &models[..] {
            [only] => gguf(shelf, only),
            [] => bail!("{} {}", shelf.name(), what_is_missing(names)),
            several => bail!(
                "{} holds {}: name one of {}",
                shelf.name(),
                plural(several.len(), "model"),
                several.join(", ")
            ),
        }
    }

    /// All files, in the order of their names within each kind; none of the model that the program carries.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Builtin => Vec::new(),
            Self::Gguf { parts } => parts.iter().map(PathBuf::as_path).collect(),
            Self::Folder(folder) => {
                let ModelFolder { config, weights, index, tokenizer, .. } = &**folder;
                let optional =
                    [index, &folder.tokenizer_config, &folder.chat_template, &folder.generation_config];
                let all =
                    [config, tokenizer].into_iter().chain(optional.into_iter().flatten()).chain(weights);
                all.map(PathBuf::as_path).collect()
            }
        }
    }

    /// The files that hold weights.
    pub fn weights(&self) -> &[PathBuf] {
        match self {
            Self::Builtin => &[],
            Self::Gguf { parts } => parts,
            Self::Folder(folder) => &folder.weights,
        }
    }
}

fn gguf(shelf: &mut dyn Shelf, file: &str) -> Result<ModelFiles> {
    let found;
    let file = match file.ends_with(".gguf") {
        true => file,
        false => {
            found = tagged(shelf.names(), file, &shelf.name())?;
            &found
        }
    };
    if let Some(first) = split::first_of(file) {
        bail!("{file} is a later part of a model: give the first, {first}");
    }
    let parts = split::parts(file);
    for part in &parts {
        if shelf.names().contains(part) {
            continue;
        }
        match parts.len() {
            1 => bail!("{} holds no {file}; {}", shelf.name(), there_is(shelf.names())),
            n => bail!("{} lacks {part}, one of the {n} parts of {file}: fetch it too", shelf.name()),
        }
    }
    let wanted: Vec<&str> = parts.iter().map(String::as_str).collect();
    let folder = shelf.fetch(&wanted)?;
    let parts: Vec<PathBuf> = parts.iter().map(|part| folder.join(part)).collect();
    parts.iter().try_for_each(|part| sound::check(part))?;
    Ok(ModelFiles::Gguf { parts })
}

fn folder(shelf: &mut dyn Shelf) -> Result<ModelFiles> {
    let has = |name: &str, names: &BTreeSet<String>| names.contains(name);
    let names = shelf.names();
    if !has(TOKENIZER, names) {
        let other = match (has("tokenizer.model", names), has("tekken.json", names)) {
            (true, _) => "; its tokenizer.model is of another format: save the model anew with transformers' fast tokenizer",
            (_, true) => "; its tekken.json is Mistral's own format: take a .gguf file of the model, or a copy that was converted for transformers",
            _ => "",
        };
        bail!("{} lacks {TOKENIZER}{other}", shelf.name());
    }
    let index = (!has(WEIGHTS, names)).then_some(INDEX);
    let optional: Vec<&str> = OPTIONAL.into_iter().filter(|name| has(name, names)).collect();
    let small: Vec<&str> = [CONFIG, TOKENIZER].into_iter().chain(index).chain(optional).collect();
    let path = shelf.fetch(&small)?;
    // What is small is looked at before what is large is fetched.
    small.iter().try_for_each(|name| sound::check(&path.join(name)))?;
    let file = |name: &str| small.contains(&name).then(|| path.join(name));
    let mut folder = ModelFolder {
        config: path.join(CONFIG),
        weights: Vec::new(),
        index: index.map(|name| path.join(name)),
        tokenizer: path.join(TOKENIZER),
        tokenizer_config: file(TOKENIZER_CONFIG),
        chat_template: file(CHAT_TEMPLATE).or_else(|| file(CHAT_TEMPLATE_JSON)),
        generation_config: file(GENERATION_CONFIG),
        path,
    };
    shelf.refuse_unusable(&folder)?;
    let shards = match &folder.index {
        None => vec![WEIGHTS.to_owned()],
        Some(index) => shards(index, shelf)?,
    };
    let wanted: Vec<&str> = shards.iter().map(String::as_str).collect();
    shelf.fetch(&wanted)?;
    folder.weights = shards.iter().map(|name| folder.path.join(name)).collect();
    folder.weights.iter().try_for_each(|file| sound::check(file))?;
    Ok(ModelFiles::Folder(Box::new(folder)))
}

/// The files that an index names, each once.
fn shards(index: &Path, shelf: &dyn Shelf) -> Result<Vec<String>> {
    let shown = index.display();
    let json = sound::read_json(index)?;
    let map = json.get("weight_map").and_then(|map| map.as_object());
    let map = map.with_context(|| format!("{shown} has no `weight_map`, which says where tensors are"))?;
    let mut shards = BTreeSet::new();
    for (tensor, file) in map {
        let file =
            file.as_str().with_context(|| format!("{shown} names no file for the tensor `{tensor}`"))?;
        if !is_plain_path(file) || !file.ends_with(".safetensors") {
            bail!("{shown} puts the tensor `{tensor}` into `{file}`, which is no safetensors file of its folder");
        }
        shards.insert(file.to_owned());
    }
    if shards.is_empty() {
        bail!("{shown} names no tensor");
    }
    if let Some(missing) = shards.iter().find(|shard| !shelf.names().contains(*shard)) {
        bail!(
            "{} lacks {missing}, one of the {} files of its weights: fetch it too",
            shelf.name(),
            shards.len()
        );
    }
    Ok(shards.into_iter().collect())
}

/// What a folder without a usable model lacks.
fn what_is_missing(names: &BTreeSet<String>) -> String {
    let ends_in = |ending: &str| names.iter().any(|name| name.ends_with(ending));
    let is_adapter = names.contains("adapter_model.safetensors") || names.contains("adapter_model.bin");
    let is_makers =
        names.contains("params.json") && names.iter().any(|name| name.starts_with("consolidated."));
    match names.contains(CONFIG) {
        _ if is_adapter => {
            "holds an adapter (LoRA) and not the model that it changes: merge the two and save them as a model of their own"
                .to_owned()
        }
        _ if is_makers => {
            "holds the weights in their maker's own format alone (consolidated, params.json): take a .gguf file of the model, or a copy that was converted for transformers"
                .to_owned()
        }
        true if ends_in(".bin") || ends_in(".pth") || ends_in(".pt") => {
            "holds weights as PyTorch pickles alone, which are programs and are not run: take a version in safetensors"
                .to_owned()
        }
        true => format!("lacks the weights: expected {WEIGHTS}, or {INDEX} and the files that it names"),
        false if ends_in(".safetensors") => format!("lacks {CONFIG}, which says of what shape the model is"),
        false => format!("holds no model: expected {CONFIG} with {WEIGHTS} and {TOKENIZER}, or a .gguf file"),
    }
}

#[cfg(test)]
mod tests;
