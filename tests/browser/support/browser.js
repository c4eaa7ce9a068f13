// Chromium, and contexts that see what no page may do: requests to another origin, dialogs, errors that nobody caught.

import { after, afterEach, before } from "node:test";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { Site } from "./site.js";

export const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/**
 * What a test may open: fresh profiles, and at its end a look at what they did.
 */
export class Stage {
  /** @type {import("playwright-core").Browser} */
  browser;
  /** @type {Site} */
  site;
  /** @type {Watch[]} */
  #watches = [];

  /**
   * A new profile with one page.
   * @param {import("playwright-core").BrowserContextOptions & {expects?: RegExp, url?: string}} [options] `expects`: errors that the test brings about; `url`: of the page, where it is not the site's
   */
  async page({ expects, url, ...options } = {}) {
    // The service worker would fetch the model for each profile; the tests of it ask for it.
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, serviceWorkers: "block", ...options });
    context.setDefaultTimeout(30_000);
    this.watch(context, expects, url);
    return context.newPage();
  }

  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {RegExp} [expects]
   * @param {string} [url]
   */
  watch(context, expects, url = this.site.url) {
    const watch = new Watch(context, url, expects);
    this.#watches.push(watch);
    return watch;
  }

  /** Closes what a test has opened, and fails where it did what no page may do. */
  async end() {
    const watches = this.#watches;
    this.#watches = [];
    for (const watch of watches) await watch.context.close().catch(() => {});
    for (const watch of watches) watch.check();
  }
}

/** Notes what a context does that no page may do. */
export class Watch {
  /** @type {string[]} */
  found = [];
  #origin;

  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {string} url of the page
   * @param {RegExp} [expects]
   */
  constructor(context, url, expects) {
    this.context = context;
    this.#origin = new URL(url).origin;
    const note = (what) => { if (!expects?.test(what)) this.found.push(what); };
    context.on("request", (request) => { if (!this.#isOwn(request.url())) note(`request to ${request.url().slice(0, 200)}`); });
    context.on("weberror", (error) => note(`uncaught: ${error.error().message}`));
    context.on("console", (message) => { if (message.type() === "error") note(`console: ${message.text().slice(0, 300)}`); });
    context.on("dialog", (dialog) => {
      note(`dialog: ${dialog.type()} ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
  }

  /** @param {string} address */
  #isOwn(address) {
    if (address === "about:blank") return true;
    return new URL(address).origin === this.#origin;
  }

  check() {
    assert.deepEqual(this.found, [], "the page did what no page may do");
  }
}

/** @param {string[]} more flags beside the usual ones */
export const launch = (...more) => chromium.launch({ executablePath, args: [...flags, ...more] });

/**
 * A site and a browser for the tests of a file.
 * @param {(site: Site) => Promise<void>} [prepare] puts studies there
 */
export function useStage(prepare) {
  const stage = new Stage();
  before(async () => {
    stage.site = await Site.open();
    await prepare?.(stage.site);
    stage.browser = await launch();
  });
  afterEach(() => stage.end());
  after(async () => {
    await stage.browser?.close();
    await stage.site?.close();
  });
  return stage;
}
