//! Loading a model: from a kept file, from a file of the person's in place, or from an address into memory.

use super::{Failure, Loaded, State, done_with};
use crate::browser::{BlobReader, Download, ModelStore};
use crate::kept::KeptModel;
use crate::protocol::{ErrorCode, ModelFacts, Reply, Stage};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::hint::black_box;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;
use tiebreak_engine::{Device, LoadOptions, Model, Unquantized};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

/// How many bytes are read before the worker looks at its messages.
pub(super) const PIECE_BYTES: usize = 1 << 20;
/// Memory is tried in pieces of this size, since no single one may be as large as a model.
const TRIED_BYTES: u64 = 64 << 20;

/// Where a model is to be had.
pub(super) enum Source {
    /// The number of a kept model.
    Kept(u32),
    File(Blob),
    Address(String),
}

impl Source {
    pub(super) fn of(message: &JsValue) -> Result<Self, Failure> {
        let source = js_sys::Reflect::get(message, &"source".into())?;
        let part = |name: &str| js_sys::Reflect::get(&source, &name.into());
        if let Some(number) = part("kept")?.as_f64() {
            return Ok(Self::Kept(number as u32));
        }
        match (part("file")?.dyn_into(), part("url")?.as_string()) {
            (Ok(file), _) => Ok(Self::File(file)),
            (_, Some(address)) => Ok(Self::Address(address)),
            _ => Err(Failure::new(ErrorCode::Request, "a model needs a file or an address")),
        }
    }
}

impl State {
    pub(super) async fn load(&self, id: u32, message: &JsValue) -> Result<Reply, Failure> {
        let source = Source::of(message)?;
        // The old model goes first: two may not fit.
        self.model.replace(None);
        let loaded = match source {
            Source::Kept(number) => self.load_kept(id, number).await?,
            Source::File(file) => {
                let reader = BlobReader::new(file)?;
                let size = reader.size();
                self.take_up(id, reader, size).await?
            }
            Source::Address(address) => {
                let bytes = self.fetch(id, &address).await?;
                let size = bytes.len() as u64;
                self.take_up(id, Cursor::new(bytes), size).await?
            }
        };
        let facts = loaded.facts.clone();
        self.model.replace(Some(Rc::new(loaded)));
        Ok(done_with(facts))
    }

    async fn load_kept(&self, id: u32, number: u32) -> Result<Loaded, Failure> {
        let store = ModelStore::open().await?;
        let model = store.get(number).await?;
        let model = model.ok_or_else(|| Failure::new(ErrorCode::Gone, "this model is no longer kept"))?;
        let Some(sha256) = model.sha256.clone() else {
            return Err(Failure::new(ErrorCode::Gone, format!("{} is not there wholly", model.name)));
        };
        let damaged = |why: String| Failure::new(ErrorCode::Damaged, format!("{}: {why}", model.name));
        let result = async {
            let mut file = store.file(number, false).await.map_err(|problem| match problem.into() {
                Failure { code: ErrorCode::Network, message } => damaged(message),
                other => other,
            })?;
            let size = file.size()?;
            if size != model.size {
                return Err(damaged(format!("it has {size} bytes and should have {}", model.size)));
            }
            let found = self.hash(id, &mut file, size, Stage::Load).await?;
            if found != sha256 {
                return Err(damaged("its checksum is another one".to_owned()));
            }
            make(file, size, found)
        };
        let loaded = result.await;
        let noted = match &loaded {
            Err(failure) if failure.code == ErrorCode::Damaged => KeptModel { is_damaged: true, ..model },
            Err(_) => return loaded,
            Ok(_) => KeptModel { used_ms: js_sys::Date::now() as u64, ..model },
        };
        // Whether this can be noted changes nothing of what was found.
        let _ = store.update(number, &noted).await;
        loaded
    }

    async fn fetch(&self, id: u32, address: &str) -> Result<Vec<u8>, Failure> {
        let is_given_up = || self.is_given_up(id);
        let download = Download::begin(address, None, is_given_up).await?;
        let download = download.ok_or_else(Failure::cancelled)?;
        let total = download.answer.total();
        let mut bytes: Vec<u8> = Vec::new();
        // All at once where the length is known: a vector that grows is moved, and there twice for a moment.
        let whole = usize::try_from(total).unwrap_or(usize::MAX);
        bytes.try_reserve_exact(whole).map_err(|_| no_memory(total))?;
        while let Some(part) = download.next(is_given_up).await? {
            let so_far = (bytes.len() + part.len()) as u64;
            bytes.try_reserve(part.len()).map_err(|_| no_memory(so_far))?;
            bytes.extend_from_slice(&part);
            self.progress(id, Stage::Download, bytes.len() as u64, total);
        }
        if is_given_up() { Err(Failure::cancelled()) } else { Ok(bytes) }
    }

    async fn take_up(&self, id: u32, mut reader: impl Read + Seek, size: u64) -> Result<Loaded, Failure> {
        let sha256 = self.hash(id, &mut reader, size, Stage::Load).await?;
        make(reader, size, sha256)
    }

    /// SHA-256 in hex of a reader's bytes, from its beginning to its end.
    async fn hash(
        &self,
        id: u32,
        reader: &mut (impl Read + Seek),
        size: u64,
        stage: Stage,
    ) -> Result<String, Failure> {
        let mut hash = Sha256::new();
        self.hash_into(id, reader, size, (&mut hash, stage)).await?;
        Ok(hex(hash))
    }

    /// Adds a reader's bytes to a checksum.
    pub(super) async fn hash_into(
        &self,
        id: u32,
        reader: &mut (impl Read + Seek),
        size: u64,
        (hash, stage): (&mut Sha256, Stage),
    ) -> Result<(), Failure> {
        reader.seek(SeekFrom::Start(0))?;
        let mut buffer = vec![0; PIECE_BYTES];
        let mut hashed = 0;
        loop {
            let count = reader.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            hash.update(&buffer[..count]);
            hashed += count as u64;
            self.progress(id, stage, hashed, size);
            self.breathe(id).await?;
        }
    }
}

pub(super) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn make(mut reader: impl Read + Seek, size: u64, sha256: String) -> Result<Loaded, Failure> {
    require_memory(size)?;
    reader.seek(SeekFrom::Start(0))?;
    // A page has less memory than a command line: weights that are not quantized take 8 bits there.
    let options = LoadOptions { unquantized: Unquantized::Rounded, ..LoadOptions::on(Device::Cpu) };
    let model = Model::from_gguf(vec![reader], &options)?;
    let info = model.info();
    let facts = ModelFacts {
        name: info.name.clone(),
        architecture: info.architecture.clone(),
        quantization: info.quantization.clone(),
        parameters: info.n_parameters,
        context_length: info.context_length,
        weight_memory: model.weight_memory(),
        kernels: model.kernels().to_owned(),
        sha256,
    };
    Ok(Loaded { model, facts, prompt: RefCell::default() })
}

/// Fails where there is not even memory for the file's bytes.
///
/// A model that fits so far may still turn out too large while it is taken up; that ends the worker.
pub(super) fn require_memory(bytes: u64) -> Result<(), Failure> {
    let mut held = Vec::new();
    let mut rest = bytes;
    while rest > 0 {
        let piece = rest.min(TRIED_BYTES);
        let mut tried: Vec<u8> = Vec::new();
        if tried.try_reserve_exact(piece as usize).is_err() {
            return Err(no_memory(bytes));
        }
        held.push(tried);
        rest -= piece;
    }
    black_box(&held);
    Ok(())
}

fn no_memory(bytes: u64) -> Failure {
    Failure::new(ErrorCode::Memory, format!("there is no memory for {bytes} bytes"))
}
