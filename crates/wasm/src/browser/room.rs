//! How much the browser lets this origin store.

use js_sys::Reflect;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

/// In bytes, where the browser says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Room {
    /// What is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<f64>,
    /// The most that may be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<f64>,
}

impl Room {
    /// As it is now.
    pub async fn now() -> Self {
        let Some(promise) = manager().and_then(|manager| manager.estimate().ok()) else {
            return Self::default();
        };
        let Ok(estimate) = JsFuture::from(promise).await else { return Self::default() };
        let number = |name: &str| Reflect::get(&estimate, &name.into()).ok().and_then(|value| value.as_f64());
        Self { usage: number("usage"), quota: number("quota") }
    }

    /// How much more may be stored.
    pub fn free(self) -> Option<u64> {
        Some((self.quota? - self.usage?).max(0.0) as u64)
    }
}

/// `navigator.storage`, in a page and in a worker.
pub fn manager() -> Option<StorageManager> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let manager: JsValue = Reflect::get(&navigator, &"storage".into()).ok()?;
    manager.dyn_into().ok()
}
