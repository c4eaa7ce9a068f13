//! Keeping models in the browser's storage, so that they are fetched once and loaded without a copy in memory.

use super::load::{PIECE_BYTES, Source, hex, require_memory};
use super::{Failure, State};
use crate::browser::{BlobReader, Download, ModelStore, PrivateFile, Room};
use crate::kept::{GoOn, KeptModel, Version};
use crate::protocol::{Done, ErrorCode, Reply, Stage};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};
use wasm_bindgen::JsValue;
use web_sys::Blob;

/// What was written is made safe after so many bytes; that much a crash may cost.
const SAFE_BYTES: u64 = 16 << 20;
/// How every model file begins.
const MAGIC: &[u8] = b"GGUF";

/// The kept models.
pub(super) async fn list() -> Result<Reply, Failure> {
    let models = ModelStore::open().await?.list().await?;
    Ok(Done { models: Some(models), ..Done::default() }.into())
}

/// Deletes a kept model.
pub(super) async fn delete(number: u32) -> Result<Reply, Failure> {
    ModelStore::open().await?.delete(number).await?;
    Ok(Reply::done())
}

impl State {
    pub(super) async fn keep(&self, id: u32, name: String, message: &JsValue) -> Result<Reply, Failure> {
        let source = Source::of(message)?;
        let store = ModelStore::open().await?;
        let model = KeptModel { name, added_ms: js_sys::Date::now() as u64, ..KeptModel::default() };
        let number = match source {
            Source::Kept(number) => number,
            Source::File(file) => self.keep_file(id, &store, model, file).await?,
            Source::Address(address) => {
                self.keep_address(id, &store, KeptModel { source: Some(address), ..model }).await?
            }
        };
        Ok(Done { kept: Some(number), ..Done::default() }.into())
    }

    /// A copy that does not come to its end leaves nothing: it is made again as easily.
    async fn keep_file(
        &self,
        id: u32,
        store: &ModelStore,
        model: KeptModel,
        file: Blob,
    ) -> Result<u32, Failure> {
        let mut reader = BlobReader::new(file)?;
        let size = reader.size();
        self.require_room(size, size).await?;
        let mut writing = Writing::begin(store, KeptModel { size, ..model }).await?;
        let copied = async {
            let mut buffer = vec![0; PIECE_BYTES];
            loop {
                let count = reader.read(&mut buffer)?;
                if count == 0 {
                    return Ok(());
                }
                writing.take(&buffer[..count]).await?;
                self.progress(id, Stage::Copy, writing.written, size);
                self.breathe(id).await?;
            }
        };
        match copied.await {
            Ok(()) => writing.finish().await,
            Err(failure) => {
                writing.forget().await;
                Err(failure)
            }
        }
    }

    /// A download that does not come to its end stays, and goes on the next time.
    async fn keep_address(&self, id: u32, store: &ModelStore, model: KeptModel) -> Result<u32, Failure> {
        let address = model.source.clone().unwrap_or_default();
        let all = store.all().await?;
        let begun = all
            .iter()
            .find(|(_, other)| other.source == model.source && other.sha256.is_none() && !other.is_deleted);
        let mut begun = match begun {
            Some((number, _)) => Some(self.resume(id, store, *number).await?),
            None => None,
        };
        let (download, goes_on) = self.ask(id, &address, begun.as_ref()).await?;
        let answer = &download.answer;
        if let Some((number, _)) = all.iter().find(|(_, other)| other.is_same(&address, answer)) {
            return Ok(*number);
        }
        let total = answer.total();
        let there = begun.as_ref().filter(|_| goes_on).map_or(0, |writing| writing.written);
        self.require_room(total, total.saturating_sub(there)).await?;
        let mut writing = match begun.take() {
            Some(writing) if goes_on => writing,
            Some(mut writing) => {
                writing.begin_anew(total, answer.version.clone()).await?;
                writing
            }
            None => {
                let version = answer.version.clone();
                Writing::begin(store, KeptModel { size: total, version, ..model }).await?
            }
        };
        match self.receive(id, &download, &mut writing).await {
            Ok(()) => writing.finish().await,
            Err(failure) if failure.code == ErrorCode::BadGguf || writing.written == 0 => {
                writing.forget().await;
                Err(failure)
            }
            Err(failure) => {
                // What cannot be made safe is fetched again; the first failure is the one to tell.
                let _ = writing.make_safe().await;
                Err(failure)
            }
        }
    }

    /// Asks for the file, or for what is missing of it; and says whether the answer is what is missing.
    async fn ask(
        &self,
        id: u32,
        address: &str,
        begun: Option<&Writing<'_>>,
    ) -> Result<(Download, bool), Failure> {
        let is_given_up = || self.is_given_up(id);
        let begin =
            async |rest| Download::begin(address, rest, is_given_up).await?.ok_or_else(Failure::cancelled);
        if let Some(model) = begun.map(|writing| &writing.model).filter(|model| model.bytes > 0)
            && let Some(version) = model.version.condition()
        {
            let download = begin(Some((model.bytes, version))).await?;
            match model.go_on(&download.answer) {
                GoOn::Append => return Ok((download, true)),
                GoOn::BeginAnew => return Ok((download, false)),
                GoOn::AskAgain => {}
            }
        }
        let download = begin(None).await?;
        if download.answer.status != 200 {
            let why =
                format!("{address} could not be fetched: the server answers {}", download.answer.status);
            return Err(Failure::new(ErrorCode::Network, why));
        }
        Ok((download, false))
    }

    async fn receive(&self, id: u32, download: &Download, writing: &mut Writing<'_>) -> Result<(), Failure> {
        let is_given_up = || self.is_given_up(id);
        while let Some(part) = download.next(is_given_up).await? {
            let begins = writing.written == 0 && part.len() >= MAGIC.len();
            if begins && !part.starts_with(MAGIC) {
                return Err(Failure::new(ErrorCode::BadGguf, "it does not begin as such a file does"));
            }
            writing.take(&part).await?;
            self.progress(id, Stage::Download, writing.written, writing.model.size);
        }
        if is_given_up() {
            return Err(Failure::cancelled());
        }
        let (written, size) = (writing.written, writing.model.size);
        match size == 0 || written == size {
            true => Ok(()),
            false => Err(Failure::new(ErrorCode::Network, format!("{written} of {size} bytes have come"))),
        }
    }

    /// Takes up a download that broke off: what is there is read again, since its checksum is not kept.
    async fn resume<'a>(&self, id: u32, store: &'a ModelStore, number: u32) -> Result<Writing<'a>, Failure> {
        let mut file = store.file(number, true).await?;
        // Read once more: until now another tab may have written.
        let gone = || Failure::new(ErrorCode::Gone, "this model was deleted meanwhile");
        let mut model = store.get(number).await?.ok_or_else(gone)?;
        if model.sha256.is_some() {
            return Err(Failure::new(ErrorCode::Busy, "another tab has just fetched this model"));
        }
        // What came after the last time that it was made safe may be anything.
        model.bytes = model.bytes.min(file.size()?);
        file.set_size(model.bytes)?;
        let mut hash = Sha256::new();
        self.hash_into(id, &mut file, model.bytes, (&mut hash, Stage::Check)).await?;
        let written = model.bytes;
        Ok(Writing { store, number, model, file, hash, written })
    }

    /// Fails where a model of `size` bytes can never be loaded, or `missing` bytes cannot be stored.
    async fn require_room(&self, size: u64, missing: u64) -> Result<(), Failure> {
        if require_memory(size).is_err() {
            // The loaded model would have to go anyway.
            self.model.replace(None);
            require_memory(size)?;
        }
        match Room::now().await.free() {
            Some(free) if free < missing => Err(Failure::new(
                ErrorCode::Space,
                format!("it needs {missing} bytes, and the browser gives this page {free} more"),
            )),
            _ => Ok(()),
        }
    }
}

fn unwritten(problem: io::Error) -> Failure {
    let code = match problem.kind() {
        io::ErrorKind::QuotaExceeded => ErrorCode::Space,
        _ => ErrorCode::Storage,
    };
    Failure::new(code, problem)
}

/// A model that is being written.
struct Writing<'a> {
    store: &'a ModelStore,
    number: u32,
    /// As it was last noted.
    model: KeptModel,
    file: PrivateFile,
    hash: Sha256,
    written: u64,
}

impl<'a> Writing<'a> {
    /// The record comes first, so that no file is ever without one.
    async fn begin(store: &'a ModelStore, model: KeptModel) -> Result<Self, Failure> {
        let number = store.add(&model).await?;
        match store.file(number, true).await {
            Ok(file) => Ok(Self { store, number, model, file, hash: Sha256::new(), written: 0 }),
            Err(problem) => {
                let _ = store.delete(number).await;
                Err(problem.into())
            }
        }
    }

    async fn begin_anew(&mut self, size: u64, version: Version) -> Result<(), Failure> {
        self.model = KeptModel { bytes: 0, size, version, ..self.model.clone() };
        self.store.update(self.number, &self.model).await?;
        self.file.set_size(0).map_err(unwritten)?;
        self.hash = Sha256::new();
        self.written = 0;
        Ok(())
    }

    async fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(unwritten)?;
        self.hash.update(bytes);
        self.written += bytes.len() as u64;
        if self.written - self.model.bytes >= SAFE_BYTES {
            self.make_safe().await?;
        }
        Ok(())
    }

    async fn make_safe(&mut self) -> Result<(), Failure> {
        self.file.flush().map_err(unwritten)?;
        self.model.bytes = self.written;
        Ok(self.store.update(self.number, &self.model).await?)
    }

    /// Notes that the file is whole. Where the same one is kept already, that one stays alone.
    async fn finish(mut self) -> Result<u32, Failure> {
        self.file.flush().map_err(unwritten)?;
        let sha256 = Some(hex(self.hash.clone()));
        let all = self.store.all().await?;
        let same =
            all.iter().find(|(_, other)| other.sha256 == sha256 && !other.is_damaged && !other.is_deleted);
        if let Some((number, _)) = same {
            let number = *number;
            self.forget().await;
            return Ok(number);
        }
        let (bytes, size) = (self.written, self.written);
        self.model = KeptModel { bytes, size, sha256, ..self.model };
        self.store.update(self.number, &self.model).await?;
        Ok(self.number)
    }

    async fn forget(self) {
        let Self { store, number, file, .. } = self;
        drop(file);
        // What cannot be deleted now is listed, and can be deleted by hand.
        let _ = store.delete(number).await;
    }
}
