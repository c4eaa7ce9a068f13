// For a page of another origin that holds the annotator in a frame. It stands alone: copy this file, or import it from the package.

/** @typedef {import("./app/types.js").StudyData} StudyData */
/** @typedef {import("./app/types.js").ParentMessage} ParentMessage */

const protocol = 1;
/** A page that is there answers a greeting at once. */
const patienceMs = 10_000;
const removed = "the frame was removed before it answered";
const unheard = "nobody listens to the frame any more";
const events = ["ready", "vote", "progress", "done", "error"];

/** Tells by events `ready`, `vote`, `progress`, `done` and `error` what happens in the frame. */
export class TiebreakFrame extends EventTarget {
  #frame;
  #origin;
  #stop = new AbortController();
  /** Set once the frame has answered. */
  #isThere = false;
  /** When the page in the frame began, which tells it from one that was loaded anew. @type {number | undefined} */
  #since;
  /** @type {ParentMessage[]} */
  #held = [];
  #requests = 0;
  /** Requests without an answer. @type {Map<number, {resolve: (votes: string) => void, reject: (reason: Error) => void}>} */
  #waiting = new Map();
  /** Whether the frame is in a document, was in one, or never was. @type {"new" | "in" | "gone"} */
  #place = "new";
  #removal = new MutationObserver(() => this.#lookForFrame());

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

  /**
   * All votes so far as JSON lines. Rejects when the frame is removed or loaded anew before it has answered.
   * @returns {Promise<string>}
   */
  results() {
    this.#lookForFrame();
    if (this.#place === "gone") return Promise.reject(new Error(removed));
    if (this.#stop.signal.aborted) return Promise.reject(new Error(unheard));
    const request = (this.#requests += 1);
    const answer = new Promise((resolve, reject) => this.#waiting.set(request, { resolve, reject }));
    this.#send({ tiebreak: protocol, type: "results", request });
    // No event tells that a frame was removed.
    for (const tree of [document, this.#frame.getRootNode()]) this.#removal.observe(tree, { childList: true, subtree: true });
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
    this.#held = [];
    this.#giveUp(unheard);
  }

  /** A page that was loaded anew knows nothing of what was said before. */
  #greet() {
    this.#isThere = false;
    this.#lookForFrame();
    this.#post({ tiebreak: protocol, type: "hello" });
    setTimeout(() => { if (!this.#isThere) this.#giveUp("there is no annotator in the frame any more"); }, patienceMs);
  }

  /** @param {number | undefined} since */
  #greeted(since) {
    if (since !== this.#since) this.#giveUp("the frame was loaded anew before it answered");
    this.#since = since;
    this.#isThere = true;
    for (const message of this.#held.splice(0)) this.#post(message);
  }

  #lookForFrame() {
    if (this.#frame.isConnected) this.#place = "in";
    else if (this.#place === "in") {
      this.#place = "gone";
      this.#isThere = false;
      this.#held = this.#held.filter(({ type }) => type !== "results");
      this.#giveUp(removed);
    }
  }

  /**
   * Rejects what was asked; what is still held here will be asked yet.
   * @param {string} reason
   */
  #giveUp(reason) {
    const held = new Set(this.#held.map((message) => message.type === "results" && message.request));
    for (const [request, { reject }] of this.#waiting) {
      if (held.has(request)) continue;
      this.#waiting.delete(request);
      reject(new Error(reason));
    }
    if (this.#waiting.size === 0) this.#removal.disconnect();
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
    if (type === "hello") this.#greeted(detail.since);
    else if (type === "results") {
      this.#waiting.get(detail.request)?.resolve(detail.votes);
      this.#waiting.delete(detail.request);
      if (this.#waiting.size === 0) this.#removal.disconnect();
    } else if (events.includes(type)) this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
