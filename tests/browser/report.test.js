// A report opens from a file, without a server: nothing is loaded, nothing runs, nothing is cut off.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { launch } from "./support/browser.js";
import { root } from "./support/site.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tiebreak = path.resolve(root, process.env.TIEBREAK ?? "target/debug/tiebreak");
const samples = path.join(import.meta.dirname, "data/samples.jsonl");
const hostile = "</style><script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">";

/** @type {string} */
let folder;
/** @type {import("playwright-core").Browser} */
let browser;

const run = (...args) => promisify(execFile)(tiebreak, args, { cwd: folder });

/** Two years of votes by six people and a judge, on pairs of the repository's samples, one of them with a hostile text. */
async function collect() {
  const lines = (await readFile(samples, "utf8")).trim().split("\n").map((line) => JSON.parse(line));
  lines[0].responses[0].text += hostile;
  lines[1].prompt.category = hostile;
  await writeFile(path.join(folder, "samples.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  await run("judge", "--model", "builtin", "--method", "likelihood", "--samples", "samples.jsonl", "--out", "judge.jsonl", "--quiet");
  const judged = (await readFile(path.join(folder, "judge.jsonl"), "utf8")).trim().split("\n").map((line) => JSON.parse(line));
  const people = judged.flatMap((vote, place) => Array.from({ length: 6 }, (_, person) => {
    const { judge, receipt, ...plain } = vote;
    const strength = [-2, 1, 3, -1, 0, 2][(place * 7 + person * person) % 6];
    const decided_at = new Date(Date.UTC(2024, (place * 5 + person) % 24, 1 + person)).toISOString();
    return { ...plain, annotator: { id: `person ${person}${hostile}`, kind: "human" }, verdict: { strength }, shown_first: person % 2 ? "first" : "second", decided_at };
  }));
  await writeFile(path.join(folder, "people.jsonl"), people.map((line) => JSON.stringify(line)).join("\n"));
  const votes = ["--samples", "samples.jsonl", "--votes", "people.jsonl", "--votes", "judge.jsonl"];
  await run("calibrate", ...votes, "--out", "card.json");
  await run("report", ...votes, "--card", "card.json", "--raw-ids", "--title", `A report${hostile}`, "--out", "report.html");
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tiebreak-report-"));
  await collect();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/**
 * The report on a page of its own, and what went wrong on it.
 * @param {import("playwright-core").BrowserContextOptions} options
 */
async function opened(options) {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  const address = pathToFileURL(path.join(folder, "report.html")).href;
  page.on("console", (message) => faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => { if (request.url() !== address) faults.push(`request: ${request.url()}`); });
  await page.goto(address);
  return { page, faults };
}

const kinds = {
  "wide and light": { viewport: { width: 1280, height: 900 } },
  "a phone in the dark": { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "dark" },
};

for (const [name, options] of Object.entries(kinds)) {
  test(`a report opens: ${name}`, { timeout: 60_000 }, async () => {
    const { page, faults } = await opened(options);
    assert.equal(await page.title(), `A report${hostile}`);
    assert.equal(await page.locator("h1").textContent(), `A report${hostile}`);
    assert.ok(await page.locator("svg").count() > 6);
    assert.equal(await page.locator("main script, main img, main style").count(), 0);
    const { width } = options.viewport;
    const needed = () => page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(await needed() <= width, `${await needed()} px of ${width} px`);
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
    assert.ok(await needed() <= width, `${await needed()} px of ${width} px with all tables open`);
    assert.deepEqual(faults, [], "nothing is asked for and nothing is refused");
  });

  test(`axe finds nothing in a report: ${name}`, { timeout: 60_000 }, async () => {
    // The policy lets no script in, and axe is one.
    const { page } = await opened({ ...options, bypassCSP: true });
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.ok(passes.length > 10, "axe has looked at something");
    const told = violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
    assert.deepEqual(told, []);
  });
}

test("the policy of a report refuses what does not belong to it", { timeout: 60_000 }, async () => {
  const { page, faults } = await opened({});
  await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement("style"), { textContent: "h1 { display: none }" }));
    document.body.append(Object.assign(document.createElement("img"), { src: "https://example.org/x.png" }));
  });
  await page.waitForTimeout(200);
  assert.ok(await page.locator("h1").isVisible(), "a second style is not applied");
  assert.ok(faults.some((fault) => fault.includes("Content Security Policy")), faults.join("\n"));
});
