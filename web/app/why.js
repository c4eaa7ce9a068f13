// The small panel that asks why a pair is skipped or flagged.

import { button, element, freshId } from "./dom.js";
import { texts } from "./texts.js";
import { inputOf } from "./timing.js";

/** @typedef {import("./types.js").InputKind} InputKind */
/** @typedef {(kind: "skip" | "flag", reason: string, note: string, input: InputKind) => void} Give */

export class WhyPanel {
  /** @type {"skip" | "flag"} */
  #kind = "skip";
  #give;
  #closed;

  /**
   * @param {Give} give
   * @param {() => void} closed
   */
  constructor(give, closed) {
    this.#give = give;
    this.#closed = closed;
    const id = freshId("why");
    const noteId = freshId("note");
    this.title = element("h2", { id, class: "panel-title", tabindex: -1 });
    this.buttons = element("div", { class: "row wrap" });
    this.note = element("input", { id: noteId, type: "text", maxlength: 500, dir: "auto", autocomplete: "off" });
    this.element = element(
      "div",
      { class: "panel why", hidden: true, role: "group", "aria-labelledby": id },
      element("div", { class: "row spread" }, this.title, button(texts.cancel, () => this.close(), { class: "quiet", key: "Esc" })),
      this.buttons,
      element("label", { class: "note", for: noteId }, texts.why.note, this.note),
    );
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {"skip" | "flag"} kind */
  open(kind) {
    this.#kind = kind;
    this.title.textContent = kind === "skip" ? texts.why.skipTitle : texts.why.flagTitle;
    const buttons = texts.why[kind].map(([reason, label], i) =>
      button(label, (event) => this.#choose(reason, inputOf(event)), { key: String(i + 1) }));
    this.buttons.replaceChildren(...buttons);
    this.note.value = "";
    this.element.hidden = false;
    this.title.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.hide();
    this.#closed();
  }

  hide() {
    this.element.hidden = true;
  }

  /**
   * @param {string} reason
   * @param {InputKind} input
   */
  #choose(reason, input) {
    this.#give(this.#kind, reason, this.note.value.trim(), input);
  }

  /**
   * Takes every key while the panel is open, so that a digit cannot become a vote.
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.key === "Escape") {
      this.close();
      return true;
    }
    const choice = texts.why[this.#kind][Number(event.key) - 1];
    if (choice) this.#choose(choice[0], "key");
    return choice !== undefined || /^[a-z0-9]$/.test(event.key);
  }
}
