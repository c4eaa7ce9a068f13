// The memory of a browser's pages as the kernel counts it.

import { readFile } from "node:fs/promises";

const everyMs = 100;

/** Watches the proportional set size of all renderers, where a page and its workers live, and keeps its peak. Linux only. */
export class RendererMemory {
  peakBytes = 0;
  #session;
  #isWatching = true;
  #watching;

  /** @param {import("playwright-core").Browser} browser */
  static async watch(browser) {
    const memory = new RendererMemory();
    memory.#session = await browser.newBrowserCDPSession();
    memory.#watching = memory.#watch();
    return memory;
  }

  async #watch() {
    while (this.#isWatching) {
      this.peakBytes = Math.max(this.peakBytes, await this.#now());
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  async #now() {
    const { processInfo } = await this.#session.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer");
    const sizes = await Promise.all(renderers.map(({ id }) => setSize(id)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Ends the watch, and returns the peak in bytes. */
  async end() {
    this.#isWatching = false;
    await this.#watching;
    await this.#session.detach();
    return this.peakBytes;
  }
}

/**
 * A page that several processes share counts for each in its part.
 * @param {number} process
 * @returns {Promise<number>} in bytes
 */
async function setSize(process) {
  // A process that has just ended has no memory.
  const text = await readFile(`/proc/${process}/smaps_rollup`, "utf8").catch(() => "");
  return Number(text.match(/^Pss: +(\d+) kB$/m)?.[1] ?? 0) * 1024;
}
