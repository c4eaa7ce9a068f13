// A session that can be given up safely: one that still stores something cannot.

/** @typedef {import("./types.js").StudySession} StudySession */

export class Watched {
  #session;
  /** Calls that have no end yet. @type {Set<Promise<unknown>>} */
  #running = new Set();

  /** @param {StudySession} session */
  constructor(session) {
    this.#session = session;
    /** The same session; what it is called for is noted. @type {StudySession} */
    this.session = new Proxy(session, { get: (target, name) => this.#get(target, name) });
  }

  /**
   * @param {any} target
   * @param {string | symbol} name
   */
  #get(target, name) {
    const value = target[name];
    if (typeof value !== "function") return value;
    return (/** @type {unknown[]} */ ...given) => {
      const result = value.apply(target, given);
      if (result instanceof Promise) this.#note(result);
      return result;
    };
  }

  /** @param {Promise<unknown>} call */
  #note(call) {
    this.#running.add(call);
    const end = () => this.#running.delete(call);
    call.then(end, end);
  }

  /** Waits for what runs, and gives back the lock. */
  async giveUp() {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    try {
      this.#session.free?.();
    } catch {
      // The browser gives the lock back with the page.
    }
  }
}
