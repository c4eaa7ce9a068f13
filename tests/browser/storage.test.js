// A browser that keeps nothing: the page says so at once, and the votes can still be saved to a file.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atPair, begin, button, heading, passIntroduction, savedFile, stored, vote, votesOf } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const stage = useStage(async (site) => {
  await site.study("kept", { flags: [...plain(6), "--slots", "1"] });
});

/** What browsers do that refuse storage. Each is put in place before the page's own scripts. */
const refusals = {
  "indexedDB throws": () => { IDBFactory.prototype.open = () => { throw new DOMException("refused", "SecurityError"); }; },
  // A database of a later version is there already.
  "indexedDB fails later": () => { indexedDB.open("tiebreak", 99); },
  "there is no indexedDB": () => { Object.defineProperty(globalThis, "indexedDB", { value: undefined }); },
  "nothing at all is kept": () => {
    const refuse = () => { throw new DOMException("refused", "SecurityError"); };
    Object.defineProperty(globalThis, "indexedDB", { value: undefined });
    Object.defineProperty(globalThis, "localStorage", { get: refuse });
    Object.defineProperty(globalThis, "caches", { value: undefined });
    Object.defineProperty(Navigator.prototype, "storage", { value: undefined });
    Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
  },
};

for (const [name, refuse] of Object.entries(refusals)) {
  test(`${name}: the page says so, and the votes go to a file`, async () => {
    // Leaving with votes that are nowhere else is asked about.
    const page = await stage.page({ expects: /dialog: beforeunload/ });
    await page.addInitScript(refuse);
    await begin(page, stage.site.address("kept", "ann"));
    await page.getByText(texts.errors.noStorage, { exact: true }).waitFor();
    await atPair(page, 1);
    for (const [i, key] of ["2", "6"].entries()) {
      await atPair(page, i + 1);
      await page.keyboard.press(key);
      const notice = page.locator(".notice.urgent").filter({ hasText: texts.save.notStored("").slice(0, 40) });
      await notice.waitFor();
      await notice.getByRole("button", { name: texts.goOn, exact: true }).click();
    }
    await atPair(page, 3);
    const { text } = await savedFile(page);
    assert.deepEqual(votesOf(text).map(({ verdict }) => Math.abs(verdict.strength)), [2, 2]);
  });
}

test("storage that is full in the middle of the work: nothing is lost, and it goes on when there is room", async () => {
  const page = await stage.page();
  await page.addInitScript(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...given) {
      if (globalThis.isFull) throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, given);
    };
  });
  await begin(page, stage.site.address("kept", "ann"));
  await vote(page, "1");
  await page.evaluate(() => { globalThis.isFull = true; });
  await page.keyboard.press("2");
  const notice = page.locator(".notice.urgent");
  await notice.waitFor();
  assert.ok((await notice.textContent()).includes(texts.save.notStored("").slice(0, 40)));
  assert.equal(await page.locator(".pair-heading").textContent(), texts.pair.heading(2, 6), "the next pair waits");
  const early = await savedFile(page, () => notice.getByRole("button", { name: texts.save.saveFile, exact: true }).click());
  assert.equal(votesOf(early.text).length, 2, "the file has the vote that is not stored");
  await page.evaluate(() => { globalThis.isFull = false; });
  await notice.getByRole("button", { name: texts.goOn, exact: true }).click();
  await atPair(page, 3);
  await vote(page, "3");
  const late = await savedFile(page);
  assert.equal(votesOf(late.text).length, 3);
  await page.reload();
  await atPair(page, 4);
  const after = await stage.page();
  await begin(after, stage.site.address("kept", "ann"));
  await button(after, texts.settings.open).click();
  await after.locator('dialog input[type="file"]').setInputFiles(late.file);
  await after.getByText(texts.save.loaded(3), { exact: true }).waitFor();
  assert.equal(await after.locator(".notice.urgent").count(), 0, "the receipts hold");
});

/** A database that is to be deleted while somebody holds it: whoever opens it waits. Nobody waits for the page's whole patience here. */
function holdUp() {
  const later = globalThis.setTimeout;
  globalThis.setTimeout = (action, delayMs, ...given) => later(action, delayMs === 15_000 ? 700 : delayMs, ...given);
  indexedDB.open("tiebreak").onsuccess = ({ target }) => {
    indexedDB.deleteDatabase("tiebreak");
    globalThis.letGo = () => target.result.close();
  };
}

test("a database that does not answer: a sentence, and another try when it does", async () => {
  const page = await stage.page();
  await page.addInitScript(holdUp);
  await page.goto(stage.site.address("kept", "ann"));
  await page.getByRole("alert").getByText(texts.errors.noAnswer, { exact: true }).waitFor();
  await button(page, texts.errors.tryAgain).click();
  await page.getByRole("alert").getByText(texts.errors.noAnswer, { exact: true }).waitFor();
  assert.equal(await page.getByText(texts.errors.noStorage, { exact: true }).count(), 0, "silence is no refusal");
  await page.evaluate(() => globalThis.letGo());
  await button(page, texts.errors.tryAgain).click();
  await passIntroduction(page);
  await vote(page, "2");
  assert.equal((await stored(page)).votes.length, 1);
});

/** Damages what the browser holds: the last vote's line breaks off, and so does the session's record. */
const damage = (page) => page.evaluate(async () => {
  const wait = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const database = await wait(indexedDB.open("tiebreak"));
  const found = [];
  for (const name of ["votes", "sessions"]) {
    const store = database.transaction(name, "readwrite").objectStore(name);
    const key = (await wait(store.getAllKeys())).at(-1);
    const text = (await wait(store.get(key))).slice(0, 50);
    await wait(store.put(text, key));
    found.push(text);
  }
  database.close();
  return found;
});

/** Everything that the database holds. */
const raw = (page) => page.evaluate(async () => {
  const wait = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const database = await wait(indexedDB.open("tiebreak"));
  const all = [];
  for (const name of ["votes", "sessions"]) all.push(...await wait(database.transaction(name).objectStore(name).getAll()));
  database.close();
  return all;
});

test("what can no longer be read is told, kept, and goes into the file", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("kept", "ann"));
  for (const key of ["1", "2", "3"]) await vote(page, key);
  const damaged = await damage(page);
  await page.reload();
  const notice = page.locator(".notice.urgent").filter({ hasText: texts.save.unreadable(2) });
  await notice.waitFor();
  await atPair(page, 3);
  const { text } = await savedFile(page, () => notice.getByRole("button", { name: texts.save.saveFile, exact: true }).click());
  const lines = text.trimEnd().split("\n");
  assert.equal(votesOf(`${lines.slice(0, 2).join("\n")}\n`).length, 2);
  assert.deepEqual(lines.slice(2), damaged);
  await vote(page, "5");
  await page.reload();
  await page.getByText(texts.save.unreadable(2), { exact: true }).waitFor();
  await atPair(page, 4);
  const held = await raw(page);
  for (const part of damaged) assert.ok(held.includes(part), "nothing was written over");
  await page.goto(stage.site.url);
  await page.getByText(texts.start.stored("ann", 4), { exact: true }).waitFor();
  assert.equal(await page.locator(".begun li").count(), 1, "what was set aside is no session");
  await page.locator(".begun button").click();
  await button(page, texts.settings.open).click();
  await button(page, texts.settings.eraseStudy).click();
  await button(page, texts.settings.eraseConfirm).click();
  await page.getByText(texts.settings.erased, { exact: true }).waitFor();
  assert.deepEqual(await raw(page), []);
});

test("no WebAssembly: a sentence and no blank page", async () => {
  const page = await stage.page();
  await page.addInitScript(() => { delete globalThis.WebAssembly; });
  await page.goto(stage.site.address("kept", "ann"));
  await heading(page, texts.errors.moduleTitle).waitFor();
  await page.getByText(texts.errors.module, { exact: true }).waitFor();
});

test("no SIMD: a sentence and no blank page", async () => {
  const page = await stage.page();
  await page.addInitScript(() => {
    const refuse = async () => { throw new WebAssembly.CompileError("no SIMD"); };
    Object.assign(WebAssembly, { instantiateStreaming: refuse, instantiate: refuse, compile: refuse, compileStreaming: refuse });
  });
  await page.goto(stage.site.address("kept", "ann"));
  await heading(page, texts.errors.moduleTitle).waitFor();
});

test("no service worker: the page works", async () => {
  const page = await stage.page();
  await page.addInitScript(() => { delete Navigator.prototype.serviceWorker; });
  await begin(page, stage.site.address("kept", "ann"));
  await vote(page, "2");
});

test("a clock that jumps back gives no time below zero", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("kept", "ann"));
  await atPair(page, 1);
  await vote(page, "1");
  const jump = () => {
    const now = Date.now;
    Date.now = () => now() - 86_400_000;
  };
  await page.evaluate(jump);
  await vote(page, "2");
  await page.addInitScript(jump);
  await page.reload();
  await atPair(page, 3);
  await vote(page, "3");
  const votes = votesOf((await savedFile(page)).text);
  assert.ok(Date.parse(votes[2].decided_at) < Date.parse(votes[0].decided_at), "the clock has jumped");
  assert.deepEqual(votes.map(({ verdict }) => Math.abs(verdict.strength)), [3, 2, 1], "the order is that of the work");
  assert.ok(votes.every(({ active_ms }) => active_ms < 60_000), "no time comes from the clock on the wall");
});
