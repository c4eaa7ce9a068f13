// The models that this browser keeps: what there is, how to use one, and how to be rid of it.

import { ask } from "./dialogs.js";
import { button, element } from "./dom.js";
import { addressOf } from "./reach.js";
import { bytes, texts } from "./texts.js";

/** @typedef {import("./types.js").KeptModel} KeptModel */
/** @typedef {import("./types.js").ModelSource} ModelSource */

/**
 * The name that a model gets in the list.
 * @param {ModelSource} source
 */
export function nameOf(source) {
  if ("file" in source) return source.file.name;
  if (!("url" in source)) return "";
  const last = addressOf(source.url)?.pathname.split("/").pop() ?? "";
  try {
    return decodeURIComponent(last) || source.url;
  } catch {
    return last;
  }
}

export class KeptModels {
  #client;
  #module;
  #host;
  #ways;
  #list = element("ul", {});
  #space = element("p", { class: "soft" });
  /** The number of the model in use, where it is a kept one. @type {number | undefined} */
  inUse;
  element = element("section", { class: "kept-models", hidden: true }, element("h2", {}, texts.models.title), this.#list, this.#space);

  /**
   * @param {import("./two-workers.js").TwoWorkers} client
   * @param {import("./types.js").TiebreakModule} module
   * @param {import("./surroundings.js").Host} host
   * @param {{use: (source: ModelSource) => void, failed: (error: unknown) => void}} ways
   */
  constructor(client, module, host, ways) {
    this.#client = client;
    this.#module = module;
    this.#host = host;
    this.#ways = ways;
  }

  /** Looks at what is kept now. Where nothing can be kept, there is nothing to show. */
  async refresh() {
    const models = await this.#client.listModels().catch(() => []);
    const hadFocus = this.#list.contains(this.#host.activeElement());
    models.sort((a, b) => latest(b) - latest(a));
    this.#list.replaceChildren(...models.map((model) => this.#row(model)));
    this.element.hidden = models.length === 0;
    if (hadFocus) this.element.closest("details")?.querySelector("summary")?.focus();
    if (models.length > 0) await this.#describeSpace(models);
  }

  /** @param {KeptModel[]} models */
  async #describeSpace(models) {
    const { usage, quota, persisted } = await this.#module.storage_state();
    const taken = models.reduce((sum, model) => sum + model.bytes, 0);
    this.#space.textContent = [
      texts.models.taken(taken),
      usage !== undefined && quota !== undefined && texts.models.free(Math.max(0, quota - usage)),
      persisted ? texts.settings.persisted : texts.models.notPersisted,
    ].filter(Boolean).join(" ");
  }

  /** @param {KeptModel} model */
  #row(model) {
    const { number, name, state, source } = model;
    const way = (/** @type {string} */ label, /** @type {() => void} */ action) => button(label, action, { class: "small", "aria-label": `${label}: ${name}` });
    const fetchIt = () => { if (source) this.#ways.use({ url: source }); };
    return element(
      "li",
      { class: state },
      element("div", { class: "kept-facts" }, element("span", { class: "begun-title" }, name), element("span", { class: "soft" }, facts(model))),
      element(
        "div",
        { class: "row" },
        state === "whole" && (number === this.inUse
          ? element("span", { class: "soft" }, texts.models.inUse)
          : way(texts.models.use, () => this.#ways.use({ kept: number }))),
        state === "partial" && source && way(texts.models.resume, fetchIt),
        state === "damaged" && source && way(texts.models.fetchAgain, () => void this.#replace(model, fetchIt)),
        way(texts.models.delete, () => void this.#delete(model)),
      ),
    );
  }

  /** @param {KeptModel} model */
  async #delete(model) {
    const paragraphs = [texts.models.deleteLead(model.name, model.bytes)];
    if (!(await ask(this.#host, { title: texts.models.deleteTitle, paragraphs, yes: texts.models.delete, danger: true }))) return;
    await this.#replace(model, () => {});
  }

  /**
   * @param {KeptModel} model that is deleted
   * @param {() => void} then
   */
  async #replace({ number }, then) {
    try {
      await this.#client.deleteModel(number);
      then();
    } catch (error) {
      this.#ways.failed(error);
    }
    await this.refresh();
  }
}

/** @param {KeptModel} model */
const latest = (model) => Math.max(model.added_ms, model.used_ms);

/** @param {KeptModel} model */
function facts(model) {
  if (model.state === "damaged") return texts.models.damaged;
  if (model.state === "partial") return texts.models.partial(model.bytes, model.size);
  return texts.models.facts(bytes(model.size), model.added_ms);
}
