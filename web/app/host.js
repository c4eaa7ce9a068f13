// What surrounds the annotator. The page owns everything around it; an element is a guest in somebody else's page.

import { PageLink } from "./page-link.js";
import { Preferences } from "./preferences.js";

/** @typedef {import("./surroundings.js").Host} Host */
/** @typedef {import("./surroundings.js").TellType} TellType */

/** @implements {Host} */
export class PageHost {
  ownsPage = true;
  frame = document.documentElement;
  place = document.body;
  stage = window;
  signal = new AbortController().signal;
  preferences = new Preferences(this.frame, true);
  link = new PageLink();

  get wantsVotes() {
    return this.link.isHeld;
  }

  activeElement() {
    return document.activeElement;
  }

  /** @param {string} title */
  setTitle(title) {
    document.title = title;
  }

  toTop() {
    scrollTo(0, 0);
  }

  /** @param {HTMLElement} target */
  focus(target) {
    target.focus({ preventScroll: true });
  }

  hasSide() {
    return matchMedia("(min-width: 60rem)").matches;
  }

  /**
   * @param {TellType} type
   * @param {object} detail
   */
  tell(type, detail) {
    document.dispatchEvent(new CustomEvent("tiebreak", { detail: { type, ...detail } }));
    this.link.send(type, detail);
  }
}

/** @implements {Host} */
export class ElementHost {
  ownsPage = false;
  wantsVotes = true;
  #element;
  /** Whether the last that was touched is in the element: then its screens may take the focus. */
  #isEngaged;

  /**
   * @param {HTMLElement} element
   * @param {HTMLElement} room what its shadow tree holds
   * @param {AbortSignal} signal
   */
  constructor(element, room, signal) {
    this.#element = element;
    this.frame = this.place = this.stage = room;
    this.signal = signal;
    this.preferences = new Preferences(room, false);
    this.#isEngaged = this.activeElement() !== null;
    const look = (/** @type {Event} */ event) => { this.#isEngaged = event.composedPath().includes(element); };
    for (const sign of ["focusin", "pointerdown"]) document.addEventListener(sign, look, { capture: true, signal });
  }

  activeElement() {
    const root = /** @type {ShadowRoot} */ (this.place.getRootNode());
    return root.activeElement;
  }

  setTitle() {}

  toTop() {
    this.place.scrollTop = 0;
  }

  /** @param {HTMLElement} target */
  focus(target) {
    if (this.#isEngaged) target.focus({ preventScroll: true });
  }

  hasSide() {
    return false;
  }

  /**
   * @param {TellType} type
   * @param {object} detail
   */
  tell(type, detail) {
    // They do not bubble: an `error` that did would look like one of the page's own.
    this.#element.dispatchEvent(new CustomEvent(type, { detail, composed: true }));
  }
}
