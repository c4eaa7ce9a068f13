//! The kept models: their files in the origin's own file system, and a record of each in a database.
//!
//! The record is written before the file is begun, and says that the file is whole only after it is.
//! So whatever moment the browser ends at, a file that is not whole is known to be so.
//! A file that a worker has open is that worker's alone, which keeps tabs apart.

use super::database::{Connection, failed, finish};
use super::errors::{error, name_of};
use super::pause::timer;
use super::private_files::{Folder, PrivateFile};
use crate::kept::{KeptModel, Listed};
use idb::{ObjectStoreParams, Query};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const NAME: &str = "tiebreak models";
const MODELS: &str = "models";
/// How often, and after how many milliseconds each, a file is tried again that a worker may just be letting go of.
const TRIES: u32 = 20;
const BETWEEN_TRIES_MS: i32 = 100;

/// The open store.
pub struct ModelStore {
    connection: Connection,
    folder: Folder,
}

impl ModelStore {
    /// Opens the store. Throws `storage` where the browser keeps nothing.
    pub async fn open() -> Result<Self, JsValue> {
        let numbered = || {
            let mut parameters = ObjectStoreParams::new();
            parameters.auto_increment(true);
            parameters
        };
        let folder = Folder::open().await?;
        Ok(Self { connection: Connection::open(NAME, &[MODELS], numbered).await?, folder })
    }

    /// All models, with how they stand. What waits to be deleted is tried again.
    pub async fn list(&self) -> Result<Vec<Listed>, JsValue> {
        let mut listed = Vec::new();
        for (number, model) in self.all().await? {
            if model.is_deleted {
                // Another tab may still have it open; then it goes the next time.
                let _ = self.delete(number).await;
                continue;
            }
            // A browser that does not tell the length of an open file says nothing against it.
            let size = self.folder.size(&file_name(number)).await.unwrap_or(Some(model.size));
            listed.push(Listed { number, state: model.state(size), model });
        }
        Ok(listed)
    }

    /// All records with their numbers, those that wait to be deleted among them.
    pub async fn all(&self) -> Result<Vec<(u32, KeptModel)>, JsValue> {
        let transaction = self.connection.read(&[MODELS])?;
        let models = transaction.object_store(MODELS).map_err(failed)?;
        let keys = models.get_all_keys(None, None).map_err(failed)?;
        let values = models.get_all(None, None).map_err(failed)?;
        let keys = keys.await.map_err(failed)?;
        let values = values.await.map_err(failed)?;
        let number = |key: &JsValue| key.as_f64().map(|number| number as u32);
        Ok(keys.iter().zip(&values).filter_map(|(key, value)| Some((number(key)?, read(value)?))).collect())
    }

    /// A model's record.
    pub async fn get(&self, number: u32) -> Result<Option<KeptModel>, JsValue> {
        let all = self.all().await?;
        Ok(all
            .into_iter()
            .find(|(other, model)| *other == number && !model.is_deleted)
            .map(|(_, model)| model))
    }

    /// Notes a new model and gives it a number, which no other model ever gets.
    pub async fn add(&self, model: &KeptModel) -> Result<u32, JsValue> {
        let transaction = self.connection.durable(&[MODELS])?;
        let models = transaction.object_store(MODELS).map_err(failed)?;
        let key = models.add(&write(model)?, None).map_err(failed)?.await.map_err(failed)?;
        finish(transaction).await?;
        key.as_f64().map(|number| number as u32).ok_or_else(|| failed("a model got no number"))
    }

    /// Notes how a model stands now; comes back when that is safe. Throws `gone` where it was deleted meanwhile.
    pub async fn update(&self, number: u32, model: &KeptModel) -> Result<(), JsValue> {
        self.change(number, |noted| *noted = KeptModel { is_deleted: noted.is_deleted, ..model.clone() })
            .await
    }

    async fn change(&self, number: u32, change: impl FnOnce(&mut KeptModel)) -> Result<(), JsValue> {
        let transaction = self.connection.durable(&[MODELS])?;
        let models = transaction.object_store(MODELS).map_err(failed)?;
        let key = JsValue::from(number);
        let noted = models.get(Query::Key(key.clone())).map_err(failed)?.await.map_err(failed)?;
        let Some(mut model) = noted.as_ref().and_then(read) else {
            return Err(error("gone", "this model was deleted meanwhile"));
        };
        change(&mut model);
        models.put(&write(&model)?, Some(&key)).map_err(failed)?;
        finish(transaction).await
    }

    /// Opens a model's file for this worker alone.
    pub async fn file(&self, number: u32, create: bool) -> Result<PrivateFile, JsValue> {
        self.folder.file(&file_name(number), create).await
    }

    /// Removes a model: it is noted that it goes, then the file goes, and then the record.
    ///
    /// Throws `NoModificationAllowedError`, and leaves it as it was, where a worker has the file open.
    pub async fn delete(&self, number: u32) -> Result<(), JsValue> {
        self.change(number, |model| model.is_deleted = true).await?;
        if let Err(problem) = self.folder.remove(&file_name(number)).await {
            if name_of(&problem) == "NoModificationAllowedError" {
                self.change(number, |model| model.is_deleted = false).await?;
            }
            return Err(problem);
        }
        let transaction = self.connection.durable(&[MODELS])?;
        let models = transaction.object_store(MODELS).map_err(failed)?;
        models.delete(Query::Key(number.into())).map_err(failed)?;
        finish(transaction).await
    }

    /// Removes all models.
    pub async fn delete_all(&self) -> Result<(), JsValue> {
        for (number, _) in self.all().await? {
            let mut tries = 1;
            while self.delete(number).await.is_err() {
                if tries == TRIES {
                    return Err(error("busy", "another tab is reading or writing a model; close it first"));
                }
                tries += 1;
                JsFuture::from(timer(BETWEEN_TRIES_MS, &JsValue::UNDEFINED)?).await?;
            }
        }
        Ok(())
    }
}

fn file_name(number: u32) -> String {
    format!("{number}.gguf")
}

fn write(model: &KeptModel) -> Result<JsValue, JsValue> {
    serde_json::to_string(model).map(|text| text.into()).map_err(failed)
}

fn read(value: &JsValue) -> Option<KeptModel> {
    let text = value.dyn_ref::<js_sys::JsString>()?;
    serde_json::from_str(&String::from(text)).ok()
}
