// Tiebreak without an interface: a model and a study in a page that draws nothing of ours.

import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { votesOf } from "./support/drive.js";
import { plain, root } from "./support/site.js";
import { texts } from "./support/texts.js";

const patience = { timeout: 180_000 };

const stage = useStage(async (site) => {
  await site.study("study", { flags: [...plain(5), "--slots", "1"] });
  await site.put("plain.html", '<!doctype html><title>Plain</title><link rel="icon" href="data:,">');
  await cp(path.join(root, "web/dist"), path.join(site.folder, "dist"), { recursive: true });
  for (const name of ["element.html", "element.js", "module.html", "module.js"]) await cp(path.join(root, "web/examples", name), path.join(site.folder, name));
});

/** @param {string} name */
async function open(name, options = {}) {
  const page = await stage.page(options);
  await page.goto(`${stage.site.url}${name}`);
  return page;
}

test("the example writes two replies and judges them", patience, async () => {
  const page = await open("module.html");
  await page.locator("dd").nth(3).waitFor({ timeout: 90_000 });
  const shown = await page.locator("dd").allTextContents();
  for (const text of shown.slice(0, 3)) assert.ok(text.trim().length > 3, text);
  const verdict = JSON.parse(shown[3]);
  assert.ok(verdict === "unparsed" || [-1, 0, 1].includes(verdict.strength), shown[3]);
});

test("the example of the element counts votes", async () => {
  const page = await open("element.html");
  const annotator = page.locator("tiebreak-annotator");
  await annotator.getByRole("button", { name: texts.consent.agreeAndStart, exact: true }).click();
  await annotator.getByRole("button", { name: texts.guidelines.begin, exact: true }).click();
  await annotator.locator(".pair-heading").waitFor();
  await page.keyboard.press("2");
  await page.getByText("1 of 5", { exact: true }).waitFor();
  await annotator.getByText(texts.save.allSaved, { exact: true }).waitFor();
});

test("the same model, prompt and seed give the same replies; a closed model ends what runs", patience, async () => {
  const page = await open("plain.html");
  const found = await page.evaluate(async () => {
    const { Model } = await import("./tiebreak.js");
    const model = await Model.load({ builtin: true });
    const order = { prompt: [{ role: "user", content: "Where is my order?" }], seed: 3, maxTokens: 30 };
    let heard = "";
    const once = await model.pair(order, { delta: (index, text) => { if (index === 0) heard += text; } });
    const again = await model.pair(order);
    const opinion = await model.judge({ prompt: order.prompt, texts: once.sample.responses.map(({ text }) => text) });
    const running = model.pair({ ...order, seed: 4 }).then(() => "done", (error) => error.code);
    model.close();
    const text = ({ sample }) => sample.responses.map((response) => response.text);
    return { facts: model.facts, heard, once: text(once), again: text(again), opinion, ended: await running };
  });
  assert.deepEqual(found.once, found.again);
  assert.ok(found.heard.length > 3);
  assert.match(found.facts.sha256, /^[0-9a-f]{64}$/);
  assert.ok("verdict" in found.opinion);
  assert.equal(found.ended, "cancelled");
});

test("a model of another origin is refused before anything is fetched", async () => {
  const page = await open("plain.html");
  const failure = await page.evaluate(async () => {
    const { Model, ModelError } = await import("./tiebreak.js");
    return Model.load({ url: "https://elsewhere.example/m.gguf" }).catch((error) => ({ code: error.code, message: error.message, isOurs: error instanceof ModelError }));
  });
  assert.deepEqual(failure, { code: "origin", message: texts.errors.modelOrigin("https://elsewhere.example"), isOurs: true });
});

test("a whole study without an interface; its lock is one", async () => {
  const page = await open("plain.html");
  const found = await page.evaluate(async () => {
    const { open } = await import("./tiebreak.js");
    const tiebreak = await open();
    const bytes = new Uint8Array(await (await fetch("study.json")).arrayBuffer());
    const study = await tiebreak.study(bytes, { annotator: "ann", slot: 1 });
    const locked = await tiebreak.study(bytes, { annotator: "ann", slot: 1 }).catch((error) => error.name);
    for (let place = study.next(); place !== undefined; place = study.next()) {
      const [first, second] = study.turn(place).texts;
      const now = Date.now();
      const timing = { shown_at_ms: now, decided_at_ms: now + 10, active_ms: 10, interaction: { changes: 0, input: "key", viewport: [800, 600] } };
      await study.vote(place, { choice: { strength: first.length > second.length ? -2 : 2 }, reasons: [] }, timing);
    }
    const end = { progress: study.progress(), results: study.results(), receipt: study.receipt() };
    await study.markSaved(5);
    const unsaved = study.progress().unsaved;
    await study.close();
    const again = await tiebreak.study(bytes, { annotator: "ann", slot: 1 });
    const kept = again.results();
    await again.close();
    return { ...end, locked, unsaved, kept, title: tiebreak.readStudy(bytes).title };
  });
  assert.equal(found.locked, "locked");
  assert.deepEqual(found.progress, { done: 5, total: 5, unsaved: 5 });
  assert.equal(found.unsaved, 0);
  assert.equal(found.kept, found.results);
  const votes = votesOf(found.results);
  assert.equal(votes.length, 5);
  assert.equal(votes.at(-1).receipt, found.receipt);
});

test("a number that no vote has marks no later vote, and what was erased stays so", async () => {
  const page = await open("plain.html");
  const found = await page.evaluate(async () => {
    const { open } = await import("./tiebreak.js");
    const tiebreak = await open();
    const bytes = new Uint8Array(await (await fetch("study.json")).arrayBuffer());
    const study = await tiebreak.study(bytes, { annotator: "eve" });
    const timing = { shown_at_ms: 0, decided_at_ms: 10, active_ms: 10, interaction: { changes: 0, input: "key", viewport: [800, 600] } };
    const vote = () => study.vote(study.next(), { choice: { strength: 1 }, reasons: [] }, timing);
    await vote();
    await study.markSent(-1);
    await study.markSaved(-1);
    const before = { unsent: study.unsent()?.count, unsaved: study.progress().unsaved };
    await study.markSent(99);
    await vote();
    const after = { unsent: study.unsent()?.count, unsaved: study.progress().unsaved };
    await Promise.all([study.erase(), study.markSent(2), study.saveDraft(3, { reasons: [], rationale: "", active_ms: 0 })]);
    const late = await vote().catch((error) => error.name);
    return { before, after, late, stored: await tiebreak.storedStudies(), unreadable: study.unreadable() };
  });
  assert.deepEqual(found, { before: { unsent: 1, unsaved: 1 }, after: { unsent: 1, unsaved: 1 }, late: "storage", stored: [], unreadable: [] });
});

test("what the module knows beside: prompts, guidelines, Markdown, differences", async () => {
  const page = await open("plain.html");
  const found = await page.evaluate(async () => {
    const { open } = await import("./tiebreak.js");
    const tiebreak = await open();
    return { prompts: tiebreak.catalogue().length, guidelines: tiebreak.guidelines(), tree: tiebreak.markdown("<b>x</b> **y**"), diff: tiebreak.wordDiff("a b", "a c"), versions: tiebreak.versions() };
  });
  assert.ok(found.prompts > 10);
  assert.ok(found.guidelines.text.length > 100 && found.guidelines.version);
  assert.ok(!JSON.stringify(found.tree).includes('"html"'));
  assert.deepEqual(found.diff.left.filter(({ changed }) => changed).map(({ text }) => text.trim()), ["b"]);
  assert.equal(found.versions.simd128, true);
});
