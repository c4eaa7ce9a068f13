// The npm package: what `npm pack` makes runs, and its types hold in a strict project.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { useStage } from "./support/browser.js";
import { hostPage, pairIn, passIn } from "./support/embed.js";
import { plain, root } from "./support/site.js";

const run = promisify(execFile);
const name = "tiebreak-annotator";
const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
let project;

const stage = useStage(async (site) => {
  project = await mkdtemp(path.join(tmpdir(), "tiebreak-package-"));
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], { cwd: path.join(root, "web") });
  const [{ filename }] = JSON.parse(stdout);
  for (const place of [project, site.folder]) {
    const folder = path.join(place, "node_modules", name);
    await mkdir(folder, { recursive: true });
    await run("tar", ["-xzf", path.join(project, filename), "-C", folder, "--strip-components=1"]);
  }
  await site.study("study", { flags: [...plain(3), "--slots", "1"] });
  await site.put("page.html", hostPage('<tiebreak-annotator id="one" study="study.json" annotator="ann"></tiebreak-annotator>', { from: `./node_modules/${name}/dist` }));
});
after(() => rm(project, { recursive: true, force: true }));

test("the element runs from the package's files", async () => {
  const page = await stage.page();
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${stage.site.url}page.html`);
  const one = page.locator("#one");
  await passIn(one);
  await page.keyboard.press("2");
  await pairIn(one, 2);
  const ours = asked.filter((address) => !["/page.html", "/study.json"].includes(address));
  assert.ok(ours.every((address) => address.startsWith(`/node_modules/${name}/dist/`)), String(ours));
});

test("every export of the package is a file of it", async () => {
  const folder = path.join(project, "node_modules", name);
  const { exports, version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const files = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry)));
  for (const file of files.filter((entry) => !entry.includes("*"))) assert.ok((await readFile(path.join(folder, file))).length > 0, file);
  const cargo = await readFile(path.join(root, "Cargo.toml"), "utf8");
  assert.equal(version, cargo.match(/^version = "(.*)"$/m)[1], "the package has the version of the workspace");
  assert.equal(license, cargo.match(/^license = "(.*)"$/m)[1]);
});

const consumer = `
import type { TiebreakAnnotator, VoteDetail } from "${name}";
import { TiebreakFrame } from "${name}/frame";
import { Model, ModelError, open, type Sample } from "${name}/module";
import "${name}";

const tag: TiebreakAnnotator = document.createElement("tiebreak-annotator");
tag.addEventListener("vote", ({ detail }) => keep(detail));
tag.open(new Uint8Array());
function keep(detail: VoteDetail): string { return detail.vote; }

const frame = new TiebreakFrame(document.createElement("iframe"));
frame.addEventListener("done", ({ detail }) => { const votes: string = detail.votes; frame.saved(votes.length); });
frame.open("study.json", { annotator: "ann", slot: 1 });

export async function pair(): Promise<Sample> {
  const model = await Model.load({ builtin: true }, { progress: ({ done, total }) => done / total });
  const { sample } = await model.pair({ prompt: "Where is my order?", seed: 1 });
  const { verdict } = await model.judge({ prompt: "?", texts: ["a", "b"] });
  if (typeof verdict === "object") verdict.strength.toFixed();
  model.close();
  return sample;
}
export async function study(bytes: Uint8Array): Promise<number | undefined> {
  const session = await (await open()).study(bytes, { annotator: "ann" });
  try { return session.next(); } catch (error) { if (error instanceof ModelError) return error.code.length; throw error; } finally { await session.close(); }
}
`;

/** @param {string} source */
async function typeCheck(source) {
  await writeFile(path.join(project, "consumer.ts"), source);
  const flags = ["--strict", "--noEmit", "--target", "ES2024", "--lib", "ES2024,DOM", "--types", ""];
  for (const module of [["--module", "nodenext"], ["--module", "esnext", "--moduleResolution", "bundler"]]) {
    const failure = await run(process.execPath, [tsc, ...flags, ...module, "consumer.ts"], { cwd: project }).then(() => undefined, (error) => error);
    if (failure) return failure.stdout;
  }
  return "";
}

test("a strict project can use its types", { timeout: 120_000 }, async () => {
  await writeFile(path.join(project, "package.json"), '{ "type": "module" }');
  assert.equal(await typeCheck(consumer), "");
  for (const [right, wrong] of [["detail.vote;", "detail.votes;"], ["slot: 1", 'slot: "1"'], ["builtin: true", "builtin: 1"], ["session.next()", "session.later()"]]) {
    assert.match(await typeCheck(consumer.replace(right, wrong)), /error TS/, `${wrong} is no mistake`);
  }
});
