// The page's side of the worker's protocol: a request is a promise, and a worker that died is replaced.

import { addressOf, mayReach } from "./reach.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").WorkerListener} WorkerListener */
/** @typedef {import("./types.js").WorkerMessage} WorkerMessage */

const version = 1;
/** A worker that does not obey a cancel for so long is ended. */
const graceMs = 3_000;
const address = new URL("../worker.js", import.meta.url);

/** An end of a request that is no result. */
export class WorkerFailure extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = code;
    this.code = code;
  }
}

/** @typedef {{resolve: (value: any) => void, reject: (error: Error) => void, listener: WorkerListener}} Waiting */

export class WorkerClient {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #lastId = 0;
  /** @type {import("./types.js").ModelSource | undefined} */
  #source;
  #loaded = false;
  #isClosed = false;
  /** What the worker runs, once it is compiled; another one takes it. @type {WebAssembly.Module | undefined} */
  module;
  /** Called with an error's code when the worker has died or was ended. @type {(code: string) => void} */
  ondeath = () => {};

  /** @param {{module?: WebAssembly.Module, source?: import("./types.js").ModelSource}} [from] another client's module, and a model that the first request loads */
  constructor({ module, source } = {}) {
    this.module = module;
    this.#source = source;
  }

  /**
   * @param {import("./types.js").ModelSource} source
   * @param {WorkerListener} [listener]
   * @returns {Promise<{model: import("./types.js").LoadedModel}>}
   */
  async load(source, listener) {
    this.#source = "url" in source ? { url: reachable(source.url) } : source;
    this.#loaded = false;
    const done = await this.#request("load", { source: this.#source }, listener);
    this.#loaded = true;
    return done;
  }

  /**
   * Writes a model to the browser's storage, or goes on with that, and resolves with its number.
   * @param {{url: string} | {file: File}} source
   * @param {string} name
   * @param {WorkerListener} [listener]
   * @returns {Promise<number>}
   */
  async keep(source, name, listener) {
    const found = "url" in source ? { url: reachable(source.url) } : source;
    // The worker gives the loaded model up where two do not fit.
    this.#loaded = false;
    const { kept } = await this.#request("keep", { source: found, name }, listener);
    return kept;
  }

  /** @returns {Promise<import("./types.js").KeptModel[]>} */
  async listModels() {
    const { models } = await this.#request("list_models", {});
    return models;
  }

  /** @param {number} number */
  async deleteModel(number) {
    await this.#request("delete_model", { number });
  }

  /**
   * With `only` the sample holds the one response of that index.
   * @param {import("./types.js").PairOrder & {only?: 0 | 1}} order
   * @param {WorkerListener} [listener]
   * @returns {Promise<{sample: import("./types.js").Sample}>}
   */
  async pair(order, listener) {
    await this.ready(listener);
    return this.#request("pair", order, listener);
  }

  /**
   * One sample of two that hold a response each.
   * @param {import("./types.js").Sample[]} halves in the order of their indices
   * @returns {Promise<{sample: import("./types.js").Sample}>}
   */
  async join(halves) {
    return this.#request("join", { halves });
  }

  /**
   * @param {{prompt: string | import("./types.js").Message[], texts: [string, string]}} order
   * @param {WorkerListener} [listener]
   * @returns {Promise<import("./types.js").JudgeOpinion>}
   */
  async judge(order, listener) {
    await this.ready(listener);
    return this.#request("judge", order, listener);
  }

  /** Loads the model where its worker is new. @param {WorkerListener} [listener] */
  async ready(listener) {
    if (!this.#loaded && this.#source) await this.load(this.#source, listener);
  }

  /**
   * @param {string} type
   * @param {object} fields
   * @param {WorkerListener} [listener]
   * @returns {Promise<any>}
   */
  #request(type, fields, listener = {}) {
    listener.signal?.throwIfAborted();
    if (this.#isClosed) throw new WorkerFailure("cancelled", "the model was closed");
    const module = this.#worker ? undefined : this.module;
    const worker = (this.#worker ??= this.#start());
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, listener });
      listener.signal?.addEventListener("abort", () => this.#cancel(id), { once: true });
      worker.postMessage({ v: version, id, type, ...fields, module });
    });
  }

  /** @param {number} target */
  #cancel(target) {
    if (!this.#waiting.has(target)) return;
    this.#worker?.postMessage({ v: version, id: (this.#lastId += 1), type: "cancel", target });
    setTimeout(() => {
      if (this.#waiting.has(target)) this.#die("cancelled", "the worker did not stop in time");
    }, graceMs);
  }

  #start() {
    const worker = new Worker(address, { type: "module" });
    // What one that was given up still had to say must not end the next one's requests.
    const hear = (/** @type {string} */ type, /** @type {(event: any) => void} */ take) => {
      worker.addEventListener(type, (event) => { if (this.#worker === worker) take(event); });
    };
    hear("message", (event) => this.#receive(event.data));
    hear("error", (event) => {
      event.preventDefault();
      this.#die("panic", event.message || "the worker stopped");
    });
    hear("messageerror", () => this.#die("panic", "a message could not be read"));
    return worker;
  }

  /** @param {WorkerMessage} message */
  #receive(message) {
    // What breaks in the middle leaves the wasm memory in no known state, so the worker goes with it.
    if (message.v === version && message.fatal) return this.#die(message.code, message.message);
    if (message.type === "module") this.module = message.module;
    const waiting = this.#waiting.get(message.id);
    if (message.v !== version || !waiting) return;
    if (message.type === "progress") {
      waiting.listener.progress?.({ stage: message.stage, done: message.done, total: message.total });
    } else if (message.type === "delta") {
      waiting.listener.delta?.(message.index, message.text);
    } else {
      this.#waiting.delete(message.id);
      if (message.type === "done") waiting.resolve(message);
      else waiting.reject(new WorkerFailure(message.code, message.message));
      // Memory that a worker once had it does not give back.
      if (message.code === "memory") this.#die(message.code, message.message);
    }
  }

  /**
   * Every request gets its one end, also when the worker cannot give it.
   * @param {string} code
   * @param {string} message
   */
  #die(code, message) {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#loaded = false;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new WorkerFailure(code, message));
    this.ondeath(code);
  }

  /** For good. */
  close() {
    this.#isClosed = true;
    this.#die("cancelled", "the model was closed");
  }
}

/** @param {string} text */
function reachable(text) {
  const url = addressOf(text);
  if (!url) throw new WorkerFailure("request", texts.errors.modelAddress);
  if (!mayReach(url)) throw new WorkerFailure("origin", texts.errors.modelOrigin(url.origin));
  return url.href;
}
