// The page's side of the talk with a page that holds it in a frame. Other origins than those of the build are not heard.

import { mayHold } from "./reach.js";

/** @typedef {import("./types.js").ParentMessage} ParentMessage */

/** Every message of either side carries it. */
export const protocol = 1;

export class PageLink {
  /** The origin of the page around this one, once it has spoken. @type {string | undefined} */
  #origin;
  /** What was told last before anyone listened, of each kind. @type {Map<string, object>} */
  #held = new Map();
  /** @type {(message: ParentMessage) => void} */
  #take = () => {};
  /** What the parent asked for before the page was ready. @type {ParentMessage[] | undefined} */
  #early = [];

  constructor() {
    if (this.isHeld) addEventListener("message", (event) => this.#receive(event));
  }

  /** Whether there is a page around this one. */
  get isHeld() {
    return parent !== window;
  }

  /** @param {(message: ParentMessage) => void} take */
  listen(take) {
    this.#take = take;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) take(message);
  }

  /** @param {MessageEvent} event */
  #receive(event) {
    if (event.source !== parent || !mayHold(event.origin) || event.data?.tiebreak !== protocol) return;
    this.#origin = event.origin;
    if (event.data.type === "hello") this.#greet();
    else if (this.#early) this.#early.push(event.data);
    else this.#take(event.data);
  }

  #greet() {
    this.send("hello", { since: performance.timeOrigin });
    for (const message of this.#held.values()) this.#post(message);
    this.#held.clear();
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  send(type, detail) {
    if (!this.isHeld) return;
    const message = { tiebreak: protocol, type, ...detail };
    if (this.#origin === undefined) this.#held.set(type, message);
    else this.#post(message);
  }

  /** @param {object} message */
  #post(message) {
    if (this.#origin !== undefined) parent.postMessage(message, this.#origin);
  }
}
