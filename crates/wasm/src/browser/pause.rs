//! Lets the event loop run in the middle of long work.

use futures_channel::oneshot;
use js_sys::{Array, Function, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::MessageChannel;

/// Comes back after the messages that wait now were handled.
///
/// A message channel, since a timer of 0 waits for 4 milliseconds once it is nested.
pub async fn pause() -> Result<(), JsValue> {
    let channel = MessageChannel::new()?;
    let (sender, receiver) = oneshot::channel::<()>();
    let wake = Closure::once(move || {
        // Whoever waits may have been given up.
        let _ = sender.send(());
    });
    channel.port1().set_onmessage(Some(wake.as_ref().unchecked_ref()));
    channel.port2().post_message(&JsValue::NULL)?;
    let _ = receiver.await;
    channel.port1().close();
    Ok(())
}

/// A promise that brings `value` after so many milliseconds.
pub fn timer(milliseconds: i32, value: &JsValue) -> Result<Promise, JsValue> {
    let global = js_sys::global();
    let set_timeout: Function = Reflect::get(&global, &"setTimeout".into())?.dyn_into()?;
    Ok(Promise::new(&mut |resolve, _| {
        let arguments = Array::of3(&resolve, &milliseconds.into(), value);
        // A timer that cannot be set never brings anything; there is no browser without timers.
        let _ = set_timeout.apply(&global, &arguments);
    }))
}

/// What a future brings; none where nothing came in so many milliseconds.
///
/// It goes on all the same, since the browser may still call what it waits for.
pub async fn within<T: 'static>(milliseconds: i32, future: impl Future<Output = T> + 'static) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let given_up = Rc::clone(&sender);
    spawn_local(async move {
        let value = future.await;
        if let Some(sender) = sender.borrow_mut().take() {
            // Whoever waits may have been given up.
            let _ = sender.send(value);
        }
    });
    let timer = timer(milliseconds, &JsValue::UNDEFINED).ok()?;
    spawn_local(async move {
        let _ = JsFuture::from(timer).await;
        given_up.borrow_mut().take();
    });
    receiver.await.ok()
}
