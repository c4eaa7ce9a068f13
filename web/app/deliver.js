// Votes to the address that the study names: one batch at a time, again until it is taken.

import { addressOf, mayReach } from "./reach.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").Batch} Batch */

const firstWaitMs = 2_000;
const longestWaitMs = 300_000;
const patienceMs = 30_000;

/** @param {number} status whether trying again later can help */
const isPassing = (status) => status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;

export class Delivery {
  #session;
  #notices;
  #changed;
  #method;
  /** None where the study names no address. */
  #url;
  #host;
  #waitMs = firstWaitMs;
  #running = false;
  #stop = new AbortController();
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {import("./types.js").StudySession} session
   * @param {{url: string, method: "POST" | "PUT"}} target
   * @param {import("./notices.js").Notices} notices
   * @param {() => void} changed
   */
  constructor(session, target, notices, changed) {
    this.#session = session;
    this.#method = target.method;
    this.#notices = notices;
    this.#changed = changed;
    this.#url = addressOf(target.url);
    this.#host = this.#url?.host ?? target.url;
    addEventListener("online", () => this.now(), { signal: this.#stop.signal });
  }

  /** Sends what waits, without the pause that a failure has left. */
  now() {
    this.#waitMs = firstWaitMs;
    clearTimeout(this.#timer);
    void this.run();
  }

  /** Sends what waits, unless that is happening already or a pause has to be kept. */
  voted() {
    if (this.#waitMs === firstWaitMs) void this.run();
  }

  /** What is on its way is given up; it is sent once more when the study is opened again. */
  close() {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  get #isClosed() {
    return this.#stop.signal.aborted;
  }

  async run() {
    if (this.#running || this.#isClosed) return;
    this.#running = true;
    try {
      await this.#sendAll();
    } finally {
      this.#running = false;
    }
  }

  async #sendAll() {
    if (!this.#url || !mayReach(this.#url)) {
      this.#notices.show("delivery", texts.save.notAllowed(this.#host), { urgent: true });
      return;
    }
    for (let batch = this.#session.unsent(); batch; batch = this.#session.unsent()) {
      if (!navigator.onLine) {
        this.#notices.show("delivery", texts.save.waiting, { lasting: true });
        return;
      }
      const status = await this.#send(this.#url, batch);
      if (this.#isClosed) return;
      if (status < 200 || status > 299) {
        this.#failed(status);
        return;
      }
      await this.#mark(batch);
      if (this.#isClosed) return;
      this.#waitMs = firstWaitMs;
      this.#notices.hide("delivery");
      this.#changed();
    }
  }

  /**
   * Before the next batch is asked for, so that each goes out once.
   * @param {Batch} batch
   */
  async #mark(batch) {
    // Votes that came from a file meanwhile may stand before its last one, and were not in it.
    if (!this.#session.unsent()?.lines.startsWith(batch.lines)) return;
    // Where it is not stored, the worst is that they are sent once more after a reload.
    await this.#session.mark_sent(batch.last).catch(() => {});
  }

  /**
   * @param {URL} url
   * @param {Batch} batch
   * @returns {Promise<number>} the status; 0 where there was no answer
   */
  async #send(url, batch) {
    try {
      const response = await fetch(url, {
        method: this.#method,
        body: batch.lines,
        // A type of plain text spares the receiver the browser's question in advance.
        headers: { "Content-Type": "text/plain;charset=utf-8" },
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(patienceMs)]),
      });
      return response.status;
    } catch {
      return 0;
    }
  }

  /** @param {number} status */
  #failed(status) {
    const actions = [{ label: texts.save.sendNow, action: () => this.now() }];
    if (!isPassing(status)) {
      this.#waitMs = Infinity;
      this.#notices.show("delivery", texts.save.refused(this.#host, status), { actions, urgent: true });
      return;
    }
    const seconds = Math.round(this.#waitMs / 1000);
    this.#notices.show("delivery", texts.save.retry(this.#host, seconds), { actions });
    this.#timer = setTimeout(() => void this.run(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs);
  }
}
