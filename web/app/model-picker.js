// Which model writes the replies, and how far it is loaded.

import { button, element, freshId } from "./dom.js";
import { messageOf } from "./errors.js";
import { KeptModels, nameOf } from "./models.js";
import { number, texts } from "./texts.js";
import { WorkerFailure } from "./worker-client.js";

/** @typedef {import("./types.js").ModelSource} ModelSource */
/** @typedef {import("./types.js").WorkerProgress} WorkerProgress */

/** @param {unknown} error */
export function modelMessage(error) {
  const known = error instanceof WorkerFailure ? texts.errors.model[error.code] : undefined;
  return known ? `${known} (${messageOf(error)})` : messageOf(error);
}

/** @param {unknown} error */
const codeOf = (error) => (error instanceof WorkerFailure ? error.code : error instanceof DOMException ? "cancelled" : "");

export class ModelPicker {
  #client;
  #module;
  #kept;
  #line = element("span", { class: "model-line" }, texts.try.modelBuiltin);
  #bar = element("progress", { max: 1, "aria-label": texts.try.stages.load, hidden: true });
  #complaint = element("p", { class: "complaint", role: "alert" });
  #note = element("p", { class: "soft", role: "status" });
  #stop = button(texts.models.stop, () => this.#abort?.abort(), { hidden: true });
  /** @type {AbortController | undefined} */
  #abort;
  /** What the line said of the model that is in use. */
  #inUse = texts.try.modelBuiltin;
  /** @type {Promise<boolean>} */
  loaded = Promise.resolve(false);

  /**
   * @param {import("./two-workers.js").TwoWorkers} client
   * @param {import("./types.js").TiebreakModule} module
   * @param {import("./surroundings.js").Host} host
   */
  constructor(client, module, host) {
    this.#client = client;
    this.#module = module;
    this.#kept = new KeptModels(client, module, host, { use: (source) => void this.load(source), failed: (error) => this.#complain(error, "") });
    this.element = element(
      "details",
      { class: "model", ontoggle: () => { if (this.element.open) void this.#kept.refresh(); } },
      element("summary", {}, `${texts.try.model}: `, this.#line, this.#bar),
      element("div", { class: "row wrap" }, this.#file(), button(texts.try.modelBuiltin, () => this.load({ builtin: true })), this.#stop),
      this.#address(),
      this.#note,
      this.#kept.element,
    );
    this.complaint = this.#complaint;
  }

  #file() {
    const input = element("input", { type: "file", class: "hidden", accept: ".gguf" });
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      input.value = "";
      if (file) this.load({ file });
    });
    return element("label", { class: "file-button" }, input, element("span", {}, texts.try.modelFile));
  }

  #address() {
    const id = freshId("address");
    const input = element("input", { id, type: "url", autocomplete: "off", spellcheck: "false" });
    const go = () => {
      if (input.value.trim() !== "") this.load({ url: input.value.trim() });
    };
    return element("div", { class: "field" }, element("label", { for: id }, texts.try.modelAddress), element("div", { class: "row" }, input, button(texts.try.modelFetch, go)));
  }

  /** @param {ModelSource} source */
  load(source) {
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.loaded = this.#load(source, this.#abort);
    return this.loaded;
  }

  /**
   * @param {ModelSource} source
   * @param {AbortController} abort
   */
  async #load(source, abort) {
    this.#complaint.textContent = "";
    this.#note.textContent = "";
    this.#stop.hidden = "builtin" in source;
    const listener = { signal: abort.signal, progress: (/** @type {WorkerProgress} */ progress) => this.show(progress) };
    try {
      const found = "url" in source || "file" in source ? await this.#keep(source, listener) : source;
      if (found) await this.#take(found, found !== source, listener);
      return found !== undefined;
    } catch (error) {
      if (this.#abort !== abort) return false;
      this.#inUse = texts.try.modelNone;
      this.#complain(error, texts.try.stopped);
      return false;
    } finally {
      if (this.#abort === abort) this.#rest();
    }
  }

  #rest() {
    this.#line.textContent = this.#inUse;
    this.#bar.hidden = true;
    this.#stop.hidden = true;
    if (this.element.open) void this.#kept.refresh();
  }

  /**
   * Writes a model to the browser's storage and says where it is now; where nothing is kept, that is where it was.
   * Nothing where that failed: then the model before is still the one in use.
   * @param {{url: string} | {file: File}} source
   * @param {import("./types.js").WorkerListener} listener
   * @returns {Promise<ModelSource | undefined>}
   */
  async #keep(source, listener) {
    try {
      // Asks the browser not to throw the model away.
      await this.#module.storage_state();
      return { kept: await this.#client.keep(source, nameOf(source), listener) };
    } catch (error) {
      const code = codeOf(error);
      if (code === "storage" || (code === "space" && "file" in source)) {
        this.#note.textContent = texts.models.notKept[code];
        return source;
      }
      if (listener.signal === this.#abort?.signal) this.#complain(error, texts.models.stopped);
      return undefined;
    }
  }

  /**
   * @param {ModelSource} source
   * @param {boolean} isNew whether it was kept just now, and is not to stay where it is no model
   * @param {import("./types.js").WorkerListener} listener
   */
  async #take(source, isNew, listener) {
    try {
      this.#kept.inUse = undefined;
      const { model } = await this.#client.load(source, listener);
      this.#inUse = texts.try.modelLine(model.name, rounded(model.parameters), model.quantization);
      this.#kept.inUse = "kept" in source ? source.kept : undefined;
    } catch (error) {
      const isNone = ["bad_gguf", "unsupported"].includes(codeOf(error));
      if (isNew && isNone && "kept" in source) await this.#client.deleteModel(source.kept).catch(() => {});
      throw error;
    }
  }

  /**
   * @param {unknown} error
   * @param {string} stopped what to say where it was the person's wish
   */
  #complain(error, stopped) {
    if (codeOf(error) === "cancelled") this.#note.textContent = stopped;
    else this.#complaint.textContent = modelMessage(error);
  }

  /** @param {WorkerProgress} progress */
  show({ stage, done, total }) {
    const words = texts.try.stages[stage] ?? stage;
    this.#line.textContent = stage === "load" ? words : texts.models.progress(words, done, total);
    this.#bar.hidden = false;
    if (total > 0) this.#bar.value = done / total;
    else this.#bar.removeAttribute("value");
  }
}

/** @param {number} parameters */
function rounded(parameters) {
  if (parameters >= 1e9) return `${number(Math.round(parameters / 1e8) / 10)} B`;
  return `${number(Math.round(parameters / 1e5) / 10)} M`;
}
