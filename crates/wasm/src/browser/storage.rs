//! The browser's database: votes, and what else a session must not lose.
//!
//! Votes are only ever added. What changes (how far votes were saved, drafts, qualification) is one record a session.
//! What cannot be read is never written over: a vote stays under its key, and a session's record is set aside.

use super::database::{Connection, answer, failed, finish};
use super::errors::is_no_answer;
use super::room::{Room, manager};
use crate::held::Head;
use crate::views::{StorageState, StoredStudy};
use idb::{KeyRange, ObjectStoreParams, Query};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const NAME: &str = "tiebreak";
const SESSIONS: &str = "sessions";
const VOTES: &str = "votes";

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

    /// A session's head as it was stored; it may be none that can be read.
    pub async fn head(&self, session: &[&str; 2]) -> Result<Option<String>, JsValue> {
        let transaction = self.connection.read(&[SESSIONS])?;
        let sessions = transaction.object_store(SESSIONS).map_err(failed)?;
        let key = Array::of2(&session[0].into(), &session[1].into());
        let value = answer(sessions.get(Query::Key(key.into())).map_err(failed)?).await?;
        Ok(value.as_ref().map(text_of))
    }

    /// Keeps what stands in a head's place and cannot be read.
    pub async fn set_aside(&self, session: &[&str; 2], text: &str) -> Result<(), JsValue> {
        let transaction = self.connection.durable(&[SESSIONS])?;
        let sessions = transaction.object_store(SESSIONS).map_err(failed)?;
        let hash = tiebreak_core::schema::sha256_hex(text.as_bytes());
        let key = Array::of3(&session[0].into(), &session[1].into(), &hash.into());
        sessions.put(&text.into(), Some(&key)).map_err(failed)?;
        finish(transaction).await
    }

    /// What was set aside.
    pub async fn aside(&self, session: &[&str; 2]) -> Result<Vec<String>, JsValue> {
        self.texts(SESSIONS, after(session)?).await
    }

    /// The lines of a session's votes, by number.
    pub async fn votes(&self, session: &[&str; 2]) -> Result<Vec<String>, JsValue> {
        self.texts(VOTES, range(session)?).await
    }

    async fn texts(&self, store: &str, keys: KeyRange) -> Result<Vec<String>, JsValue> {
        let transaction = self.connection.read(&[store])?;
        let store = transaction.object_store(store).map_err(failed)?;
        let values = answer(store.get_all(Some(Query::KeyRange(keys)), None).map_err(failed)?).await?;
        Ok(values.iter().map(text_of).collect())
    }

    /// Every session of this browser.
    pub async fn sessions(&self) -> Result<Vec<StoredStudy>, JsValue> {
        let transaction = self.connection.read(&[SESSIONS, VOTES])?;
        let sessions = transaction.object_store(SESSIONS).map_err(failed)?;
        let keys = answer(sessions.get_all_keys(None, None).map_err(failed)?).await?;
        let mut stored = Vec::new();
        for key in keys {
            let key: Array = key.dyn_into()?;
            let [Some(study), Some(annotator)] = [0, 1].map(|i| key.get(i).as_string()) else { continue };
            // What was set aside has a longer key.
            if key.length() > 2 {
                continue;
            }
            let session = [study.as_str(), annotator.as_str()];
            let head = self.head(&session).await?.and_then(|text| serde_json::from_str::<Head>(&text).ok());
            let title = head.map_or_else(|| study.clone(), |head| head.title);
            let transaction = self.connection.read(&[VOTES])?;
            let votes = transaction.object_store(VOTES).map_err(failed)?;
            let counted = votes.count(Some(Query::KeyRange(range(&session)?))).map_err(failed)?;
            let votes = answer(counted).await?;
            stored.push(StoredStudy { study, title, annotator, votes });
        }
        Ok(stored)
    }

    /// Removes a session with its votes.
    pub async fn erase(&self, session: &[&str; 2]) -> Result<(), JsValue> {
        let transaction = self.connection.durable(&[VOTES, SESSIONS])?;
        for store in [VOTES, SESSIONS] {
            let store = transaction.object_store(store).map_err(failed)?;
            store.delete(Query::KeyRange(range(session)?)).map_err(failed)?;
        }
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

/// A stored text; anything else as its JSON, so that it is not lost either.
fn text_of(value: &JsValue) -> String {
    let json = || js_sys::JSON::stringify(value).map(String::from).unwrap_or_default();
    value.as_string().unwrap_or_else(json)
}

/// All keys that begin with the session's, and that key itself.
fn range(session: &[&str; 2]) -> Result<KeyRange, JsValue> {
    between(&Array::of2(&session[0].into(), &session[1].into()), session)
}

/// All keys that are longer than the session's.
fn after(session: &[&str; 2]) -> Result<KeyRange, JsValue> {
    between(&Array::of3(&session[0].into(), &session[1].into(), &"".into()), session)
}

fn between(low: &Array, session: &[&str; 2]) -> Result<KeyRange, JsValue> {
    // A list sorts after every number and every text.
    let high = Array::of3(&session[0].into(), &session[1].into(), &Array::new());
    KeyRange::bound(low, &high, None, None).map_err(failed)
}

/// Asks the browser to keep the data, and tells what it says of its storage.
pub async fn storage_state() -> StorageState {
    let room = Room::now().await;
    let mut state = StorageState { usage: room.usage, quota: room.quota, ..StorageState::default() };
    match Storage::open().await {
        Ok(_) => state.available = true,
        // A browser that is slow refuses nothing; who opens a study is told.
        Err(problem) if is_no_answer(&problem) => state.available = true,
        Err(problem) => state.reason = problem.dyn_ref::<js_sys::Error>().map(|error| error.message().into()),
    }
    if let Some(promise) = manager().and_then(|manager| manager.persist().ok()) {
        state.persisted = JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy());
    }
    state
}
