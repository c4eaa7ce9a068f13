// The model's worker: it hands messages to the wasm module, and a crash to the page.

import init, { ModelWorker } from "./pkg/tiebreak_wasm.js";

const model = new URL("model/tiebreak-support-6m-q8_0.gguf", import.meta.url).href;

/** @type {Promise<ModelWorker>} */
const ready = init().then(() => new ModelWorker(/** @param {object} reply */ (reply) => postMessage(reply)));

/**
 * @param {number} id
 * @param {unknown} error
 */
function crashed(id, error) {
  const message = error instanceof Error ? error.message : String(error);
  postMessage({ v: 1, id, type: "error", code: error instanceof WebAssembly.RuntimeError ? "panic" : "request", message });
}

addEventListener("message", async ({ data }) => {
  try {
    const request = data.source?.builtin ? { ...data, source: { url: model } } : data;
    (await ready).handle(request);
  } catch (error) {
    crashed(data?.id ?? 0, error);
  }
});

// A panic in the middle of a request comes up here; the page then replaces this worker.
addEventListener("unhandledrejection", (event) => {
  throw event.reason;
});
