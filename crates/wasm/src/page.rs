//! What the page calls beside a session and a model.

use crate::browser::{ModelStore, Storage, error, from_js, storage_state as state, to_js};
use crate::tried::{self, Said};
use crate::views::{CatalogueGuidelines, CataloguePrompt, StudySummary, Versions};
use tiebreak_core::catalogue;
use tiebreak_core::schema::{Sample, to_line};
use tiebreak_core::study::Study;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Reads a study and tells what it is; throws a sentence where it is none.
#[wasm_bindgen]
pub fn read_study(bytes: &[u8]) -> Result<JsValue, JsValue> {
    let study = Study::read(bytes).map_err(|problem| error("study", problem))?;
    to_js(&StudySummary {
        id: &study.id,
        title: &study.settings.title,
        pairs: study.items.len(),
        slots: study.lists.len(),
    })
}

/// A Markdown text as a tree without HTML.
#[wasm_bindgen]
pub fn markdown(text: &str) -> Result<JsValue, JsValue> {
    to_js(&crate::markdown::markdown(text))
}

/// Which words of two texts differ.
#[wasm_bindgen]
pub fn word_diff(left: &str, right: &str) -> Result<JsValue, JsValue> {
    to_js(&crate::diff::word_diff(left, right))
}

/// The votes on a sample of the model in this page, as JSON lines; `said` is a [`Said`].
#[wasm_bindgen]
pub fn tried_votes(sample: JsValue, said: JsValue) -> Result<String, JsValue> {
    let sample: Sample = from_js(&sample)?;
    let said: Said = from_js(&said)?;
    Ok(tried::votes(&sample, &said).iter().map(|vote| to_line(vote) + "\n").collect())
}

/// Asks the browser to keep the data, and tells what it says.
#[wasm_bindgen]
pub async fn storage_state() -> Result<JsValue, JsValue> {
    to_js(&state().await)
}

/// The sessions that were begun in this browser.
#[wasm_bindgen]
pub async fn stored_studies() -> Result<JsValue, JsValue> {
    to_js(&Storage::open().await?.sessions().await?)
}

/// Removes everything of this page from the browser's databases, and the kept models.
#[wasm_bindgen]
pub async fn erase_all() -> Result<(), JsValue> {
    Storage::open().await?.erase_all().await?;
    match ModelStore::open().await {
        Ok(models) => models.delete_all().await,
        // Where no model can be kept, none has to go.
        Err(_) => Ok(()),
    }
}

/// The catalogue's prompts.
#[wasm_bindgen(js_name = catalogue)]
pub fn catalogue_prompts() -> Result<JsValue, JsValue> {
    let categories = catalogue::categories();
    let title =
        |slug: &str| categories.iter().find(|known| known.slug == slug).map(|known| known.title.clone());
    let prompts: Vec<CataloguePrompt> = catalogue::prompts()
        .into_iter()
        .map(|prompt| {
            let category = prompt.category.unwrap_or_default();
            let text = prompt.messages.first().map(|message| message.content.clone()).unwrap_or_default();
            CataloguePrompt { id: prompt.id, title: title(&category).unwrap_or_default(), category, text }
        })
        .collect();
    to_js(&prompts)
}

/// The catalogue's guidelines: version and Markdown.
#[wasm_bindgen]
pub fn catalogue_guidelines() -> Result<JsValue, JsValue> {
    let guidelines = catalogue::guidelines();
    to_js(&CatalogueGuidelines { version: guidelines.version(), text: guidelines.body() })
}

/// The program's version, and whether the module was built with SIMD.
#[wasm_bindgen]
pub fn versions() -> Result<JsValue, JsValue> {
    to_js(&Versions { tiebreak: env!("CARGO_PKG_VERSION"), simd128: cfg!(target_feature = "simd128") })
}
