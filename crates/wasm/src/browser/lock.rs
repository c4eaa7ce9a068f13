//! One tab at a time: a lock that the browser holds for as long as this value lives.

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

/// A lock that was taken; it is given back when this is dropped, or when the tab goes away.
pub struct Lock {
    release: Function,
}

impl Lock {
    /// Takes the lock of that name; none where another tab holds it, or where the browser knows no locks or denies them.
    ///
    /// Where there are no locks to have the answer is the second part: `false`.
    pub async fn take(name: &str) -> (Option<Self>, bool) {
        let Some(request) = request_function() else { return (None, false) };
        let (sender, receiver) = oneshot::channel::<Option<Function>>();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let waiting = Rc::clone(&sender);
        let held = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let answer = |release| {
                if let Some(sender) = sender.borrow_mut().take() {
                    let _ = sender.send(release);
                }
            };
            if lock.is_null() {
                answer(None);
                return JsValue::UNDEFINED;
            }
            // The lock is held until this promise is resolved.
            Promise::new(&mut |resolve, _| answer(Some(resolve))).into()
        });
        let options = Object::new();
        let _ = Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
        let Ok(promise) = request.1.call3(&request.0, &name.into(), &options, &held) else {
            return (None, false);
        };
        // A browser that denies storage to a frame denies locks as well; then nobody is told of one.
        spawn_local(async move {
            if let Ok(promise) = promise.dyn_into::<Promise>()
                && wasm_bindgen_futures::JsFuture::from(promise).await.is_err()
            {
                waiting.borrow_mut().take();
            }
        });
        match receiver.await {
            Ok(release) => (release.map(|release| Self { release }), true),
            Err(_) => (None, false),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// `navigator.locks` and its `request`.
fn request_function() -> Option<(JsValue, Function)> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(|locks| !locks.is_undefined())?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into::<Function>().ok()?;
    Some((locks, request))
}
