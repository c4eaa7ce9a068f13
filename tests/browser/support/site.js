// The page on loopback: web/dist in a folder of its own, with studies in it, shown by `tiebreak serve`.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { endsWithUs } from "./children.js";

const here = import.meta.dirname;
export const root = path.join(here, "../../..");
const tiebreak = path.resolve(root, process.env.TIEBREAK ?? "target/debug/tiebreak");
const run = promisify(execFile);

/** The samples of the repository, parsed. */
export async function samples() {
  const text = await readFile(path.join(here, "../data/samples.jsonl"), "utf8");
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/**
 * `count` samples whose texts differ from each other.
 * @param {number} count
 */
export function manySamples(count) {
  const sample = (i) => ({
    schema: "tiebreak/sample/1",
    prompt: { id: `m${i}`, messages: [{ role: "user", content: `Where is order number ${i}, and when does it come?` }] },
    responses: [
      { id: `m${i}a`, text: `Order ${i} left us this morning; the tracking link shows where it is.`, finish_reason: "stop" },
      { id: `m${i}b`, text: `Please wait. We have many orders, and ${i} is one of them.`, finish_reason: "stop" },
    ],
  });
  return Array.from({ length: count }, (_, i) => sample(i));
}

/**
 * The plain study: every sample once, nothing asked before the first pair.
 * @param {number} pairs
 */
export const plain = (pairs) => ["--annotations", "1", "--pairs", String(pairs), "--repeat-share", "0", "--qualification", "off", "--title", "Which reply helps more?"];

export class Site {
  #folder = "";
  #server;
  url = "";

  /** A copy of web/dist, shown on a free port. */
  static async open() {
    for (const [needed, command] of [[tiebreak, "cargo build -p tiebreak"], [path.join(root, "web/dist/index.html"), "bash web/build.sh"]]) {
      if (!existsSync(needed)) throw new Error(`${needed} is missing: ${command}`);
    }
    const site = new Site();
    site.#folder = await mkdtemp(path.join(tmpdir(), "tiebreak-page-"));
    await cp(path.join(root, "web/dist"), site.folder, { recursive: true });
    await site.start();
    return site;
  }

  /**
   * Builds the page of this site anew, as it is for other origins.
   * @param {...string} flags of build.sh
   */
  async build(...flags) {
    await run("bash", [path.join(root, "web/build.sh"), "--no-wasm", "--out", this.folder, ...flags]);
  }

  get folder() {
    return path.join(this.#folder, "dist");
  }

  async start() {
    this.#server = spawn(tiebreak, ["serve", this.folder, "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
    const server = this.#server;
    server.once("exit", endsWithUs(() => server.kill("SIGKILL")));
    const [line] = await Promise.race([
      once(createInterface(this.#server.stdout), "line"),
      once(this.#server, "exit").then(() => { throw new Error("`tiebreak serve` ended at once"); }),
    ]);
    this.url = line.trim();
  }

  /** The network goes away; the files stay. */
  async stop() {
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    const ended = once(this.#server, "exit");
    this.#server.kill("SIGKILL");
    await ended;
  }

  async close() {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /**
   * A study made by `tiebreak study`.
   * @param {string} name the file's name without its end
   * @param {{samples?: object[], flags?: string[], change?: (study: any) => void}} [options]
   * @returns {Promise<any>} the document as it lies on the site
   */
  async study(name, { samples: given, flags = plain(40), change } = {}) {
    const input = path.join(this.#folder, `${name}.jsonl`);
    await writeFile(input, (given ?? await samples()).map((sample) => `${JSON.stringify(sample)}\n`).join(""));
    const file = path.join(this.#folder, `${name}.json`);
    // The same order and the same sides each time, so that a failure comes again.
    const seed = flags.includes("--seed") ? [] : ["--seed", "1"];
    await run(tiebreak, ["study", "--samples", input, "--out", file, "--force", ...flags, ...seed]);
    const study = JSON.parse(await readFile(file, "utf8"));
    change?.(study);
    await this.put(`${name}.json`, JSON.stringify(study));
    return study;
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  async put(name, text) {
    await writeFile(path.join(this.folder, name), text);
    return path.join(this.folder, name);
  }

  /**
   * @param {string} study
   * @param {string} [annotator]
   */
  address(study, annotator) {
    const parameters = new URLSearchParams({ study: `${study}.json`, ...(annotator ? { annotator } : {}) });
    return `${this.url}?${parameters}`;
  }
}
