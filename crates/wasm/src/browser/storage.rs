//! The browser's database: votes, and what else a session must not lose.
//!
//! Votes are only ever added. What changes (how far votes were saved, drafts, qualification) is one record a session.

use super::database::{Connection, failed, finish};
use super::room::{Room, manager};
use crate::views::{StorageState, StoredStudy};
use idb::{KeyRange, ObjectStoreParams, Query};
use js_sys::Array;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const NAME: &str = "tiebreak";
const SESSIONS: &str = "sessions";
const VOTES: &str = "votes";

/// What of a session changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// The study's title, for the list of what was begun.
    pub title: String,
    /// Votes up to this number are in a file or were delivered.
    pub saved: u64,
    /// Votes up to this number were delivered.
    pub sent: u64,
    /// Whether each qualification question was answered rightly.
    pub qualification: Vec<bool>,
    /// What was begun for a turn and is no vote yet.
    pub drafts: BTreeMap<String, serde_json::Value>,
}

/// The open database.
pub struct Storage {
    connection: Connection,
}

impl Storage {
    /// Opens the database, and makes it where there is none.
    pub async fn open() -> Result<Self, JsValue> {
        let connection = Connection::open(NAME, &[SESSIONS, VOTES], ObjectStoreParams::new).await?;
        Ok(Self { connection })
    }

    /// Stores votes, by number, and the session's head in one transaction; comes back when all are safe.
    pub async fn put_votes(
        &self,
        session: &[&str; 2],
        lines: &[(u64, String)],
        head: &Head,
    ) -> Result<(), JsValue> {
        let transaction = self.connection.durable(&[VOTES, SESSIONS])?;
        let votes = transaction.object_store(VOTES).map_err(failed)?;
        for (number, line) in lines {
            let key = Array::of3(&session[0].into(), &session[1].into(), &JsValue::from_f64(*number as f64));
            // Votes of one number from two machines are different votes.
            key.push(&tiebreak_core::schema::sha256_hex(line.as_bytes()).into());
            votes.put(&line.into(), Some(&key)).map_err(failed)?;
        }
        Self::put_head_in(&transaction, session, head)?;
        finish(transaction).await
    }

    /// Stores a session's head.
    pub async fn put_head(&self, session: &[&str; 2], head: &Head) -> Result<(), JsValue> {
        let transaction = self.connection.durable(&[SESSIONS])?;
        Self::put_head_in(&transaction, session, head)?;
        finish(transaction).await
    }

    fn put_head_in(transaction: &idb::Transaction, session: &[&str; 2], head: &Head) -> Result<(), JsValue> {
        let text = serde_json::to_string(head).map_err(failed)?;
        let key = Array::of2(&session[0].into(), &session[1].into());
        let sessions = transaction.object_store(SESSIONS).map_err(failed)?;
        sessions.put(&text.into(), Some(&key)).map_err(failed)?;
        Ok(())
    }

    /// A session's head.
    pub async fn head(&self, session: &[&str; 2]) -> Result<Option<Head>, JsValue> {
        let key = Array::of2(&session[0].into(), &session[1].into());
        let text = self.get(SESSIONS, key.into()).await?.and_then(|value| value.as_string());
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    async fn get(&self, store: &str, key: JsValue) -> Result<Option<JsValue>, JsValue> {
        let transaction = self.connection.read(&[store])?;
        let store = transaction.object_store(store).map_err(failed)?;
        store.get(Query::Key(key)).map_err(failed)?.await.map_err(failed)
    }

    /// The lines of a session's votes, by number.
    pub async fn votes(&self, session: &[&str; 2]) -> Result<Vec<String>, JsValue> {
        let transaction = self.connection.read(&[VOTES])?;
        let votes = transaction.object_store(VOTES).map_err(failed)?;
        let values = votes.get_all(Some(Query::KeyRange(range(session)?)), None).map_err(failed)?;
        Ok(values.await.map_err(failed)?.iter().filter_map(JsValue::as_string).collect())
    }

    /// Every session of this browser.
    pub async fn sessions(&self) -> Result<Vec<StoredStudy>, JsValue> {
        let transaction = self.connection.read(&[SESSIONS, VOTES])?;
        let sessions = transaction.object_store(SESSIONS).map_err(failed)?;
        let keys = sessions.get_all_keys(None, None).map_err(failed)?.await.map_err(failed)?;
        let mut stored = Vec::new();
        for key in keys {
            let key: Array = key.dyn_into()?;
            let [Some(study), Some(annotator)] = [0, 1].map(|i| key.get(i).as_string()) else { continue };
            let session = [study.as_str(), annotator.as_str()];
            let title = self.head(&session).await?.map(|head| head.title).unwrap_or_default();
            let transaction = self.connection.read(&[VOTES])?;
            let votes = transaction.object_store(VOTES).map_err(failed)?;
            let counted = votes.count(Some(Query::KeyRange(range(&session)?))).map_err(failed)?;
            let votes = counted.await.map_err(failed)?;
            stored.push(StoredStudy { study, title, annotator, votes });
        }
        Ok(stored)
    }

    /// Removes a session with its votes.
    pub async fn erase(&self, session: &[&str; 2]) -> Result<(), JsValue> {
        let transaction = self.connection.durable(&[VOTES, SESSIONS])?;
        let votes = transaction.object_store(VOTES).map_err(failed)?;
        votes.delete(Query::KeyRange(range(session)?)).map_err(failed)?;
        let key = Array::of2(&session[0].into(), &session[1].into());
        let sessions = transaction.object_store(SESSIONS).map_err(failed)?;
        sessions.delete(Query::Key(key.into())).map_err(failed)?;
        finish(transaction).await
    }

    /// Removes everything.
    pub async fn erase_all(&self) -> Result<(), JsValue> {
        let transaction = self.connection.durable(&[VOTES, SESSIONS])?;
        for store in [VOTES, SESSIONS] {
            transaction.object_store(store).and_then(|store| store.clear()).map_err(failed)?;
        }
        finish(transaction).await
    }
}

/// All keys that begin with the session's.
fn range(session: &[&str; 2]) -> Result<KeyRange, JsValue> {
    let low = Array::of2(&session[0].into(), &session[1].into());
    // A list sorts after every number and every text.
    let high = Array::of3(&session[0].into(), &session[1].into(), &Array::new());
    KeyRange::bound(&low, &high, None, None).map_err(failed)
}

/// Asks the browser to keep the data, and tells what it says of its storage.
pub async fn storage_state() -> StorageState {
    let room = Room::now().await;
    let mut state = StorageState { usage: room.usage, quota: room.quota, ..StorageState::default() };
    match Storage::open().await {
        Ok(_) => state.available = true,
        Err(problem) => state.reason = problem.dyn_ref::<js_sys::Error>().map(|error| error.message().into()),
    }
    if let Some(promise) = manager().and_then(|manager| manager.persist().ok()) {
        state.persisted = JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy());
    }
    state
}
