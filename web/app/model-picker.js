// Which model writes the replies, and how far it is loaded.

import { button, element, freshId } from "./dom.js";
import { messageOf } from "./errors.js";
import { number, texts } from "./texts.js";
import { WorkerFailure } from "./worker-client.js";

/** @typedef {import("./types.js").ModelSource} ModelSource */
/** @typedef {import("./types.js").WorkerProgress} WorkerProgress */

/** @param {unknown} error */
export function modelMessage(error) {
  const known = error instanceof WorkerFailure ? texts.errors.model[error.code] : undefined;
  return known ? `${known} (${messageOf(error)})` : messageOf(error);
}

export class ModelPicker {
  #client;
  #line = element("span", { class: "model-line" }, texts.try.modelBuiltin);
  #bar = element("progress", { max: 1, "aria-label": texts.try.stages.load, hidden: true });
  #complaint = element("p", { class: "complaint", role: "alert" });
  /** @type {Promise<boolean>} */
  loaded = Promise.resolve(false);

  /** @param {import("./worker-client.js").WorkerClient} client */
  constructor(client) {
    this.#client = client;
    this.element = element(
      "details",
      { class: "model" },
      element("summary", {}, `${texts.try.model}: `, this.#line, this.#bar),
      element("div", { class: "row wrap" }, this.#file(), button(texts.try.modelBuiltin, () => this.load({ builtin: true }))),
      this.#address(),
    );
    this.complaint = this.#complaint;
  }

  #file() {
    const input = element("input", { type: "file", class: "hidden", accept: ".gguf" });
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
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
    this.loaded = this.#load(source);
    return this.loaded;
  }

  /** @param {ModelSource} source */
  async #load(source) {
    this.#complaint.textContent = "";
    try {
      const { model } = await this.#client.load(source, { progress: (progress) => this.show(progress) });
      this.#line.textContent = texts.try.modelLine(model.name, rounded(model.parameters), model.quantization);
      return true;
    } catch (error) {
      this.#line.textContent = texts.try.modelNone;
      this.#complaint.textContent = modelMessage(error);
      return false;
    } finally {
      this.#bar.hidden = true;
    }
  }

  /** @param {WorkerProgress} progress */
  show(progress) {
    this.#line.textContent = texts.try.stages[progress.stage] ?? progress.stage;
    this.#bar.hidden = false;
    if (progress.total > 0) this.#bar.value = progress.done / progress.total;
    else this.#bar.removeAttribute("value");
  }
}

/** @param {number} parameters */
function rounded(parameters) {
  if (parameters >= 1e9) return `${number(Math.round(parameters / 1e8) / 10)} B`;
  return `${number(Math.round(parameters / 1e5) / 10)} M`;
}
