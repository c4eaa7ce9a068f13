// The steps of the scale, each with its key, and the answers beside it.

import { button, element, keyCap } from "./dom.js";
import { choiceText, texts } from "./texts.js";
import { inputOf } from "./timing.js";

/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./types.js").InputKind} InputKind */
/** @typedef {import("./types.js").Scale} ScaleName */

/** The key of a step is its place on the seven steps, so that 4 is a tie on every scale. */
const strengths = { seven: [-3, -2, -1, 0, 1, 2, 3], forced: [-3, -2, -1, 1, 2, 3], three: [-1, 0, 1] };

/**
 * What a key chooses; on the short scale any key of a side is that side.
 * @param {ScaleName} scale
 * @param {string} key
 * @returns {Choice | undefined}
 */
export function choiceOfKey(scale, key) {
  if (key === "b") return "both_bad";
  if (!/^[1-7]$/.test(key)) return undefined;
  const step = Number(key) - 4;
  const strength = scale === "three" ? Math.sign(step) : step;
  return strengths[scale].includes(strength) ? { strength } : undefined;
}

/**
 * @param {Choice | undefined} a
 * @param {Choice | undefined} b
 */
export function sameChoice(a, b) {
  if (typeof a === "object" && typeof b === "object") return a.strength === b.strength;
  return a === b;
}

export class Scale {
  /** @type {{choice: Choice, button: HTMLButtonElement}[]} */
  #buttons = [];

  /**
   * @param {ScaleName} name
   * @param {(choice: Choice, input: InputKind) => void} choose
   */
  constructor(name, choose) {
    const steps = strengths[name].map((strength) => this.#step(name, strength, choose));
    this.bothBad = button(texts.scale.bothBad, (event) => choose("both_bad", inputOf(event)), { key: "b", class: "answer", "aria-pressed": "false" });
    this.#buttons.push({ choice: "both_bad", button: this.bothBad });
    this.element = element(
      "div",
      { role: "group", "aria-label": texts.scale.label },
      element("div", { class: `scale scale-${name}` }, ...steps),
      element("p", { class: "scale-ends", "aria-hidden": "true" }, element("span", {}, choiceText({ strength: -3 }, name)), element("span", {}, choiceText({ strength: 3 }, name))),
    );
  }

  /**
   * @param {ScaleName} name
   * @param {number} strength
   * @param {(choice: Choice, input: InputKind) => void} choose
   */
  #step(name, strength, choose) {
    const choice = { strength };
    const words = choiceText(choice, name);
    const key = String(strength + 4);
    const step = element(
      "button",
      {
        type: "button",
        part: "step",
        class: `step ${strength === 0 ? "step-tie" : ""}`,
        title: words,
        "aria-pressed": "false",
        "aria-keyshortcuts": key,
        onclick: (/** @type {MouseEvent} */ event) => choose(choice, inputOf(event)),
      },
      element("span", { class: "step-sign", "aria-hidden": "true" }, ...sign(strength)),
      element("span", { class: "step-words" }, words),
      keyCap(key),
    );
    this.#buttons.push({ choice, button: step });
    return step;
  }

  /** @param {Choice | undefined} choice */
  mark(choice) {
    for (const entry of this.#buttons) {
      entry.button.setAttribute("aria-pressed", String(sameChoice(entry.choice, choice)));
    }
  }

  /** @param {boolean} enabled */
  setEnabled(enabled) {
    for (const entry of this.#buttons) entry.button.disabled = !enabled;
  }
}

/**
 * Narrow screens have no room for words: the side, and as many dots as steps.
 * @param {number} strength
 */
function sign(strength) {
  if (strength === 0) return [texts.scale.tieSign];
  return [texts.scale.sides[strength < 0 ? 0 : 1], element("span", { class: "step-dots" }, "•".repeat(Math.abs(strength)))];
}
