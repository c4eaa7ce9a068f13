//! A database of the browser's, and transactions that are not done before their data are on the disk.

use super::errors::{error, no_answer};
use super::pause::within;
use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, TransactionMode};
use js_sys::{Array, Object, Reflect};
use std::future::IntoFuture;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbTransaction};

/// Of every database; what is kept otherwise gets a database of its own, so that no open tab has to let go of its own.
const VERSION: u32 = 1;
/// A database that another tab holds up, or that the browser is still mending, can be silent for ever.
const PATIENCE_MS: i32 = 15_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = IdbDatabase)]
    type DurableDatabase;

    /// With options: their type is not stable in web-sys.
    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &DurableDatabase,
        stores: &JsValue,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
}

/// An open database.
pub struct Connection {
    database: Database,
    /// The same, for transactions with options.
    raw: DurableDatabase,
}

impl Connection {
    /// Opens a database, and makes it with these stores where there is none.
    ///
    /// Throws `storage` where the browser refuses, and `no_answer` where it says nothing.
    pub async fn open(
        name: &str,
        stores: &'static [&'static str],
        parameters: fn() -> ObjectStoreParams,
    ) -> Result<Self, JsValue> {
        let mut request =
            Factory::new().and_then(|factory| factory.open(name, Some(VERSION))).map_err(failed)?;
        request.on_upgrade_needed(move |event| {
            // What fails here fails the opening, which is told.
            if let Ok(database) = event.database() {
                for store in stores {
                    let _ = database.create_object_store(store, parameters());
                }
            }
        });
        // One that comes too late is closed when it is dropped.
        let opened = async { request.await.map(Self::new) };
        within(PATIENCE_MS, opened).await.ok_or_else(no_answer)?.map_err(failed)
    }

    fn new(database: Database) -> Self {
        let raw: IdbDatabase = database.into();
        // Another tab with a newer page must not wait for this one.
        let other = raw.clone();
        let closes = Closure::once_into_js(move || other.close());
        raw.set_onversionchange(Some(closes.unchecked_ref()));
        Self { database: Database::from(raw.clone()), raw: raw.unchecked_into() }
    }

    /// A transaction that changes nothing.
    pub fn read(&self, stores: &[&str]) -> Result<idb::Transaction, JsValue> {
        self.database.transaction(stores, TransactionMode::ReadOnly).map_err(failed)
    }

    /// A transaction that is not done before its data are on the disk.
    pub fn durable(&self, stores: &[&str]) -> Result<idb::Transaction, JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &"strict".into())?;
        let stores: Array = stores.iter().map(|store| JsValue::from_str(store)).collect();
        let transaction = self.raw.transaction(&stores, "readwrite", &options);
        transaction.map(Into::into).map_err(|problem| failed(format!("{problem:?}")))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.close();
    }
}

/// What the page is told where the database refuses.
pub fn failed(problem: impl std::fmt::Display) -> JsValue {
    error("storage", format!("this browser did not store it: {problem}"))
}

/// What a request brings. Throws `no_answer` where nothing comes.
pub async fn answer<T: 'static>(
    request: impl IntoFuture<Output = Result<T, idb::Error>, IntoFuture: 'static>,
) -> Result<T, JsValue> {
    within(PATIENCE_MS, request.into_future()).await.ok_or_else(no_answer)?.map_err(failed)
}

/// Waits until a transaction's data are stored. Throws `storage` as well where that is not to be learned.
pub async fn finish(transaction: idb::Transaction) -> Result<(), JsValue> {
    let stored = transaction.commit().map_err(failed)?.into_future();
    let result = within(PATIENCE_MS, stored).await.ok_or_else(|| failed("its database does not answer"))?;
    let result = result.map_err(failed)?;
    match result.is_committed() {
        true => Ok(()),
        false => Err(failed("the transaction was given up; the disk may be full")),
    }
}
