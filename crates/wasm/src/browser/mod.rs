//! Everything that knows the browser's interfaces: storage, locks, files, the event loop.

mod errors;
mod files;
mod lock;
mod pause;
mod storage;

pub use errors::{error, from_js, to_js};
pub use files::{BlobReader, fetch_bytes};
pub use lock::Lock;
pub use pause::pause;
pub use storage::{Head, Storage, storage_state};
