// What the benches of the page have in common: a profile for each run, a watch inside the page, and figures.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { executablePath, flags } from "./browser.js";

/** A profile on the disk, so that a second visit is one after the browser was closed. */
export class Profile {
  #folder = "";

  static async make() {
    const profile = new Profile();
    profile.#folder = await mkdtemp(path.join(tmpdir(), "tiebreak-bench-"));
    return profile;
  }

  /**
   * Starts the browser for one visit.
   * @template Result
   * @param {string[]} clicks selectors and labels of buttons that are clicked as soon as they are there
   * @param {(page: import("playwright-core").Page) => Promise<Result>} visit
   * @returns {Promise<Result>}
   */
  async visit(clicks, visit) {
    const context = await chromium.launchPersistentContext(this.#folder, { executablePath, args: flags, viewport: { width: 1280, height: 800 } });
    try {
      context.setDefaultTimeout(120_000);
      await context.addInitScript(watch, clicks);
      return await visit(context.pages()[0] ?? (await context.newPage()));
    } finally {
      await context.close();
    }
  }

  remove() {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Runs in the page before its own scripts. What it notes is in `bench`.
 * @param {string[]} clicks
 */
function watch(clicks) {
  const bench = { tasks: [], waits: [], waiting: 0, frame, until, timeKey };
  Object.assign(globalThis, { bench });
  // The same seeds each time, and so the same replies.
  let seed = 0;
  crypto.getRandomValues = (numbers) => numbers.fill((seed += 1));
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) bench.tasks.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
  const left = [...clicks];
  const clickNext = () => {
    const wanted = (button) => button.matches(left[0]) || button.textContent === left[0];
    const found = left.length > 0 && [...document.querySelectorAll("main button:enabled")].find(wanted);
    if (!found) return;
    left.shift();
    found.click();
  };
  new MutationObserver(clickNext).observe(document, { childList: true, subtree: true });

  /** When the frame that comes next was made, in milliseconds since the navigation. */
  function frame() {
    return new Promise((resolve) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(0);
      });
    });
  }

  /** When the first frame was made in which something is true. */
  async function until(isSo) {
    for (;;) {
      const at = await frame();
      if (isSo()) return at;
    }
  }

  /** Times a key from its press to the frame that shows another `read()`, as long as `counts()`. */
  function timeKey(key, read, counts = () => true) {
    addEventListener("keydown", async (event) => {
      if (event.key !== key || !counts()) return;
      const before = read();
      bench.waiting += 1;
      bench.waits.push((await until(() => read() !== before)) - event.timeStamp);
      bench.waiting -= 1;
    }, { capture: true });
  }
}

/**
 * The smallest value that this share of the values does not exceed.
 * @param {number[]} values
 * @param {number} share from 0 to 1
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** Each figure's values over the runs. */
export class Figures {
  /** @type {Map<string, {values: number[], limit?: number}>} */
  #figures = new Map();

  /**
   * @param {string} name ends in its unit
   * @param {number} value
   * @param {number} [limit] what the design allows
   */
  add(name, value, limit) {
    const figure = this.#figures.get(name) ?? { values: [], limit };
    figure.values.push(value);
    this.#figures.set(name, figure);
  }

  summary() {
    const rounded = (value) => Math.round(value * 10) / 10;
    const entries = [...this.#figures].map(([name, { values, limit }]) => {
      const figure = { median: rounded(median(values)), min: rounded(Math.min(...values)), max: rounded(Math.max(...values)) };
      return [name, limit === undefined ? figure : { ...figure, limit }];
    });
    return Object.fromEntries(entries);
  }
}
