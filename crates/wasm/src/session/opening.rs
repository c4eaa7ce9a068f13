//! How a session begins: its lock, and what this browser holds of it.

use super::StudySession;
use crate::browser::{Lock, Storage, error, is_no_answer};
use crate::held::{Head, readable};
use std::cell::{Cell, RefCell};
use tiebreak_core::schema::Vote;
use tiebreak_core::study::{Session, Study};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl StudySession {
    /// Opens a study for an annotator, with the votes that this browser holds.
    ///
    /// Throws `study` for a study that cannot be used, `session` for a wrong annotator or slot,
    /// `locked` where another tab has it open, and `no_answer` where the browser's database is silent.
    pub async fn open(bytes: Vec<u8>, annotator: String, slot: Option<u32>) -> Result<StudySession, JsValue> {
        let study = Study::read(&bytes).map_err(|problem| error("study", problem))?;
        let (id, title) = (study.id.clone(), study.settings.title.clone());
        let mut session =
            Session::new(study, &annotator, slot).map_err(|problem| error("session", problem))?;
        let (lock, has_locks) = Lock::take(&format!("tiebreak {id} {annotator}")).await;
        if has_locks && lock.is_none() {
            return Err(error(
                "locked",
                "this study is open in another tab; go on there, or close it and load this page again",
            ));
        }
        let storage = storage().await?;
        let mut held = Held { head: Head { title, ..Head::default() }, ..Held::default() };
        if let Some(storage) = &storage {
            let key = [id.as_str(), annotator.as_str()];
            held.read(storage, &key).await?;
            session.restore(held.votes).map_err(|problem| error("session", problem))?;
            storage.put_head(&key, &held.head).await?;
        }
        Ok(Self {
            session: RefCell::new(session),
            head: RefCell::new(held.head),
            unstored: RefCell::default(),
            unreadable: held.unreadable,
            storage,
            is_erased: Cell::new(false),
            _lock: lock,
        })
    }
}

/// None where the browser refuses; one that is silent may hold votes, so nobody begins anew without them.
async fn storage() -> Result<Option<Storage>, JsValue> {
    match Storage::open().await {
        Ok(storage) => Ok(Some(storage)),
        Err(problem) if is_no_answer(&problem) => Err(problem),
        Err(_) => Ok(None),
    }
}

#[derive(Default)]
struct Held {
    head: Head,
    votes: Vec<Vote>,
    unreadable: Vec<String>,
}

impl Held {
    /// Takes up what the browser holds; what cannot be read stays where it is, or is set aside.
    async fn read(&mut self, storage: &Storage, key: &[&str; 2]) -> Result<(), JsValue> {
        if let Some(text) = storage.head(key).await? {
            match serde_json::from_str(&text) {
                Ok(head) => self.head = head,
                Err(_) => storage.set_aside(key, &text).await?,
            }
        }
        let (votes, unreadable) = readable(storage.votes(key).await?);
        self.votes = votes;
        self.unreadable = unreadable;
        self.unreadable.extend(storage.aside(key).await?);
        Ok(())
    }
}
