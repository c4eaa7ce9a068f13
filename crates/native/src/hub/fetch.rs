//! A model of the hub: from the cache where it is, else fetched.

use super::cache::{Cache, Repository};
use super::client::Client;
use super::download::{download, patiently, Remote};
use super::error::HubError;
use super::listing::{address, facts, list, Listing};
use super::place::Place;
use crate::byte_progress::ByteProgress;
use crate::files::say;
use crate::model::{
    options, refuse_too_large, unknown_type, Held, HubName, ModelFiles, ModelFolder, Shelf, OPTIONAL,
};
use crate::terminal::{bytes, plural};
use anyhow::{bail, Result};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use tiebreak_engine::config::Config;
use tiebreak_engine::gguf::Value;
use tiebreak_engine::{Device, EngineError};

/// How a model is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Nothing is told of the progress.
    pub is_quiet: bool,
    /// Whether it is fetched even where it does not fit into memory.
    pub ignores_memory: bool,
    /// Whether the hub is asked even where the cache has it, because the revision may be another commit by now.
    pub is_newest: bool,
    /// What becomes of it when it is loaded.
    pub adapted: Adapted,
}

/// What is done to a model, upon which its responses depend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adapted {
    /// Whether weights in F32, F16 and BF16 are rounded to 8 bits.
    pub is_quantized: bool,
    /// What templates that ask for the date are told.
    pub date: Option<jiff::civil::Date>,
    /// A chat template that stands in for its own; held until the program ends.
    pub chat_template: Option<&'static str>,
}

/// The files of a model of the hub.
pub fn fetch(name: &HubName, wanted: Wanted) -> Result<ModelFiles> {
    let place = Place::from_environment()?;
    let repository = Cache::new(place.cache.clone()).repository(&name.repository);
    let known = known(&repository, name)?;
    if let (Some(Known { files, is_sure: true }), false) = (&known, wanted.is_newest) {
        return Ok(files.clone());
    }
    if place.is_offline {
        return match known {
            Some(known) => Ok(known.files),
            None => Err(HubError::Offline { what: name.to_string(), cache: place.cache }.into()),
        };
    }
    let fetched = fetch_anew(&Client::new(&place)?, &repository, name, wanted);
    let is_bearable = |error: &anyhow::Error| match error.downcast_ref() {
        // A commit that the hub has no more is still what it was, and so is one whose hub is not trusted any more.
        Some(HubError::NotFound { .. } | HubError::NotTrusted { .. }) => true,
        other => other.is_some_and(HubError::is_passing),
    };
    match (fetched, known) {
        (Err(error), Some(known)) if is_bearable(&error) && !wanted.is_newest => {
            say(&format!("{error:#}; taking what was fetched of {name} before"));
            Ok(known.files)
        }
        (fetched, _) => fetched,
    }
}

/// The files of a model that were fetched before.
pub fn cached(name: &HubName) -> Result<Option<ModelFiles>> {
    let repository = Cache::new(Place::from_environment()?.cache).repository(&name.repository);
    Ok(known(&repository, name)?.map(|known| known.files))
}

/// What the cache has of a model.
struct Known {
    files: ModelFiles,
    /// Whether the hub would say nothing else of the same commit.
    is_sure: bool,
}

fn known(repository: &Repository, name: &HubName) -> Result<Option<Known>> {
    let Some(commit) = repository.commit(name.revision()) else { return Ok(None) };
    let (name_of_shelf, folder) = (format!("the cache of {}", name.repository), repository.snapshot(&commit));
    let mut shelf = Held { name: name_of_shelf, folder, names: repository.names(&commit)? };
    // What the cache lacks, the hub may have.
    let Ok(files) = ModelFiles::on(&mut shelf, name.file.as_deref()) else { return Ok(None) };
    let is_known = |file: &&str| shelf.names.contains(*file) || repository.is_absent(&commit, file);
    let is_sure = match &files {
        ModelFiles::Folder(_) => OPTIONAL.iter().all(is_known),
        // Where no whole name was given, the repository may hold others.
        _ => name.file.as_ref().is_some_and(|file| file.ends_with(".gguf")),
    };
    Ok(Some(Known { files, is_sure }))
}

fn fetch_anew(
    client: &Client<'_>,
    repository: &Repository,
    name: &HubName,
    wanted: Wanted,
) -> Result<ModelFiles> {
    // What a branch is by now matters only where the newest is asked for.
    let known = repository.commit(name.revision()).filter(|_| !wanted.is_newest);
    let is_kept = known.as_ref().is_some_and(|commit| commit != name.revision());
    let asked = HubName { revision: known.or_else(|| name.revision.clone()), ..name.clone() };
    let listing = patiently(&name.repository, || list(client, &asked)).map_err(|error| match error {
        HubError::NotFound { host, what, .. } if is_kept => {
            HubError::NotFound { host, what, hint: format!(" any more: {}", newest(name)) }
        }
        other => other,
    })?;
    let mut shelf = OnHub { client, repository, name, listing: &listing, is_kept, wanted };
    let files = ModelFiles::on(&mut shelf, name.file.as_deref())?;
    for absent in OPTIONAL.iter().filter(|file| !listing.names.contains(**file)) {
        repository.remember_absent(&listing.commit, absent)?;
    }
    // Last, so that the revision leads to what is whole.
    repository.remember(name.revision(), &listing.commit)?;
    Ok(files)
}

/// How to leave the commit that was fetched before.
fn newest(name: &HubName) -> String {
    format!("`tiebreak models {name} --download` asks for the newest")
}

/// A repository on the hub, whose files are fetched into the cache.
struct OnHub<'a> {
    client: &'a Client<'a>,
    repository: &'a Repository,
    name: &'a HubName,
    listing: &'a Listing,
    /// Whether it is listed as it was when something of it was fetched first.
    is_kept: bool,
    wanted: Wanted,
}

impl Shelf for OnHub<'_> {
    fn refuse_unusable(&self, folder: &ModelFolder) -> Result<()> {
        // Where it is loaded does not matter to its texts.
        let options = options(Device::Cpu, self.wanted.adapted)?;
        Ok(folder.with_weights(Vec::<File>::new())?.check_texts(&options)?)
    }

    fn name(&self) -> String {
        let (repository, host) = (&self.name.repository, self.client.host());
        match self.is_kept {
            true => format!("{repository} on {host}, as it was when it was fetched ({}),", newest(self.name)),
            false => format!("{repository} on {host}"),
        }
    }

    fn names(&self) -> &BTreeSet<String> {
        &self.listing.names
    }

    fn fetch(&mut self, names: &[&str]) -> Result<PathBuf> {
        let commit = &self.listing.commit;
        let snapshot = self.repository.snapshot(commit);
        let missing = names.iter().filter(|name| !snapshot.join(name).is_file());
        let remotes = missing.map(|name| self.remote(name)).collect::<Result<Vec<_>, _>>()?;
        names.iter().try_for_each(|name| self.refuse_unknown_gguf(name))?;
        self.refuse_too_large(&remotes)?;
        let total = sum(remotes.iter().filter_map(|remote| remote.facts.n_bytes));
        let there = sum(remotes.iter().map(|remote| self.there(remote)));
        self.repository.refuse_no_room(&self.name.to_string(), total.saturating_sub(there))?;
        let mut progress = ByteProgress::start(total, self.wanted.is_quiet);
        if total > ANNOUNCED_BYTES {
            let (count, total) = (plural(remotes.len(), "file"), bytes(total));
            progress.say(&format!("fetching {} from {}: {count}, {total}", self.name, self.client.host()));
        }
        for remote in &remotes {
            let fetched = download(self.client, self.repository, remote, &mut progress);
            fetched.map_err(|error| self.gated(error))?;
            self.repository.link(commit, &remote.name, &remote.facts.etag)?;
        }
        Ok(snapshot)
    }
}

/// Less is there before anybody asks what takes so long.
const ANNOUNCED_BYTES: u64 = 100 << 20;

/// Bytes together: a server may say any number of each file.
fn sum(n_bytes: impl Iterator<Item = u64>) -> u64 {
    n_bytes.fold(0, u64::saturating_add)
}

impl OnHub<'_> {
    /// What the hub says of a file.
    fn remote(&self, name: &str) -> Result<Remote, HubError> {
        let url = address(self.client, &self.repository.name, (&self.listing.commit, name));
        let what = format!("{}:{name}", self.repository.name);
        let facts = patiently(&what, || facts(self.client, &url, &what));
        Ok(Remote { name: name.to_owned(), facts: facts.map_err(|error| self.gated(error))?, what, url })
    }

    /// How much of a file has come already.
    fn there(&self, remote: &Remote) -> u64 {
        let Some(n_bytes) = remote.facts.n_bytes else { return 0 };
        match self.repository.blob(&remote.facts.etag).is_file() {
            true => n_bytes,
            false => self.repository.unfinished_bytes(&remote.facts.etag).min(n_bytes),
        }
    }

    /// An error for a `.gguf` file of which its name, or what the hub read in it, says that nothing here computes it.
    fn refuse_unknown_gguf(&self, name: &str) -> Result<()> {
        if !name.ends_with(".gguf") {
            return Ok(());
        }
        if let Some(kind) = unknown_type(name) {
            bail!("{name} is stored as {kind}, which nothing here computes: take a file in Q4_K_M, Q8_0 or another of Q4_0 to Q6_K");
        }
        let architecture = self.listing.architecture.iter().cloned().map(Value::Text);
        let header = architecture.map(|name| ("general.architecture".to_owned(), name)).collect();
        match Config::from_gguf(&header) {
            Err(error @ EngineError::Unsupported { what: "architecture", .. }) => Err(error.into()),
            // This is not all of the header.
            _ => Ok(()),
        }
    }

    /// Says it before a download that nothing could be done with.
    ///
    /// Weights in 16 bits are packed into half of that.
    fn refuse_too_large(&self, remotes: &[Remote]) -> Result<()> {
        let is_weights = |name: &str| name.ends_with(".gguf") || name.ends_with(".safetensors");
        let weights = remotes.iter().filter(|remote| is_weights(&remote.name));
        let least = sum(weights.filter_map(|remote| remote.facts.n_bytes)) / 2;
        match self.wanted.ignores_memory {
            true => Ok(()),
            false => refuse_too_large(&self.name.to_string(), least),
        }
    }

    /// A refusal of a repository whose licence has to be accepted.
    fn gated(&self, error: HubError) -> HubError {
        match error {
            HubError::Refused { what, status, token, .. } if self.listing.is_gated => {
                HubError::Gated { page: self.client.page(&what), what, status, token }
            }
            other => other,
        }
    }
}
