//! Files of the origin's own file system. In a worker they are written and read in place, without a copy in memory.

use super::errors::{error, name_of};
use super::room::manager;
use js_sys::{Array, Function, Object, Promise, Reflect};
use std::io::{self, Read, Seek, SeekFrom, Write};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemReadWriteOptions, FileSystemSyncAccessHandle};

const FOLDER: &str = "models";

/// The folder of the models.
pub struct Folder {
    handle: JsValue,
}

impl Folder {
    /// Opens the folder, and makes it where there is none. Throws `storage` where the browser has no such files.
    pub async fn open() -> Result<Self, JsValue> {
        let refused = |problem: JsValue| match name_of(&problem).as_str() {
            "storage" => problem,
            _ => error("storage", format!("this browser keeps no files: {problem:?}")),
        };
        let manager = manager().ok_or_else(|| error("storage", "this browser keeps no files"))?;
        let root = ask(&manager, "getDirectory", &[]).await.map_err(refused)?;
        let handle =
            ask(&root, "getDirectoryHandle", &[FOLDER.into(), creating(true)]).await.map_err(refused)?;
        Ok(Self { handle })
    }

    /// Opens a file for this worker alone. Throws `NoModificationAllowedError` where another one has it open.
    pub async fn file(&self, name: &str, create: bool) -> Result<PrivateFile, JsValue> {
        let file = ask(&self.handle, "getFileHandle", &[name.into(), creating(create)]).await?;
        let handle: FileSystemSyncAccessHandle =
            ask(&file, "createSyncAccessHandle", &[]).await?.dyn_into()?;
        Ok(PrivateFile { handle, position: 0 })
    }

    /// How long a file is; none where there is no such file.
    pub async fn size(&self, name: &str) -> Result<Option<u64>, JsValue> {
        match ask(&self.handle, "getFileHandle", &[name.into()]).await {
            Err(problem) if name_of(&problem) == "NotFoundError" => Ok(None),
            Err(problem) => Err(problem),
            Ok(file) => {
                let file = ask(&file, "getFile", &[]).await?;
                Ok(Reflect::get(&file, &"size".into())?.as_f64().map(|size| size as u64))
            }
        }
    }

    /// Removes a file, if it is there. Throws `NoModificationAllowedError` where a worker has it open.
    pub async fn remove(&self, name: &str) -> Result<(), JsValue> {
        match ask(&self.handle, "removeEntry", &[name.into()]).await {
            Err(problem) if name_of(&problem) != "NotFoundError" => Err(problem),
            _ => Ok(()),
        }
    }
}

fn creating(create: bool) -> JsValue {
    let options = Object::new();
    // A new object takes every property.
    let _ = Reflect::set(&options, &"create".into(), &create.into());
    options.into()
}

/// Calls a method that may be missing, and waits for its promise.
async fn ask(target: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function = Reflect::get(target, &method.into())?.dyn_into::<Function>();
    let function = function.map_err(|_| error("storage", format!("this browser has no {method}")))?;
    let arguments: Array = arguments.iter().collect();
    let promise: Promise = function.apply(target, &arguments)?.dyn_into()?;
    JsFuture::from(promise).await
}

/// An open file, which no other worker can open until this is dropped.
pub struct PrivateFile {
    handle: FileSystemSyncAccessHandle,
    position: u64,
}

impl PrivateFile {
    /// Its length in bytes.
    pub fn size(&self) -> io::Result<u64> {
        self.handle.get_size().map(|size| size as u64).map_err(failed)
    }

    /// Cuts it off, or fills it up with zeros, and goes to its end.
    pub fn set_size(&mut self, size: u64) -> io::Result<()> {
        self.handle.truncate_with_f64(size as f64).map_err(failed)?;
        self.position = size;
        Ok(())
    }

    fn here(&self) -> FileSystemReadWriteOptions {
        let options = FileSystemReadWriteOptions::new();
        options.set_at_f64(self.position as f64);
        options
    }
}

impl Read for PrivateFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let options = self.here();
        let count = self.handle.read_with_u8_array_and_options(buffer, &options).map_err(failed)?;
        self.position += count as u64;
        Ok(count as usize)
    }
}

impl Write for PrivateFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let options = self.here();
        let count = self.handle.write_with_u8_array_and_options(buffer, &options).map_err(failed)?;
        self.position += count as u64;
        Ok(count as usize)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.handle.flush().map_err(failed)
    }
}

impl Seek for PrivateFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = super::files::target(to, self.position, self.size()?)?;
        Ok(self.position)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn failed(problem: JsValue) -> io::Error {
    let kind = match name_of(&problem).as_str() {
        "QuotaExceededError" => io::ErrorKind::QuotaExceeded,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, format!("the kept file cannot be used: {problem:?}"))
}
