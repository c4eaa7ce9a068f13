// For a page of another origin that holds the annotator in a frame. It stands alone: copy this file, or import it from the package.

/** @typedef {import("./app/types.js").StudyData} StudyData */
/** @typedef {import("./app/types.js").ParentMessage} ParentMessage */

const protocol = 1;
const events = ["ready", "vote", "progress", "done", "error"];

/** Tells by events `ready`, `vote`, `progress`, `done` and `error` what happens in the frame. */
export class TiebreakFrame extends EventTarget {
  #frame;
  #origin;
  #stop = new AbortController();
  /** Set once the frame has answered. */
  #isThere = false;
  /** @type {ParentMessage[]} */
  #held = [];
  #requests = 0;
  /** @type {Map<number, (votes: string) => void>} */
  #waiting = new Map();

  /** @param {HTMLIFrameElement} frame with the address of the annotator's page; that address tells the origin */
  constructor(frame) {
    super();
    this.#frame = frame;
    this.#origin = new URL(frame.src, document.baseURI).origin;
    const { signal } = this.#stop;
    addEventListener("message", (event) => this.#receive(event), { signal });
    frame.addEventListener("load", () => this.#greet(), { signal });
    const inside = frame.contentDocument;
    // A frame of another origin shows no document once it is there; before that, and after it, `load` comes.
    if (inside === null || (inside.URL !== "about:blank" && inside.readyState === "complete")) this.#greet();
  }

  /**
   * @param {string | StudyData} study an address that the frame may fetch, or the study itself
   * @param {{annotator?: string, slot?: number, language?: string}} [who]
   */
  open(study, { annotator, slot, language } = {}) {
    this.#send({ tiebreak: protocol, type: "open", study, annotator, slot, language });
  }

  /** @param {"light" | "dark" | "auto"} theme */
  setTheme(theme) {
    this.#send({ tiebreak: protocol, type: "look", theme });
  }

  /** All votes so far as JSON lines. @returns {Promise<string>} */
  results() {
    const request = (this.#requests += 1);
    const answer = new Promise((resolve) => this.#waiting.set(request, resolve));
    this.#send({ tiebreak: protocol, type: "results", request });
    return answer;
  }

  /**
   * Says that votes up to this number are safe with you.
   * @param {number} upto
   */
  saved(upto) {
    this.#send({ tiebreak: protocol, type: "saved", upto });
  }

  /** Closes the study in the frame. */
  closeStudy() {
    this.#send({ tiebreak: protocol, type: "close" });
  }

  /** Listens no longer; the frame stays as it is. */
  disconnect() {
    this.#stop.abort();
  }

  /** A page that was loaded anew knows nothing of what was said before. */
  #greet() {
    this.#isThere = false;
    this.#post({ tiebreak: protocol, type: "hello" });
  }

  /** @param {ParentMessage} message */
  #send(message) {
    if (this.#isThere) this.#post(message);
    else this.#held.push(message);
  }

  /** @param {ParentMessage} message */
  #post(message) {
    this.#frame.contentWindow?.postMessage(message, this.#origin);
  }

  /** @param {MessageEvent} event */
  #receive(event) {
    if (event.origin !== this.#origin || event.source !== this.#frame.contentWindow || event.data?.tiebreak !== protocol) return;
    const { tiebreak: _, type, ...detail } = event.data;
    if (type === "hello") {
      this.#isThere = true;
      for (const message of this.#held.splice(0)) this.#post(message);
    } else if (type === "results") {
      this.#waiting.get(detail.request)?.(detail.votes);
      this.#waiting.delete(detail.request);
    } else if (events.includes(type)) this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
