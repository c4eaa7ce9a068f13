//! Downloads that come piece by piece, can be given up at any moment, and go on where an earlier one broke off.

use super::errors::{error, message_of};
use super::pause::timer;
use crate::kept::{Answer, Version};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, Response};

/// How long a server's silence may hide that the download was given up, in milliseconds.
const PATIENCE_MS: i32 = 200;

/// A download whose body has not come yet. It ends when this is dropped.
pub struct Download {
    /// What the head of the answer says.
    pub answer: Answer,
    address: String,
    reader: Option<ReadableStreamDefaultReader>,
    controller: AbortController,
}

impl Download {
    /// Asks for a file; none where it was given up. With `rest`, for the bytes from there on if it is still that version.
    pub async fn begin(
        address: &str,
        rest: Option<(u64, &str)>,
        is_given_up: impl Fn() -> bool,
    ) -> Result<Option<Self>, JsValue> {
        let failed = |why: String| error("network", format!("{address} could not be fetched: {why}"));
        let controller = AbortController::new()?;
        let options = options(&controller, rest)?;
        // What is begun and then not waited for would fail with nobody to hear it, which ends the worker.
        if is_given_up() {
            return Ok(None);
        }
        let fetch: Function = Reflect::get(&js_sys::global(), &"fetch".into())?.dyn_into()?;
        let asked: Promise = fetch.call2(&JsValue::UNDEFINED, &address.into(), &options)?.dyn_into()?;
        let come = unless(asked, &is_given_up).await.map_err(|problem| failed(message_of(&problem)))?;
        let Some(response) = come else {
            controller.abort();
            return Ok(None);
        };
        let response: Response = response.dyn_into()?;
        if !response.ok() && response.status() != 416 {
            return Err(failed(format!("the server answers {}", response.status())));
        }
        let answer = read_head(&response)?;
        let reader = response.body().map(|body| body.get_reader().dyn_into()).transpose()?;
        Ok(Some(Self { answer, address: address.to_owned(), reader, controller }))
    }

    /// The next piece; none at the end, or where it was given up.
    pub async fn next(&self, is_given_up: impl Fn() -> bool) -> Result<Option<Vec<u8>>, JsValue> {
        let Some(reader) = &self.reader else { return Ok(None) };
        if is_given_up() {
            return Ok(None);
        }
        let failed = |problem: JsValue| {
            let why = message_of(&problem);
            error("network", format!("{} broke off: {why}", self.address))
        };
        let Some(part) = unless(reader.read(), is_given_up).await.map_err(failed)? else { return Ok(None) };
        if Reflect::get(&part, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let part: Uint8Array = Reflect::get(&part, &"value".into())?.dyn_into()?;
        Ok(Some(part.to_vec()))
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.controller.abort();
    }
}

fn options(controller: &AbortController, rest: Option<(u64, &str)>) -> Result<Object, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &controller.signal())?;
    // The browser's own cache would hold the file a second time.
    Reflect::set(&options, &"cache".into(), &"no-store".into())?;
    if let Some((from, version)) = rest {
        let headers = Object::new();
        Reflect::set(&headers, &"Range".into(), &format!("bytes={from}-").into())?;
        Reflect::set(&headers, &"If-Range".into(), &version.into())?;
        Reflect::set(&options, &"headers".into(), &headers)?;
    }
    Ok(options)
}

fn read_head(response: &Response) -> Result<Answer, JsValue> {
    let header = |name: &str| response.headers().get(name);
    // What is packed for the way has another length, and no part of it is a part of the file.
    let is_plain = header("content-encoding")?.is_none_or(|encoding| encoding == "identity");
    let length = header("content-length")?.filter(|_| is_plain);
    Ok(Answer {
        status: response.status(),
        length: length.and_then(|text| text.parse().ok()),
        content_range: header("content-range")?,
        version: match is_plain {
            true => Version { etag: header("etag")?, last_modified: header("last-modified")? },
            false => Version::default(),
        },
    })
}

/// What a promise brings; none where it was given up before.
async fn unless(promise: Promise, is_given_up: impl Fn() -> bool) -> Result<Option<JsValue>, JsValue> {
    let nothing_yet: JsValue = Object::new().into();
    while !is_given_up() {
        let waiting = timer(PATIENCE_MS, &nothing_yet)?;
        let first = JsFuture::from(Promise::race(&Array::of2(&promise, &waiting))).await?;
        if !Object::is(&first, &nothing_yet) {
            return Ok(Some(first));
        }
    }
    Ok(None)
}
