//! Model files: fetched, or read piece by piece from a file that the person chose.

use super::errors::error;
use js_sys::{ArrayBuffer, Function, Reflect, Uint8Array};
use std::io::{self, Read, Seek, SeekFrom};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, FileReaderSync, ReadableStreamDefaultReader, Response};

/// The largest file that is fetched into memory, where the model that is made of it needs room as well.
const MOST_FETCHED_BYTES: u64 = 2 << 30;
/// A page's module has addresses for no more than this.
const MOST_BYTES: u64 = 4 << 30;

/// Reads a file of the person's in a worker, without holding a copy of it.
pub struct BlobReader {
    blob: Blob,
    reader: FileReaderSync,
    size: u64,
    position: u64,
}

impl BlobReader {
    /// Begins at the file's beginning; works in a worker only. Throws `memory` for a file that no page can hold.
    pub fn new(blob: Blob) -> Result<Self, JsValue> {
        let size = blob.size() as u64;
        if size > MOST_BYTES {
            return Err(too_large(size));
        }
        Ok(Self { blob, reader: FileReaderSync::new()?, size, position: 0 })
    }

    /// The file's length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.size.min(self.position + buffer.len() as u64);
        if end <= self.position {
            return Ok(0);
        }
        let failed = |problem: JsValue| io::Error::other(format!("the file cannot be read: {problem:?}"));
        let part = self.blob.slice_with_f64_and_f64(self.position as f64, end as f64).map_err(failed)?;
        let bytes: ArrayBuffer = self.reader.read_as_array_buffer(&part).map_err(failed)?;
        let bytes = Uint8Array::new(&bytes);
        let count = bytes.length() as usize;
        bytes.copy_to(&mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::other("a place before the file's beginning"))?;
        Ok(self.position)
    }
}

fn too_large(bytes: u64) -> JsValue {
    error("memory", format!("{bytes} bytes or more are too many for a page"))
}

/// Fetches a file, telling bytes so far and in all (0 where the server does not say); stops when `go_on` says no.
///
/// Throws `network` where it cannot be fetched, and `memory` where it is too large.
pub async fn fetch_bytes(
    url: &str,
    mut go_on: impl FnMut(u64, u64) -> bool,
) -> Result<Option<Vec<u8>>, JsValue> {
    let failed = |why: String| error("network", format!("{url} could not be fetched: {why}"));
    let fetch: Function = Reflect::get(&js_sys::global(), &"fetch".into())?.dyn_into()?;
    let promise: js_sys::Promise = fetch.call1(&JsValue::UNDEFINED, &url.into())?.dyn_into()?;
    let response = JsFuture::from(promise).await.map_err(|problem| failed(message_of(&problem)))?;
    let response: Response = response.dyn_into()?;
    if !response.ok() {
        return Err(failed(format!("the server answers {}", response.status())));
    }
    let total = response.headers().get("content-length")?.and_then(|text| text.parse().ok()).unwrap_or(0);
    if total > MOST_FETCHED_BYTES {
        return Err(too_large(total));
    }
    let body = response.body().ok_or_else(|| failed("the answer is empty".to_owned()))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    let mut bytes = Vec::with_capacity(total as usize);
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(|problem| failed(message_of(&problem)))?;
        if Reflect::get(&part, &"done".into())?.is_truthy() {
            return Ok(Some(bytes));
        }
        let part: Uint8Array = Reflect::get(&part, &"value".into())?.dyn_into()?;
        let so_far = bytes.len() as u64 + u64::from(part.length());
        if so_far > MOST_FETCHED_BYTES {
            return Err(too_large(so_far));
        }
        let start = bytes.len();
        bytes.resize(start + part.length() as usize, 0);
        part.copy_to(&mut bytes[start..]);
        if !go_on(bytes.len() as u64, total) {
            let _ = JsFuture::from(reader.cancel()).await;
            return Ok(None);
        }
    }
}

fn message_of(problem: &JsValue) -> String {
    problem.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{problem:?}"), |error| error.message().into())
}
