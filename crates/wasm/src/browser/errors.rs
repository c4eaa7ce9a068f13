//! Values and errors that cross into JavaScript.

use gloo::utils::format::JsValueSerdeExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// An `Error` whose `name` is for programs and whose message is for people.
pub fn error(name: &str, message: impl std::fmt::Display) -> JsValue {
    let error = js_sys::Error::new(&message.to_string());
    error.set_name(name);
    error.into()
}

/// A plain object with the same fields as the JSON.
pub fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    JsValue::from_serde(value).map_err(|problem| error("request", problem))
}

/// A value from a plain object; what JSON does not know, such as a file, is an empty object.
pub fn from_js<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsValue> {
    value.into_serde().map_err(|problem| error("request", problem))
}
