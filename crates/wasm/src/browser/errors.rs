//! Values and errors that cross into JavaScript.

use gloo::utils::format::JsValueSerdeExt;
use js_sys::Reflect;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

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

/// An error's name; empty where it is none.
pub fn name_of(problem: &JsValue) -> String {
    problem.dyn_ref::<js_sys::Error>().map(|error| error.name().into()).unwrap_or_default()
}

const NO_ANSWER: &str = "no_answer";

/// That the browser's database is silent, which may pass.
pub fn no_answer() -> JsValue {
    error(NO_ANSWER, "this browser's database does not answer")
}

/// Whether an error is that of [`no_answer`].
pub fn is_no_answer(problem: &JsValue) -> bool {
    name_of(problem) == NO_ANSWER
}

/// What an error says.
pub fn message_of(problem: &JsValue) -> String {
    problem.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{problem:?}"), |error| error.message().into())
}

/// Leaves a panic's message where the worker's script finds it: without one, it was the memory that gave out.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let message =
            text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic");
        // It cannot be told in any other way.
        let _ = Reflect::set(&js_sys::global(), &"panicked".into(), &message.into());
    }));
}
