// The page and the command line compute the same to the last bit: draws, ids, orders, weights and a model's numbers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { useStage } from "./support/browser.js";
import { root } from "./support/site.js";

const program = path.resolve(root, process.env.AGREEMENT ?? "target/debug/agreement");
const [model] = readdirSync(path.join(root, "web/model")).filter((name) => name.endsWith(".gguf"));
const samples = path.join(import.meta.dirname, "data/samples.jsonl");

const stage = useStage((site) => site.study("agreement", { flags: ["--annotations", "3", "--pairs", "12", "--seed", "4"] }));

/** What the program prints. @type {Promise<any> | undefined} */
let printed;

async function print() {
  const study = path.join(stage.site.folder, "agreement.json");
  // On busy cores threads would only wait for each other.
  const env = { ...process.env, RAYON_NUM_THREADS: "1" };
  const { stdout } = await promisify(execFile)(program, [path.join(root, "web/model", model), study, samples], { env, maxBuffer: 1 << 28 });
  return JSON.parse(stdout);
}

/** The same, and a page that has the module. */
async function both() {
  const native = await (printed ??= print());
  const page = await stage.page();
  await page.goto(stage.site.url);
  await page.evaluate(async () => {
    const module = await import(new URL("pkg/tiebreak_wasm.js", location.href).href);
    await module.default();
    globalThis.module = module;
  });
  return { native, page };
}

/** Numbers of JSON are told apart to the last bit by this, and so is -0. */
const same = (found, expected, what) => assert.deepStrictEqual(found, expected, what);

test("draws", async () => {
  const { native, page } = await both();
  assert.ok(native.draws.length >= 20);
  same(await page.evaluate((draws) => draws.map(({ plan, prompt, index }) => module.sampling(plan, prompt, index)), native.draws), native.draws.map(({ sampling }) => sampling));
});

test("ids", async () => {
  const { native, page } = await both();
  assert.ok(native.ids.length >= 10);
  const found = await page.evaluate((ids) => ids.map(({ messages, texts }) => module.identities(messages, texts)), native.ids);
  same(found, native.ids.map(({ prompt, responses, pair }) => ({ prompt, responses, pairs: [pair] })));
});

test("orders", async () => {
  const { native, page } = await both();
  const found = await page.evaluate(async (orders) => {
    const study = new Uint8Array(await (await fetch("agreement.json")).arrayBuffer());
    return orders.map(({ annotator }) => module.order(study, annotator));
  }, native.orders);
  same(found, native.orders.map(({ shown }) => shown));
  assert.ok(found.flat().length >= 10_000);
  assert.ok(new Set(found.map((shown) => JSON.stringify(shown))).size > 0.9 * found.length, "hardly two annotators have the same order");
});

test("weights and all else of a preference", async () => {
  const { native, page } = await both();
  const found = await page.evaluate(({ samples, votes, weights }) => module.preferences(samples, votes, weights), native.preferences);
  same(found.lines, native.preferences.lines);
  same(found.report, native.preferences.report);
  const weights = found.lines.trim().split("\n").map((line) => JSON.parse(line).weight);
  assert.ok(weights.length >= 5 && new Set(weights).size > 1, `weights ${weights}`);
});

test("weights by age", async () => {
  const { native, page } = await both();
  assert.equal(native.weights.length, 10_000);
  const found = await page.evaluate((weights) => weights.map(({ age_days, decay }) => module.weight_at(age_days ?? undefined, decay)), native.weights);
  same(found, native.weights.map(({ weight }) => weight));
  assert.ok(new Set(found).size > 5000, "most are weights of their own");
});

test("what judges are asked, and what their answers say", async () => {
  const { native, page } = await both();
  const { questions, verdicts } = native.judging;
  assert.ok(questions.length >= 30 && verdicts.length > 400);
  const found = await page.evaluate(({ questions, verdicts }) => ({
    questions: questions.map(({ template, prompt, texts }) => module.judge_questions(template, prompt, ...texts)),
    verdicts: verdicts.map(({ answers }) => module.judge_verdict("reasoned", ...answers, true, true)),
  }), native.judging);
  same(found.questions, questions.map(({ asked }) => asked));
  same(found.verdicts, verdicts.map(({ heard }) => heard));
});

/** The builds of the module: the one for every browser, and the one that this browser takes. */
for (const build of ["pkg/tiebreak_wasm.js", "pkg/relaxed/tiebreak_wasm.js"]) {
  test(`logits and the likeliest tokens of ${build}`, async () => {
    const { native, page } = await both();
    const found = await page.evaluate(async ({ build, model, greedy }) => {
      const module = await import(new URL(build, location.href).href);
      await module.default();
      const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
      return greedy.map(({ messages, most_tokens }) => module.greedy(bytes, messages, most_tokens));
    }, { build, model: `model/${model}`, greedy: native.greedy });
    assert.equal(found.length, 20);
    for (const [at, { logits, tokens }] of native.greedy.entries()) {
      // JSON has more digits than a number of 32 bits.
      same([...found[at].logits].map(Math.fround), logits.map(Math.fround), `the logits of prompt ${at}`);
      same([...found[at].tokens], tokens, `the tokens of prompt ${at}`);
    }
  });
}
