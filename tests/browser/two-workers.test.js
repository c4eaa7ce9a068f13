// Two workers write a pair: the same one that a worker alone writes, with one progress, one cancel and one end.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { useStage } from "./support/browser.js";

const patience = { timeout: 180_000 };
const stage = useStage((site) => site.put("plain.html", '<!doctype html><title>Plain</title><link rel="icon" href="data:,">'));

/**
 * A page with `two`, a model in two workers, and `alone`, which makes one in one; its processors are counted as said.
 * @param {{processors?: number, memory?: number, worker?: (script: string) => string, source?: string, expects?: RegExp}} [options] `memory` in GiB, `worker` changes the worker's script
 */
async function open({ processors = 2, memory = 8, worker, source = "builtin", expects } = {}) {
  const page = await stage.page({ expects });
  await page.addInitScript((device) => {
    for (const [name, value] of Object.entries(device)) Object.defineProperty(Navigator.prototype, name, { get: () => value });
  }, { hardwareConcurrency: processors, deviceMemory: memory });
  if (worker) {
    const script = await readFile(path.join(stage.site.folder, "worker.js"), "utf8");
    const changed = worker(script);
    assert.notEqual(changed, script, "the worker's script has what is changed");
    await page.route("**/worker.js", (route) => route.fulfill({ contentType: "text/javascript", body: changed }));
  }
  await page.goto(`${stage.site.url}plain.html`);
  await page.evaluate(prepare, source);
  return page;
}

/** Runs in the page. @param {string} source */
async function prepare(source) {
  const { TwoWorkers } = await import("./app/two-workers.js");
  const { WorkerClient } = await import("./app/worker-client.js");
  const address = new URL("model/tiebreak-support-6m-q8_0.gguf", location.href).href;
  const two = new TwoWorkers();
  const found = { builtin: { builtin: true }, url: { url: address } };
  if (source === "file") found.file = { file: new File([await (await fetch(address)).blob()], "model.gguf") };
  if (source === "kept") found.kept = { kept: await two.keep({ url: address }, "model") };
  await two.load(found[source]);
  const order = { prompt: "Where is my order?", seed: 3, max_tokens: 40 };
  const bare = ({ sample }) => ({ ...sample, responses: sample.responses.map(({ created_at, ...response }) => response) });
  const restarts = [];
  two.onrestart = () => restarts.push(1);
  const codeOf = (promise) => promise.then(() => "done", (error) => error.code ?? error.name);
  Object.assign(globalThis, { alone: () => new WorkerClient(), two, order, bare, restarts, codeOf });
}

/** What a worker alone writes. */
const alone = (page, more = {}) => page.evaluate(async (given) => {
  const { alone, order, bare } = globalThis;
  const one = alone();
  await one.load({ builtin: true });
  const pair = bare(await one.pair({ ...order, ...given }));
  one.close();
  return pair;
}, more);
const both = (page, more = {}) => page.evaluate(async (given) => globalThis.bare(await globalThis.two.pair({ ...globalThis.order, ...given })), more);

/** How many there are, once those that were ended are gone. */
async function workers(page, count) {
  for (let i = 0; i < 100 && page.workers().length !== count; i += 1) await pause(20);
  assert.equal(page.workers().length, count, "workers");
}

const conversation = [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello!" }, { role: "user", content: "Where is it?" }];
const orders = { "a plain order": {}, "the same text twice": { temperatures: [0, 0] }, "a token each": { max_tokens: 1 }, "a conversation": { prompt: conversation, seed: 9 } };
for (const source of ["builtin", "file", "kept"]) {
  test(`one worker and two write the same sample: ${source}`, patience, async () => {
    const page = await open({ source });
    for (const [name, order] of Object.entries(orders)) {
      const found = await both(page, order);
      await workers(page, 2);
      assert.deepEqual(found, await alone(page, order), name);
    }
  });
}

test("progress and text are those of both", patience, async () => {
  const page = await open();
  const { heard, told, sample } = await page.evaluate(async () => {
    const heard = ["", ""];
    const told = [];
    const { sample } = await globalThis.two.pair(globalThis.order, {
      progress: (progress) => told.push(progress),
      delta: (index, text) => { heard[index] += text; },
    });
    return { heard, told, sample };
  });
  assert.deepEqual(heard, sample.responses.map(({ text }) => text));
  assert.ok(told.every(({ stage }) => ["prefill", "sample"].includes(stage)), "how the second worker begins is nobody's concern");
  const counts = told.filter(({ stage }) => stage === "sample");
  assert.ok(counts.every(({ done, total }) => done <= total && total === 80), JSON.stringify(counts));
  assert.deepEqual(counts.map(({ done }) => done), counts.map(({ done }) => done).sort((a, b) => a - b));
});

for (const begun of ["before the second worker has begun", "in the middle"]) {
  test(`one cancel stops both, ${begun}`, patience, async () => {
    const page = await open();
    if (begun === "in the middle") await both(page);
    const code = await page.evaluate(() => {
      const abort = new AbortController();
      const listener = { signal: abort.signal, progress: () => abort.abort() };
      return globalThis.codeOf(globalThis.two.pair({ ...globalThis.order, max_tokens: 200 }, listener));
    });
    assert.equal(code, "cancelled");
    assert.deepEqual(await both(page), await alone(page), "the next pair is whole");
  });
}

test("a second worker that does not begin is done without", patience, async () => {
  const page = await open({ worker: (script) => script.replace("await init(", "if (compiled) throw new Error('no room'); await init(") });
  for (let i = 0; i < 2; i += 1) {
    const pair = await both(page);
    await workers(page, 1);
    assert.deepEqual(pair, await alone(page));
  }
});

test("a second worker that crashes ends the pair, and is done without from then on", patience, async () => {
  const crash = 'if (module) globalThis.isSecond = true; if (globalThis.isSecond && message.type === "pair") return postMessage({ v: 1, id: message.id, type: "error", code: "panic", message: "broken", fatal: true }); try {';
  const page = await open({ worker: (script) => script.replace("try {", crash) });
  assert.equal(await page.evaluate(() => globalThis.codeOf(globalThis.two.pair(globalThis.order))), "panic");
  assert.equal(await page.evaluate(() => globalThis.restarts.length), 1);
  const pair = await both(page);
  await workers(page, 1);
  assert.deepEqual(pair, await alone(page));
});

test("a request that makes no sense ends with one error", patience, async () => {
  const page = await open();
  assert.equal(await page.evaluate(() => globalThis.codeOf(globalThis.two.pair({ ...globalThis.order, max_tokens: 0 }))), "request");
  assert.deepEqual(await both(page), await alone(page));
});

test("the second worker ends with the model, and with the first", patience, async () => {
  const page = await open();
  await both(page);
  await page.evaluate(() => globalThis.two.load({ builtin: true }));
  await workers(page, 1);
  await both(page);
  await workers(page, 2);
  await page.evaluate(() => globalThis.two.close());
  await workers(page, 0);
});

test("a pair that is given up by closing begins no worker", patience, async () => {
  const page = await open();
  const code = await page.evaluate(() => {
    const pair = globalThis.codeOf(globalThis.two.pair(globalThis.order));
    globalThis.two.close();
    return pair;
  });
  assert.equal(code, "cancelled");
  await pause(300);
  await workers(page, 0);
});

test("a worker whose module could not be fetched is replaced", patience, async () => {
  const page = await stage.page({ expects: /Failed to load resource|ERR_FAILED/ });
  await page.goto(`${stage.site.url}plain.html`);
  await page.route("**/tiebreak_wasm_bg.wasm", (route) => route.abort());
  const tried = () => page.evaluate(async () => {
    const { WorkerClient } = await import("./app/worker-client.js");
    const client = (globalThis.client ??= new WorkerClient());
    return client.load({ builtin: true }).then(() => "done", ({ code }) => code);
  });
  assert.equal(await tried(), "network");
  await page.unroute("**/tiebreak_wasm_bg.wasm");
  assert.equal(await tried(), "done");
});

for (const [name, options] of Object.entries({ "one processor": { processors: 1 }, "hardly any memory": { memory: 1 / 64 }, "a model that would be fetched twice": { source: "url" } })) {
  test(`${name}: one worker writes both`, patience, async () => {
    const page = await open(options);
    const pair = await both(page);
    await workers(page, 1);
    assert.deepEqual(pair, await alone(page));
  });
}
