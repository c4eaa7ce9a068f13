// Votes as a file: out, erased here, in again elsewhere.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, begin, button, heading, savedFile, stored, vote, votesOf } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const stage = useStage(async (site) => {
  await site.study("files", { flags: [...plain(10), "--slots", "1"], change: (study) => { study.settings.save_every = 4; } });
});

async function load(page, file) {
  await button(page, texts.settings.open).click();
  await page.locator('dialog input[type="file"]').setInputFiles(file);
}

async function erase(page, what) {
  await button(page, texts.settings.open).click();
  await button(page, what).click();
  await button(page, texts.settings.eraseConfirm).click();
  await page.getByText(texts.settings.erased, { exact: true }).waitFor();
}

/** What a page has left in the browser, besides the shell that the service worker keeps. */
async function left(page) {
  const { votes, heads } = await stored(page);
  const more = await page.evaluate(async () => {
    const shelf = (await caches.has("tiebreak-studies")) ? (await (await caches.open("tiebreak-studies")).keys()).length : 0;
    return { local: Object.keys(localStorage), shelf };
  });
  return { votes: votes.length, heads: heads.length, ...more };
}

test("saved, erased, taken up in another profile, finished there", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("files", "ann"));
  for (const key of ["1", "2", "3"]) await vote(page, key);
  await page.getByText(texts.save.unsaved(3), { exact: true }).waitFor();
  const saved = await savedFile(page);
  await page.getByText(texts.save.allSaved, { exact: true }).waitFor();
  const keep = `${stage.site.folder}/saved.jsonl`;
  await writeFile(keep, saved.text);
  await erase(page, texts.settings.eraseStudy);
  await heading(page, texts.start.title).waitFor();
  assert.deepEqual(await left(page), { votes: 0, heads: 0, local: [], shelf: 0 });

  const other = await stage.page();
  await begin(other, stage.site.address("files", "ann"));
  await atPair(other, 1);
  await load(other, keep);
  await other.getByText(texts.save.loaded(3), { exact: true }).waitFor();
  await atPair(other, 4);
  for (let i = 4; i <= 10; i += 1) {
    await atPair(other, i);
    await other.keyboard.press("5");
  }
  await atEnd(other);
  const { text } = await savedFile(other, () => button(other, texts.save.saveFile).click());
  assert.equal(votesOf(text).length, 10);
  assert.ok(text.startsWith(saved.text), "the first votes are as they were");
});

test("the whole file is taken without a complaint, a changed one with it", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("files", "bob"));
  for (const key of ["1", "2", "3", "5"]) await vote(page, key);
  const { file, text } = await savedFile(page);
  const fresh = await stage.page();
  await begin(fresh, stage.site.address("files", "bob"));
  await load(fresh, file);
  await fresh.getByText(texts.save.loaded(4), { exact: true }).waitFor();
  assert.equal(await fresh.locator(".notice.urgent").count(), 0, "the receipts hold");
  await load(fresh, file);
  await fresh.getByText(texts.save.loaded(0), { exact: true }).waitFor();
  assert.equal((await stored(fresh)).votes.length, 4, "the same file twice is taken once");

  const lines = text.trimEnd().split("\n");
  const changed = `${stage.site.folder}/changed.jsonl`;
  await writeFile(changed, [lines[0], lines[1].replace(/"strength":-?\d/, '"strength":0'), "not JSON", lines[3]].join("\n"));
  const warned = await stage.page();
  await begin(warned, stage.site.address("files", "bob"));
  await load(warned, changed);
  const [leftOut, receipts] = [texts.save.loadProblems(1, ""), texts.save.loadReceipts(2, "vote 2")];
  const told = warned.locator(".notice.urgent");
  await told.filter({ hasText: leftOut }).filter({ hasText: ":3" }).waitFor();
  await told.filter({ hasText: receipts }).waitFor();
  await warned.getByText(texts.save.loaded(3), { exact: true }).waitFor();
  const foreign = await stage.page();
  await begin(foreign, stage.site.address("files", "somebody else"));
  await load(foreign, file);
  await foreign.locator(".notice.urgent").waitFor();
  assert.equal((await stored(foreign)).votes.length, 0, "votes of somebody else are not taken");
});

test("a file is offered after so many votes", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("files", "eve"));
  for (const key of ["1", "2", "3"]) await vote(page, key);
  assert.equal(await page.getByText(texts.save.offer(4), { exact: true }).count(), 0);
  await vote(page, "5");
  await page.getByText(texts.save.offer(4), { exact: true }).waitFor();
  await savedFile(page, () => button(page, texts.save.saveFile).click());
  await page.getByText(texts.save.saved, { exact: true }).waitFor();
  await page.reload();
  await atPair(page, 5);
  await page.getByText(texts.save.allSaved, { exact: true }).waitFor();
});

test("erasing leaves the study's file to whoever else has begun it here", async () => {
  const page = await stage.page();
  for (const annotator of ["ann", "bob"]) {
    await begin(page, stage.site.address("files", annotator));
    await vote(page, "1");
  }
  await erase(page, texts.settings.eraseStudy);
  assert.deepEqual((await stored(page)).heads.length, 1);
  await page.goto(stage.site.url);
  await page.locator(".begun button").click();
  await atPair(page, 2);
  await erase(page, texts.settings.eraseStudy);
  assert.deepEqual(await left(page), { votes: 0, heads: 0, local: [], shelf: 0 });
});

test("after erasing, the same study begins anew in the same tab", async () => {
  const page = await stage.page();
  const bytes = await readFile(`${stage.site.folder}/files.json`);
  const open = () => page.locator('.start input[type="file"]').setInputFiles({ name: "s.json", mimeType: "application/json", buffer: bytes });
  await page.goto(`${stage.site.url}?annotator=ann`);
  await open();
  await button(page, texts.consent.agreeAndStart).click();
  await button(page, texts.guidelines.begin).click();
  await vote(page, "1");
  await erase(page, texts.settings.erase);
  assert.deepEqual(await left(page), { votes: 0, heads: 0, local: [], shelf: 0 });
  await open();
  await button(page, texts.consent.agreeAndStart).click();
  await button(page, texts.guidelines.begin).click();
  await atPair(page, 1);
  await vote(page, "2");
});

test("what was begun is listed on the start and goes on from there", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("files", "ann"));
  await vote(page, "1");
  await page.goto(stage.site.url);
  await page.getByText(texts.start.stored("ann", 1), { exact: true }).waitFor();
  await page.locator(".begun button").click();
  await atPair(page, 2);
});
