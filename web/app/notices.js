// Calm messages above the screen. A notice of the same kind takes the place of the one before.

import { button, element } from "./dom.js";
import { texts } from "./texts.js";

/** @typedef {{label: string, action: () => void, primary?: boolean}} Action */

export class Notices {
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();

  constructor() {
    // The regions stand there from the beginning: screen readers only announce what changes inside a region they know.
    this.polite = element("div", { class: "notices", role: "status" });
    this.urgent = element("div", { class: "notices", role: "alert" });
    this.element = element("div", { class: "notice-area" }, this.urgent, this.polite);
  }

  /**
   * @param {string} kind
   * @param {string} text
   * @param {{urgent?: boolean, actions?: Action[], lasting?: boolean}} [options]
   */
  show(kind, text, options = {}) {
    const before = this.#shown.get(kind);
    if (before?.dataset.text === text) return;
    before?.remove();
    const actions = (options.actions ?? []).map(({ label, action, primary }) => button(label, action, { class: primary ? "primary small" : "small" }));
    const dismiss = button("×", () => this.hide(kind), { class: "quiet small", "aria-label": texts.dismiss });
    const notice = element(
      "div",
      { class: `notice ${options.urgent ? "urgent" : ""}` },
      element("p", {}, text),
      element("div", { class: "row" }, ...actions, !options.lasting && dismiss),
    );
    notice.dataset.text = text;
    this.#shown.set(kind, notice);
    (options.urgent ? this.urgent : this.polite).append(notice);
  }

  /** @param {...string} kinds */
  hide(...kinds) {
    for (const kind of kinds) {
      this.#shown.get(kind)?.remove();
      this.#shown.delete(kind);
    }
  }
}
