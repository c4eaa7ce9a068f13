// Reasons for a vote: chips from the guidelines' criteria, and a rationale in the annotator's words.

import { button, element, freshId, keyCap } from "./dom.js";
import { texts } from "./texts.js";

/** @typedef {{reasons: string[], rationale: string}} Reasons */

export class ReasonPanel {
  /** @type {HTMLInputElement[]} */
  #chips = [];
  #least;
  #requireReason;

  /**
   * @param {import("./types.js").StudyInfo} info
   * @param {{confirm: (event: MouseEvent) => void, change: () => void}} actions
   */
  constructor(info, actions) {
    this.#least = info.min_rationale_chars;
    this.#requireReason = info.require_reason && info.criteria.length > 0;
    const rationaleId = freshId("rationale");
    const chips = info.criteria.map((criterion, i) => this.#chip(criterion, i, actions.change));
    this.rationale = element("textarea", { id: rationaleId, rows: 2, dir: "auto", maxlength: 10_000, "aria-keyshortcuts": "r" });
    this.rationale.addEventListener("input", () => { this.#count(); actions.change(); });
    this.counter = element("span", { class: "counter" });
    this.complaint = element("p", { class: "complaint", role: "alert" });
    this.confirm = button(texts.reasons.confirm, actions.confirm, { class: "primary", key: "⏎" });
    const label = this.#least > 0 ? texts.reasons.rationaleLeast(this.#least) : texts.reasons.rationale;
    this.element = element(
      "div",
      { class: "panel reasons", hidden: true },
      chips.length > 0 && element("fieldset", { class: "chips" }, element("legend", {}, texts.reasons.label), ...chips),
      element(
        "div",
        { class: "rationale" },
        element("label", { for: rationaleId }, label, " ", keyCap("r"), this.counter),
        element("div", { class: "row" }, this.rationale, this.confirm),
      ),
      this.complaint,
    );
    this.#count();
  }

  get isRequired() {
    return this.#requireReason || this.#least > 0;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {boolean} open */
  setOpen(open) {
    this.element.hidden = !open;
    this.complaint.textContent = "";
  }

  /**
   * @param {string} criterion
   * @param {number} i
   * @param {() => void} change
   */
  #chip(criterion, i, change) {
    const key = i < 9 ? `⇧${i + 1}` : undefined;
    const input = element("input", { type: "checkbox", value: criterion, onchange: change, "aria-keyshortcuts": key && `Shift+${i + 1}` });
    this.#chips.push(input);
    return element("label", { class: "chip" }, input, element("span", {}, criterion), key && keyCap(key));
  }

  /** @param {number} i */
  toggle(i) {
    const chip = this.#chips[i];
    if (!chip) return false;
    chip.checked = !chip.checked;
    chip.dispatchEvent(new Event("change"));
    return true;
  }

  #count() {
    const given = [...this.rationale.value.trim()].length;
    this.counter.textContent = this.#least > 0 ? texts.reasons.counted(given, this.#least) : "";
    this.counter.classList.toggle("enough", given >= this.#least);
  }

  /** @returns {Reasons} */
  value() {
    const reasons = this.#chips.filter((chip) => chip.checked).map((chip) => chip.value);
    return { reasons, rationale: this.rationale.value.trim() };
  }

  /** @param {Partial<Reasons>} value */
  set(value) {
    for (const chip of this.#chips) chip.checked = value.reasons?.includes(chip.value) ?? false;
    this.rationale.value = value.rationale ?? "";
    this.complaint.textContent = "";
    this.#count();
  }

  /** Says what is missing and goes there; true when nothing is. */
  check() {
    this.element.hidden = false;
    const { reasons, rationale } = this.value();
    if (this.#requireReason && reasons.length === 0) return this.#complain(texts.reasons.missingReason, this.#chips[0]);
    if ([...rationale].length < this.#least) return this.#complain(texts.reasons.missingWords, this.rationale);
    this.complaint.textContent = "";
    return true;
  }

  /**
   * @param {string} text
   * @param {HTMLElement} [place]
   */
  #complain(text, place) {
    this.complaint.textContent = text;
    place?.focus();
    return false;
  }

  /** @param {string} text */
  say(text) {
    this.complaint.textContent = text;
  }
}
