// Measures the page: bash tests/benches/page.sh [--runs N]

import { readFile, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { launch } from "./support/browser.js";
import { Figures, Profile, quantile } from "./support/measure.js";
import { manySamples, plain, root, Site } from "./support/site.js";
import { texts } from "./support/texts.js";

/** What the design allows; whether a machine keeps to it is told and not judged here. */
const limits = { studyMs: 1_000, tryColdMs: 5_000, tryAgainMs: 2_000, taskMs: 50, wasmBytes: 2_000_000, beyondModelBytes: 64_000_000 };
const model = "web/model/tiebreak-support-6m-q8_0.gguf";
const introduction = [texts.consent.agreeAndStart, texts.guidelines.begin];
const fewest = { presses: 30, votes: 10, before: 100 };
const figures = new Figures();

const firstPair = (page) => page.evaluate(() => globalThis.bench.until(() => document.querySelector(".pair-heading:not(:empty)")));
const firstReplies = (page) => page.evaluate(() => globalThis.bench.until(() => document.querySelector(".arena:not([hidden]) .step:enabled")));

/** Until a second visit finds everything kept. */
const kept = (page) => page.evaluate(async () => {
  await navigator.serviceWorker.ready;
  while (!navigator.serviceWorker.controller) await globalThis.bench.frame();
});

/** Consent and guidelines are clicked away as soon as they are there; a second visit has neither. */
async function study(site) {
  const profile = await Profile.make();
  const visit = async (page) => {
    await page.goto(site.address("study", "ann"), { waitUntil: "commit" });
    const ms = await firstPair(page);
    await kept(page);
    return ms;
  };
  figures.add("study_first_pair_cold_ms", await profile.visit(introduction, visit), limits.studyMs);
  figures.add("study_first_pair_again_ms", await profile.visit([], visit), limits.studyMs);
  await profile.remove();
}

/** The first question of the list is asked as soon as it is there. */
async function tryIt(site) {
  const profile = await Profile.make();
  const visit = async (page) => {
    await page.goto(`${site.url}#try`, { waitUntil: "commit" });
    const ms = await firstReplies(page);
    await kept(page);
    return ms;
  };
  figures.add("try_first_replies_cold_ms", await profile.visit([".catalogue button"], visit), limits.tryColdMs);
  const memory = async (page) => {
    const ms = await visit(page);
    return { ms, bytes: await workerMemory(page) };
  };
  const { ms, bytes } = await profile.visit([".catalogue button"], memory);
  figures.add("try_first_replies_again_ms", ms, limits.tryAgainMs);
  figures.add("worker_memory_bytes", bytes);
  // The limit is without keys and values, which are part of what is measured.
  figures.add("worker_memory_beyond_model_bytes", bytes - (await stat(path.join(root, model))).size, limits.beyondModelBytes);
  await profile.remove();
}

/** The wasm memory of the model's worker, which never shrinks: so this is the most that it was. */
function workerMemory(page) {
  const [worker] = page.workers();
  // The worker's own instance: a module is loaded once for each address.
  return worker.evaluate(async (instructions) => {
    const { moduleAddress } = await import(instructions);
    return (await (await import(moduleAddress)).default()).memory.buffer.byteLength;
  }, new URL("app/instructions.js", page.url()).href);
}

/** Switches between formatted and plain text while replies are written. */
async function writing(site) {
  const profile = await Profile.make();
  const { waits, tasks } = await profile.visit([], async (page) => {
    await page.goto(`${site.url}#try`);
    await page.locator(".model-line").filter({ hasText: / parameters · / }).waitFor();
    const from = await page.evaluate(() => {
      const isWriting = () => document.querySelector(".card.writing") !== null;
      globalThis.bench.timeKey("m", () => document.querySelector(".segments input:checked").value, isWriting);
      document.querySelector(".catalogue button").click();
      return performance.now();
    });
    while ((await page.evaluate(() => globalThis.bench.waits.length)) < fewest.presses) {
      if (await page.locator(".step:enabled").count()) await page.keyboard.press("s");
      await page.keyboard.press("m");
      // One at a time: a second press would undo what the first is waited for.
      await page.waitForFunction(() => globalThis.bench.waiting === 0);
    }
    return page.evaluate((start) => ({ waits: globalThis.bench.waits, tasks: globalThis.bench.tasks.filter(({ startTime }) => startTime >= start).map(({ duration }) => duration) }), from);
  });
  figures.add("writing_long_tasks", tasks.length);
  figures.add("writing_longest_task_ms", Math.max(0, ...tasks), limits.taskMs);
  addWaits("writing_key_to_frame", waits);
  await profile.remove();
}

function addWaits(name, waits) {
  figures.add(`${name}_p50_ms`, quantile(waits, 0.5));
  figures.add(`${name}_p95_ms`, quantile(waits, 0.95));
  figures.add(`${name}_max_ms`, Math.max(...waits));
}

async function large(site) {
  const profile = await Profile.make();
  await profile.visit(introduction, async (page) => {
    await page.goto(site.address("large", "ann"), { waitUntil: "commit" });
    figures.add("large_first_pair_cold_ms", await firstPair(page));
    await page.evaluate(() => globalThis.bench.timeKey("2", () => document.querySelector(".pair-heading").textContent));
    for (let i = 1; i <= fewest.before + fewest.votes; i += 1) {
      await page.keyboard.press("2");
      await page.waitForFunction((count) => globalThis.bench.waits.length === count, i);
    }
    const waits = await page.evaluate(() => globalThis.bench.waits);
    addWaits("large_next_pair_at_first", waits.slice(0, fewest.votes));
    addWaits(`large_next_pair_after_${fewest.before}`, waits.slice(fewest.before));
  });
  await profile.remove();
}

/** Both replies together, from the first tokens on. */
async function speed(site) {
  const profile = await Profile.make();
  const rate = await profile.visit([], async (page) => {
    await page.goto(site.url);
    return page.evaluate(async ({ client, wasm }) => {
      const { WorkerClient } = await import(client);
      const { default: ready, catalogue } = await import(wasm);
      await ready();
      const questions = catalogue().slice(0, 4).map(({ text }) => text);
      const worker = new WorkerClient();
      await worker.load({ builtin: true });
      let [tokens, ms] = [0, 0];
      for (const [seed, prompt] of questions.entries()) {
        let first;
        const progress = ({ stage, done }) => { if (stage === "sample") first ??= { done, at: performance.now() }; };
        const { sample } = await worker.pair({ prompt, seed, max_tokens: 200 }, { progress });
        tokens += sample.responses.reduce((sum, response) => sum + response.tokens, -first.done);
        ms += performance.now() - first.at;
      }
      worker.close();
      return (tokens * 1000) / ms;
    }, { client: new URL("app/worker-client.js", site.url).href, wasm: new URL("pkg/tiebreak_wasm.js", site.url).href });
  });
  figures.add("worker_decode_tokens_per_s", rate);
  await profile.remove();
}

async function weight(site) {
  for (const [build, folder] of [["wasm", "pkg"], ["relaxed_wasm", "pkg/relaxed"]]) {
    const bytes = await readFile(path.join(site.folder, folder, "tiebreak_wasm_bg.wasm"));
    figures.add(`${build}_bytes`, bytes.length);
    figures.add(`${build}_gzip_bytes`, gzipSync(bytes, { level: 9 }).length, limits.wasmBytes);
  }
}

async function machine() {
  const browser = await launch();
  const chromium = browser.version();
  await browser.close();
  return { processor: os.cpus()[0]?.model.trim() ?? "unknown", processors: os.cpus().length, chromium };
}

const { values } = parseArgs({ options: { runs: { type: "string", default: "5" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) {
  console.error("usage: page.sh [--runs N], N a whole number from 1");
  process.exit(2);
}
const host = await machine();
console.error(`processor: ${host.processor}, ${host.processors} of them; Chromium ${host.chromium}`);
const site = await Site.open();
try {
  await site.study("study", { flags: [...plain(40), "--slots", "1"] });
  await site.study("large", { samples: manySamples(5000), flags: [...plain(5000), "--slots", "1"] });
  await weight(site);
  for (let run = 1; run <= runs; run += 1) {
    for (const measure of [study, tryIt, writing, large, speed]) {
      console.error(`run ${run} of ${runs}: ${measure.name}`);
      await measure(site);
    }
  }
} finally {
  await site.close();
}
const summary = figures.summary();
for (const [name, { median, min, max, limit }] of Object.entries(summary)) {
  console.log(`${name.padStart(36)}  ${String(median).padStart(10)}  (${min} – ${max})${limit === undefined ? "" : `  limit ${limit}`}`);
}
console.log(JSON.stringify({ ...host, runs, ...summary }));
