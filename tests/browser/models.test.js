// Models of one's own stay in the browser: fetched or copied once, whole or known not to be.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, beforeEach, test } from "node:test";
import { useStage } from "./support/browser.js";
import { button, heading } from "./support/drive.js";
import { Killable } from "./support/killable.js";
import { ModelHost } from "./support/model-host.js";
import { root } from "./support/site.js";
import { texts } from "./support/texts.js";

const shipped = path.join(root, "web/model/tiebreak-support-6m-q8_0.gguf");
const bytes = await readFile(shipped);
const hashOf = (content) => createHash("sha256").update(content).digest("hex");
/** The same model under another name, which makes it another file of the same length. */
const renamed = Buffer.from(bytes.toString("latin1").replace("Tiebreak Support", "Tiebroke Support"), "latin1");
const half = Math.floor(bytes.length / 2);
const patience = { timeout: 90_000 };

/** @type {ModelHost} */
let host;
const stage = useStage(async (site) => { host = await ModelHost.open(site.url, bytes); });
beforeEach(() => Object.assign(host, { asked: [], breaks: undefined, takesRanges: true, tag: '"one"', bytes }));
after(() => host?.close());

const openModels = (page) => page.locator("details.model summary").click();

/** Opens the page, or opens it again, with the list of models. */
async function open(page) {
  if (page.url().startsWith(host.url)) await page.reload();
  else await page.goto(`${host.url}#try`);
  await heading(page, texts.try.title).waitFor();
  await loaded(page);
  await openModels(page);
}

async function opened(options) {
  const page = await stage.page({ url: host.url, ...options });
  await open(page);
  return page;
}

const loaded = (page) => page.locator(".model-line").filter({ hasText: / parameters · / }).waitFor(patience);
const row = (page, state) => page.locator(`.kept-models li.${state}`);
const choose = (page, file = shipped) => page.locator('details.model input[type="file"]').setInputFiles(file);
const says = (page, text) => page.getByText(text, { exact: false }).first().waitFor(patience);
const complains = (page, code) => page.locator(".complaint").filter({ hasText: texts.errors.model[code] }).waitFor(patience);

async function fetchModel(page) {
  await page.getByLabel(texts.try.modelAddress).fill("hosted.gguf");
  await button(page, texts.try.modelFetch).click();
}


/** Waits until a kept model is the one in use, and nothing is under way. */
async function inUse(page) {
  await button(page, texts.models.stop).waitFor({ state: "hidden", ...patience });
  await row(page, "whole").filter({ hasText: texts.models.inUse }).waitFor(patience);
}

const press = (page, label) => page.locator(".kept-models").getByRole("button", { name: new RegExp(`^${label}`) }).click();

async function deleteIt(page) {
  await press(page, texts.models.delete);
  await page.locator("dialog").getByRole("button", { name: texts.models.delete, exact: true }).click();
}

/** The records and the files' lengths, past the page. */
function kept(page) {
  return page.evaluate(async () => {
    const wait = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    const database = await wait(indexedDB.open("tiebreak models"));
    const names = [...database.objectStoreNames];
    const records = names.length > 0 ? (await wait(database.transaction("models").objectStore("models").getAll())).map((text) => JSON.parse(text)) : [];
    database.close();
    const files = {};
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models", { create: true });
    for await (const [name, file] of folder.entries()) files[name] = (await file.getFile()).size;
    return { records, files: Object.values(files) };
  });
}

async function writes(page) {
  await page.locator(".catalogue button").first().click();
  await page.locator(".step:enabled").first().waitFor(patience);
}

/** Changes what the worker finds in its browser; scripts of a context do not reach it otherwise. */
async function inWorker(page, script) {
  await page.addInitScript(`{ ${script} }`);
  const worker = await readFile(path.join(stage.site.folder, "worker.js"), "utf8");
  await page.route("**/worker.js", (route) => route.fulfill({ contentType: "text/javascript", body: `${script}\n${worker}` }));
}

test("a file is kept, loaded again without it, and deleted", { timeout: 180_000 }, async () => {
  const page = await opened();
  await choose(page);
  await inUse(page);
  const { records, files } = await kept(page);
  assert.deepEqual(files, [bytes.length]);
  assert.equal(records[0].sha256, hashOf(bytes));
  await open(page);
  await press(page, texts.models.use);
  await inUse(page);
  await choose(page);
  await inUse(page);
  assert.equal((await kept(page)).records.length, 1, "the same file is kept once");
  await deleteIt(page);
  await row(page, "whole").waitFor({ state: "detached" });
  assert.deepEqual(await kept(page), { records: [], files: [] });
  await writes(page);
});

test("an address is fetched once", { timeout: 180_000 }, async () => {
  const page = await opened();
  await page.evaluate(() => {
    globalThis.lines = [];
    const line = document.querySelector(".model-line");
    new MutationObserver(() => globalThis.lines.push(line.textContent)).observe(line, { childList: true, characterData: true, subtree: true });
  });
  await fetchModel(page);
  await inUse(page);
  const lines = await page.evaluate(() => globalThis.lines);
  const last = texts.models.progress(texts.try.stages.download, bytes.length, bytes.length);
  assert.ok(lines.includes(last), `progress is told in bytes: ${lines}`);
  await open(page);
  await press(page, texts.models.use);
  await inUse(page);
  await writes(page);
  await open(page);
  await fetchModel(page);
  await inUse(page);
  assert.equal(host.asked.length, 2, "the second time only the head is looked at");
  assert.equal((await kept(page)).records.length, 1);
});

for (const serviceWorkers of ["block", "allow"]) {
  test(`a download that breaks off goes on where it was, service worker: ${serviceWorkers}`, { timeout: 180_000 }, async () => {
    const page = await opened({ expects: /Failed to load resource|net::ERR|Failed to fetch/, serviceWorkers });
    if (serviceWorkers === "allow") await page.waitForFunction(() => navigator.serviceWorker.controller);
    host.breaks = { after: half };
    await fetchModel(page);
    await complains(page, "network");
    await row(page, "partial").waitFor(patience);
    const [{ bytes: there, sha256 }] = (await kept(page)).records;
    assert.ok(there > 0 && there <= half && sha256 === undefined);
    await open(page);
    await press(page, texts.models.resume);
    await inUse(page);
    assert.deepEqual(host.asked.map(({ range, status, sent }) => ({ range, status, sent })), [
      { range: undefined, status: 200, sent: half },
      { range: `bytes=${there}-`, status: 206, sent: bytes.length - there },
    ]);
    const { records, files } = await kept(page);
    assert.deepEqual([records[0].sha256, files], [hashOf(bytes), [bytes.length]]);
  });
}

const starts = {
  "another version": () => Object.assign(host, { tag: '"two"', bytes: renamed }),
  "a server without parts": () => { host.takesRanges = false; },
  "a server without versions": () => { host.tag = undefined; },
};
for (const [name, change] of Object.entries(starts)) {
  test(`${name}: the download begins anew`, { timeout: 180_000 }, async () => {
    const page = await opened({ expects: /Failed to load resource|net::ERR/ });
    if (name === "a server without versions") change();
    host.breaks = { after: half };
    await fetchModel(page);
    await row(page, "partial").waitFor(patience);
    change();
    await press(page, texts.models.resume);
    await inUse(page);
    assert.deepEqual([host.asked[1].status, host.asked[1].sent], [200, bytes.length]);
    const { records, files } = await kept(page);
    assert.deepEqual([records.map(({ sha256 }) => sha256), files], [[hashOf(host.bytes)], [bytes.length]]);
  });
}

test("a download can be stopped, also while the server is silent, and goes on", { timeout: 180_000 }, async () => {
  const page = await opened({ expects: /Failed to load resource|net::ERR/ });
  host.breaks = { after: half, stands: true };
  await fetchModel(page);
  await says(page, texts.models.progress(texts.try.stages.download, half, bytes.length));
  await button(page, texts.models.stop).click();
  await says(page, texts.models.stopped);
  await row(page, "partial").waitFor(patience);
  await writes(page);
  await open(page);
  await press(page, texts.models.resume);
  await inUse(page);
  assert.equal(host.asked[1].range, `bytes=${half}-`);
});

test("a file that was changed is never used", { timeout: 180_000 }, async () => {
  const page = await opened();
  await fetchModel(page);
  await inUse(page);
  const change = (position) => page.evaluate(async (at) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
    for await (const file of folder.values()) {
      const writable = await file.createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position: at, data: new Uint8Array([1, 2, 3]) });
      await writable.close();
    }
  }, position);
  await change(half);
  await open(page);
  await press(page, texts.models.use);
  await complains(page, "damaged");
  await press(page, texts.models.fetchAgain);
  await inUse(page);
  await change(bytes.length);
  await open(page);
  await row(page, "damaged").waitFor();
  assert.equal(await row(page, "whole").count(), 0, "another length is seen at once");
  await deleteIt(page);
  await row(page, "damaged").waitFor({ state: "detached" });
});

test("what is no model is not kept", { timeout: 180_000 }, async () => {
  const page = await opened();
  await choose(page, { name: "broken.gguf", mimeType: "application/octet-stream", buffer: Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(4096)]) });
  await complains(page, "bad_gguf");
  host.bytes = Buffer.alloc(bytes.length, "no model ");
  await fetchModel(page);
  await complains(page, "bad_gguf");
  assert.deepEqual(await kept(page), { records: [], files: [] });
});

test("killed in the middle, the browser has no half model", { timeout: 240_000 }, async () => {
  // Longer than what is made safe at a time.
  host.bytes = Buffer.concat([bytes, Buffer.alloc(20 << 20)]);
  const profile = await mkdtemp(path.join(tmpdir(), "tiebreak-profile-"));
  try {
    for (const after of [half, 17 << 20]) {
      const killed = await Killable.start(profile);
      const page = await killed.context.newPage();
      await open(page);
      host.breaks = { after, stands: true };
      await fetchModel(page);
      await says(page, texts.models.progress(texts.try.stages.download, after, host.bytes.length));
      await killed.kill();
    }
    host.asked = [];
    const again = await Killable.start(profile);
    const page = await again.context.newPage();
    await open(page);
    await row(page, "partial").waitFor();
    assert.equal(await row(page, "whole").count(), 0);
    const [{ bytes: safe }] = (await kept(page)).records;
    assert.ok(safe >= 16 << 20, "what was made safe is still there");
    await press(page, texts.models.resume);
    await inUse(page);
    assert.deepEqual(host.asked.map(({ range }) => range), [`bytes=${safe}-`]);
    assert.equal((await kept(page)).records[0].sha256, hashOf(host.bytes));
    await again.kill();
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("two tabs keep out of each other's way, and say so", { timeout: 180_000 }, async () => {
  const page = await opened({ expects: /Failed to load resource|net::ERR/ });
  host.breaks = { after: half, stands: true };
  await fetchModel(page);
  await says(page, texts.models.progress(texts.try.stages.download, half, bytes.length));
  const other = await page.context().newPage();
  await open(other);
  await fetchModel(other);
  await complains(other, "busy");
  await deleteIt(other);
  await complains(other, "busy");
  await writes(other);
  await page.close();
  await open(other);
  await press(other, texts.models.resume);
  await inUse(other);
});

const lacks = {
  "no private files": "delete globalThis.StorageManager.prototype.getDirectory;",
  "private files that are refused": "globalThis.StorageManager.prototype.getDirectory = async () => { throw new DOMException('refused', 'SecurityError'); };",
  "no files in place": "delete globalThis.FileSystemFileHandle.prototype.createSyncAccessHandle;",
};
for (const [name, script] of Object.entries(lacks)) {
  test(`${name}: models work as long as the page is open`, { timeout: 180_000 }, async () => {
    const page = await stage.page({ url: host.url });
    await inWorker(page, script);
    await open(page);
    for (const load of [choose, fetchModel]) {
      await load(page);
      await says(page, texts.models.notKept.storage);
      await loaded(page);
      assert.equal(await page.locator(".complaint").textContent(), "");
    }
    assert.equal(await page.locator(".kept-models li").count(), 0);
    await writes(page);
  });
}

test("too little space is said before anything is fetched", { timeout: 180_000 }, async () => {
  const page = await stage.page({ url: host.url });
  await inWorker(page, "globalThis.StorageManager.prototype.estimate = async () => ({ usage: 0, quota: 1e6 });");
  await open(page);
  await fetchModel(page);
  await complains(page, "space");
  await choose(page);
  await says(page, texts.models.notKept.space);
  await loaded(page);
  assert.deepEqual(await kept(page), { records: [], files: [] });
});

/** Lets the worker's memory be full but for some bytes, from a request of a kind on. */
async function fillMemory(page, type, left) {
  const worker = await readFile(path.join(stage.site.folder, "worker.js"), "utf8");
  const fill = `(request) => { if (request.type === "${type}") memory.grow(65536 - memory.buffer.byteLength / 65536 - ${left >> 16}); }`;
  const body = worker
    .replace(/await init\((.*)\);/, "({ memory } = await init($1));")
    .replace("worker.handle(", `(${fill})(message); worker.handle(`);
  await page.route("**/worker.js", (route) => route.fulfill({ contentType: "text/javascript", body: `let memory;\n${body}` }));
}

test("a model that is larger than the memory is refused before it is fetched", { timeout: 180_000 }, async () => {
  const page = await stage.page({ url: host.url });
  await fillMemory(page, "keep", 0);
  host.bytes = Buffer.concat([bytes, Buffer.alloc(64 << 20)]);
  await open(page);
  await fetchModel(page);
  await complains(page, "memory");
  assert.deepEqual(await kept(page), { records: [], files: [] });
  await page.unroute("**/worker.js");
  await open(page);
  await writes(page);
});

test("where memory gives out while a model is loaded, the page goes on", { timeout: 180_000 }, async () => {
  const page = await stage.page({ url: host.url });
  await fillMemory(page, "load", 8 << 20);
  await page.goto(`${host.url}#try`);
  await complains(page, "memory");
  await page.unroute("**/worker.js");
  await openModels(page);
  await button(page, texts.try.modelBuiltin).click();
  await loaded(page);
  await writes(page);
});

test("erasing everything deletes the models, those that are being fetched among them", { timeout: 180_000 }, async () => {
  const page = await opened({ expects: /Failed to load resource|net::ERR/ });
  await choose(page);
  await inUse(page);
  host.bytes = renamed;
  host.breaks = { after: half, stands: true };
  await fetchModel(page);
  await says(page, texts.models.progress(texts.try.stages.download, half, bytes.length));
  await button(page, texts.settings.open).click();
  await button(page, texts.settings.erase).click();
  await button(page, texts.settings.eraseConfirm).click();
  await says(page, texts.settings.erased);
  assert.deepEqual(await kept(page), { records: [], files: [] });
});
