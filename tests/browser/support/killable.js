// A Chromium of our own process group, with a profile that outlives it, so that it can be killed as a crash would.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { executablePath, flags } from "./browser.js";
import { endsWithUs } from "./children.js";

export class Killable {
  /** @type {import("playwright-core").BrowserContext} */
  context;
  #process;
  #ended;

  /** @param {string} profile a folder */
  static async start(profile) {
    const killable = new Killable();
    // Whoever held the profile was killed. Another process may have its number by now, and Chromium would take that for the holder.
    for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) await rm(path.join(profile, name), { force: true });
    const own = ["--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "--window-size=1280,800", "about:blank"];
    killable.#process = spawn(executablePath, [...flags, ...own], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    killable.#ended = once(killable.#process, "exit");
    killable.#process.once("exit", endsWithUs(() => killable.#killGroup()));
    const address = await killable.#address();
    const browser = await chromium.connectOverCDP(address);
    [killable.context] = browser.contexts();
    killable.context.setDefaultTimeout(30_000);
    return killable;
  }

  async #address() {
    const said = [];
    for await (const line of createInterface(this.#process.stderr)) {
      said.push(line);
      const [, address] = line.match(/^DevTools listening on (ws:\S+)/) ?? [];
      if (address) {
        // What is written later must not fill the pipe.
        this.#process.stderr.resume();
        return address;
      }
    }
    throw new Error(`Chromium ended at once:\n${said.slice(-10).join("\n")}`);
  }

  /** Nothing gets the chance to put anything in order. */
  async kill() {
    this.#killGroup();
    await this.#ended;
  }

  #killGroup() {
    try {
      process.kill(-this.#process.pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  }
}

/**
 * Numbers from 0 to 1, the same for the same seed (mulberry32).
 * @param {number} seed
 */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
