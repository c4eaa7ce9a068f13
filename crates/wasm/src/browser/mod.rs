//! Everything that knows the browser's interfaces: storage, locks, files, the network, the event loop.

mod database;
mod download;
mod errors;
mod files;
mod lock;
mod model_store;
mod pause;
mod private_files;
mod room;
mod storage;

pub use download::Download;
pub use errors::{error, from_js, is_no_answer, message_of, name_of, tell_panics, to_js};
pub use files::BlobReader;
pub use lock::Lock;
pub use model_store::ModelStore;
pub use pause::pause;
pub use private_files::PrivateFile;
pub use room::Room;
pub use storage::{Storage, storage_state};
