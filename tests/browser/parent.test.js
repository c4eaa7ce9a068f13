// A page around the frame asks for one study after the other: what is slow holds nothing up, and what is over says nothing more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { buttonIn, pairIn, passIn } from "./support/embed.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Parent</title><link rel="icon" href="data:,"></head>
<body><iframe title="Annotator" src="./" width="1200" height="700"></iframe>
<script type="module">
import { TiebreakFrame } from "./frame.js";
globalThis.heard = [];
globalThis.client = new TiebreakFrame(document.querySelector("iframe"));
for (const type of ["ready", "vote", "progress", "done", "error"]) client.addEventListener(type, ({ detail }) => heard.push({ type, ...detail }));
</script></body></html>`;

const stage = useStage(async (site) => {
  await site.study("first", { flags: [...plain(4), "--slots", "2"] });
  await site.study("second", { flags: [...plain(4), "--slots", "1", "--seed", "7"], change: ({ settings }) => { settings.title = "Another study"; } });
  await site.put("parent.html", page);
});

/** @param {{prepare?: () => void, expects?: RegExp}} [options] */
async function open({ prepare = () => {}, expects } = {}) {
  const opened = await stage.page({ expects });
  await opened.addInitScript(prepare);
  await opened.goto(`${stage.site.url}parent.html`);
  await opened.waitForFunction(() => globalThis.client !== undefined);
  return { page: opened, frame: opened.frameLocator("iframe") };
}

/** Calls a method of the parent's side. */
const ask = (page, method, ...given) => page.evaluate(([name, values]) => globalThis.client[name](...values), [method, given]);
const heard = (page, type) => page.evaluate((wanted) => globalThis.heard.filter((event) => event.type === wanted), type);
const hears = (page, type) => page.waitForFunction((wanted) => globalThis.heard.some((event) => event.type === wanted), type);

/** An address of the site that is answered when `let` is called. */
async function slow(page, name) {
  let release;
  const gate = new Promise((resolve) => { release = resolve; });
  await page.route(`**/${name}`, async (route) => {
    await gate;
    await route.continue().catch(() => {});
  });
  return release;
}

test("an address that does not answer holds up no other message, and its study does not come late", async () => {
  const { page, frame } = await open({ expects: /Failed to load resource|ERR_ABORTED/ });
  const answer = await slow(page, "first.json");
  const asked = page.waitForRequest("**/first.json");
  await ask(page, "open", "first.json", { annotator: "ann" });
  await asked;
  await ask(page, "setTheme", "dark");
  await frame.locator("html[data-theme=dark]").waitFor({ state: "attached", timeout: 5_000 });
  await ask(page, "open", "second.json", { annotator: "ann" });
  await passIn(frame);
  answer();
  await page.keyboard.press("2");
  await pairIn(frame, 2);
  const ready = await heard(page, "ready");
  assert.deepEqual(ready.map(({ annotator, total }) => [annotator, total]), [["ann", 4]]);
  assert.equal(await frame.locator(".bar-title").textContent(), "Another study");
  assert.deepEqual(await heard(page, "error"), []);
});

test("closing a study that is on its way leaves an empty page", async () => {
  const { page, frame } = await open({ expects: /Failed to load resource|ERR_ABORTED/ });
  const answer = await slow(page, "first.json");
  const asked = page.waitForRequest("**/first.json");
  await ask(page, "open", "first.json", { annotator: "ann" });
  await asked;
  await ask(page, "closeStudy");
  assert.equal(await ask(page, "results"), "");
  answer();
  await ask(page, "open", "second.json", { annotator: "ann" });
  await passIn(frame);
  assert.equal((await heard(page, "ready")).length, 1);
});

test("the same study asked for again and again is opened once in the end, and nothing else has its lock", async () => {
  const { page, frame } = await open();
  await page.evaluate(async () => {
    const bytes = new Uint8Array(await (await fetch("first.json")).arrayBuffer());
    for (let i = 0; i < 5; i += 1) globalThis.client.open(bytes, { annotator: "ann" });
  });
  await passIn(frame);
  assert.deepEqual(await heard(page, "error"), []);
  const held = await page.evaluate(async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith("tiebreak")).length);
  assert.equal(held, 1);
});

/** Every vote takes its time to be stored. */
function storeSlowly() {
  const { commit } = IDBTransaction.prototype;
  IDBTransaction.prototype.commit = function () {
    const end = performance.now() + 400;
    const store = this.objectStore(this.objectStoreNames[0]);
    const wait = () => {
      if (performance.now() < end) store.count().onsuccess = wait;
      else commit.call(this);
    };
    wait();
  };
}

test("a vote that is being stored when its study is closed is told, and nothing goes on from it", async () => {
  const { page, frame } = await open({ prepare: storeSlowly });
  await ask(page, "open", "first.json", { annotator: "ann" });
  await passIn(frame);
  await page.keyboard.press("2");
  await frame.locator(".comparison.storing").waitFor();
  await ask(page, "open", "second.json", { annotator: "ann" });
  await buttonIn(frame, texts.consent.agreeAndStart).waitFor();
  const told = await page.evaluate(() => globalThis.heard.map(({ type }) => type));
  assert.deepEqual(told, ["ready", "vote", "ready"], "the vote is told before the next study, and no progress of the old one");
  await ask(page, "open", "first.json", { annotator: "ann" });
  await pairIn(frame, 2);
});

test("who annotates is read as it is read from an address", async () => {
  const { page, frame } = await open();
  for (const slot of [1.5, 0, -1, "none"]) {
    await ask(page, "open", "first.json", { annotator: "ann", slot });
    await frame.getByRole("alert").getByText(texts.identity.badSlot(String(slot)), { exact: true }).waitFor();
    assert.equal((await heard(page, "error")).at(-1).message, texts.identity.badSlot(String(slot)));
  }
  assert.deepEqual(await heard(page, "ready"), []);
  await ask(page, "open", "first.json", { annotator: "  ann ", slot: 2 });
  await hears(page, "ready");
  assert.equal((await heard(page, "ready"))[0].annotator, "ann");
  await passIn(frame);
});

test("only a vote's number says that votes are safe", async () => {
  const { page, frame } = await open();
  await ask(page, "open", "first.json", { annotator: "ann" });
  await passIn(frame);
  await page.keyboard.press("2");
  await pairIn(frame, 2);
  for (const upto of [-1, 1.5, "1", null, Infinity]) {
    const before = (await heard(page, "error")).length;
    await page.evaluate((number) => globalThis.client.saved(number), upto);
    await page.waitForFunction((count) => globalThis.heard.filter(({ type }) => type === "error").length > count, before);
    assert.equal((await heard(page, "error")).at(-1).message, texts.errors.savedNumber(String(upto)));
  }
  await frame.getByText(texts.save.unsaved(1), { exact: true }).waitFor();
  await ask(page, "saved", 99);
  await frame.getByText(texts.save.allSaved, { exact: true }).waitFor();
  await page.keyboard.press("2");
  await frame.getByText(texts.save.unsaved(1), { exact: true }).waitFor();
});

test("what the page says of the browser stays when another study is opened", async () => {
  const { page, frame } = await open({ prepare: () => { IDBFactory.prototype.open = () => { throw new DOMException("refused", "SecurityError"); }; } });
  await frame.getByText(texts.errors.noStorage, { exact: true }).waitFor();
  await page.evaluate(async () => { globalThis.bytes = new Uint8Array(await (await fetch("first.json")).arrayBuffer()); });
  await page.context().setOffline(true);
  await frame.getByText(texts.errors.offline, { exact: true }).waitFor();
  await page.evaluate(() => globalThis.client.open(globalThis.bytes, { annotator: "ann" }));
  await buttonIn(frame, texts.consent.agreeAndStart).waitFor();
  await frame.getByText(texts.errors.noStorage, { exact: true }).waitFor();
  await frame.getByText(texts.errors.offline, { exact: true }).waitFor();
  await page.context().setOffline(false);
  await frame.getByText(texts.errors.offline, { exact: true }).waitFor({ state: "detached" });
});

/** Asks for the results and does something to the frame; says how the question ended. */
const askAnd = (page, what) => page.evaluate((name) => {
  const iframe = document.querySelector("iframe");
  const ended = globalThis.client.results().then(() => "answered", (error) => error.message);
  ({ remove: () => iframe.remove(), reload: () => iframe.contentWindow.location.reload(), disconnect: () => globalThis.client.disconnect() })[name]();
  return ended;
}, what);

for (const [what, reason] of Object.entries({ remove: /removed/, reload: /loaded anew/, disconnect: /listens/ })) {
  test(`a question is not left open: ${what}`, async () => {
    const { page, frame } = await open({ expects: /Failed to load resource|ERR_ABORTED/ });
    await slow(page, "first.json");
    const asked = page.waitForRequest("**/first.json");
    await ask(page, "open", "first.json", { annotator: "ann" });
    await asked;
    assert.match(await askAnd(page, what), reason);
    if (what !== "reload") return assert.match(await page.evaluate(() => globalThis.client.results().catch((error) => error.message)), reason);
    await frame.getByRole("heading", { level: 1, name: texts.start.title }).waitFor();
    assert.equal(await ask(page, "results"), "", "the page that was loaded anew answers for itself");
  });
}
