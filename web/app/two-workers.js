// A model in two workers, one for each response of a pair; in one where the device is too small for two.

import { WorkerClient } from "./worker-client.js";

/** @typedef {import("./types.js").ModelSource} ModelSource */
/** @typedef {import("./types.js").PairOrder} PairOrder */
/** @typedef {import("./types.js").WorkerListener} WorkerListener */

/** The part of the device's memory that a model may have, counted twice: it also needs room to work in. */
const memoryShare = 1 / 4;
/** What a device has at least, where its browser does not tell; in GiB. */
const leastMemory = 2;

/** As {@link WorkerClient}, for a caller who need not know how many there are. */
export class TwoWorkers {
  #first = new WorkerClient();
  /** Begins with the first pair, holds the same model, and ends with the first. @type {WorkerClient | undefined} */
  #second;
  /** What both load. @type {ModelSource | undefined} */
  #source;
  /** What the model's weights take, in bytes. */
  #weightMemory = 0;
  /** Whether a second worker has failed with this model. */
  #isAlone = false;
  /** Called when a worker crashed. */
  onrestart = () => {};

  constructor() {
    this.#first.ondeath = (code) => {
      this.#endSecond();
      if (code === "panic") this.onrestart();
    };
  }

  /**
   * @param {ModelSource} source
   * @param {WorkerListener} [listener]
   */
  async load(source, listener) {
    this.#endSecond();
    this.#source = undefined;
    this.#isAlone = false;
    const done = await this.#first.load(source, listener);
    this.#source = source;
    this.#weightMemory = done.model.weight_memory;
    return done;
  }

  /**
   * @param {{url: string} | {file: File}} source
   * @param {string} name
   * @param {WorkerListener} [listener]
   */
  keep(source, name, listener) {
    this.#endSecond();
    return this.#first.keep(source, name, listener);
  }

  listModels() {
    return this.#first.listModels();
  }

  /** @param {number} number */
  deleteModel(number) {
    return this.#first.deleteModel(number);
  }

  /**
   * The same sample, whether one worker makes it or two.
   * @param {PairOrder} order
   * @param {WorkerListener} [listener]
   * @returns {Promise<{sample: import("./types.js").Sample}>}
   */
  async pair(order, listener = {}) {
    // Before the second one, since a kept file is open in one worker at a time.
    await this.#first.ready(listener);
    if (!this.#hasRoom()) return this.#first.pair(order, listener);
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, ...(listener.signal ? [listener.signal] : [])]);
    const [first, second] = halvesOf({ ...listener, signal });
    try {
      const halves = await Promise.all([this.#first.pair({ ...order, only: 0 }, first), this.#secondHalf(order, second)]);
      return await this.#first.join(halves.map(({ sample }) => sample));
    } catch (error) {
      failed.abort();
      throw error;
    }
  }

  /**
   * @param {{prompt: string | import("./types.js").Message[], texts: [string, string]}} order
   * @param {WorkerListener} [listener]
   */
  judge(order, listener) {
    return this.#first.judge(order, listener);
  }

  /** For good. */
  close() {
    // A pair that was asked for just now must not begin a second worker.
    this.#source = undefined;
    this.#first.close();
  }

  #hasRoom() {
    // To fetch a model twice is not for this page to decide; one that is kept, a file, or the one that comes with the page is at hand.
    if (this.#isAlone || !this.#source || "url" in this.#source) return false;
    const { hardwareConcurrency, deviceMemory = leastMemory } = /** @type {Navigator & {deviceMemory?: number}} */ (navigator);
    return hardwareConcurrency >= 2 && 2 * this.#weightMemory <= deviceMemory * 2 ** 30 * memoryShare;
  }

  /**
   * The response of index 1, from the first worker where the second one cannot load the model.
   * @param {PairOrder} order
   * @param {WorkerListener & {signal: AbortSignal}} listener
   */
  async #secondHalf(order, listener) {
    const second = (this.#second ??= this.#startSecond());
    try {
      await second.ready(listener);
    } catch (error) {
      // One that was ended, and did not fail, says nothing about the next.
      if (listener.signal.aborted || (this.#second !== second && !this.#isAlone)) throw error;
      this.#isAlone = true;
      this.#endSecond();
      return this.#first.pair({ ...order, only: 1 }, listener);
    }
    return second.pair({ ...order, only: 1 }, listener);
  }

  #startSecond() {
    const second = new WorkerClient({ module: this.#first.module, source: this.#source });
    second.ondeath = (code) => {
      if (this.#second !== second) return;
      this.#second = undefined;
      // One that was only too slow to stop is as good as any.
      this.#isAlone = code !== "cancelled";
      if (code === "panic") this.onrestart();
    };
    return second;
  }

  #endSecond() {
    const second = this.#second;
    this.#second = undefined;
    second?.close();
  }
}

/**
 * A listener for each half, which together tell what one worker would: the prompt is read once, and tokens are those of both.
 * @template {WorkerListener} Listener
 * @param {Listener} listener
 * @returns {[Listener, Listener]}
 */
function halvesOf(listener) {
  const sampled = [0, 0];
  const half = (/** @type {0 | 1} */ index) => ({
    ...listener,
    progress: (/** @type {import("./types.js").WorkerProgress} */ { stage, done, total }) => {
      if (stage === "sample") {
        sampled[index] = done;
        listener.progress?.({ stage, done: sampled[0] + sampled[1], total: 2 * total });
      } else if (index === 0 && !sampled[1]) {
        listener.progress?.({ stage, done, total });
      }
    },
  });
  return [half(0), half(1)];
}
