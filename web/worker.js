// The model's worker: it hands messages to the wasm module, and a crash to the page.

import { moduleAddress } from "./app/instructions.js";

const model = new URL("model/tiebreak-support-6m-q8_0.gguf", import.meta.url).href;

/** @type {Promise<{handle: (message: object) => void}> | undefined} */
let ready;
let hasStarted = false;

/** @param {WebAssembly.Module} [compiled] by another worker; without it this one compiles, and gives the page what others can take */
async function start(compiled) {
  const { default: init, ModelWorker, compiled_module } = await import(moduleAddress);
  await init(compiled && { module_or_path: compiled });
  if (!compiled) postMessage({ v: 1, id: 0, type: "module", module: compiled_module() });
  return new ModelWorker(/** @param {object} reply */ (reply) => postMessage(reply));
}

/**
 * Tells the page that a request failed, and whether this worker is of no use any more.
 * @param {number} id
 * @param {unknown} error
 */
function crashed(id, error) {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof WebAssembly.RuntimeError)) {
    // A worker whose module could not be fetched does not ask for it again, and another takes its place.
    const end = hasStarted ? { code: "request" } : { code: "network", fatal: true };
    postMessage({ v: 1, id, type: "error", message, ...end });
  } else {
    // A panic leaves its message; where memory gives out, there is none.
    const panic = /** @type {any} */ (globalThis).panicked;
    postMessage({ v: 1, id, type: "error", code: panic ? "panic" : "memory", message: panic ?? message, fatal: true });
  }
}

addEventListener("message", async ({ data: { module, ...message } }) => {
  try {
    const worker = await (ready ??= start(module));
    hasStarted = true;
    worker.handle(message.source?.builtin ? { ...message, source: { url: model } } : message);
  } catch (error) {
    crashed(message.id ?? 0, error);
  }
});

// What breaks in the middle of a request comes up here; the page then replaces this worker.
addEventListener("error", (event) => {
  if (!(event.error instanceof WebAssembly.RuntimeError)) return;
  event.preventDefault();
  crashed(0, event.error);
});
addEventListener("unhandledrejection", (event) => {
  throw event.reason;
});
