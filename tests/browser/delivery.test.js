// Votes to the address that a study names: again until they are taken, each once, and kept as long as they are not.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, button, passIntroduction, savedFile, stored, vote, votesOf } from "./support/drive.js";
import { Receiver } from "./support/receiver.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const stage = useStage();
/** @type {Receiver} */
let receiver;
let host;
const refused = /Failed to load resource/;

beforeEach(async () => {
  receiver = await Receiver.open(stage.site.url);
  host = new URL(receiver.url).host;
});
afterEach(() => receiver.close());

/** A study that is sent to the receiver, at its first pair. */
async function open({ method = "POST", to = `${receiver.url}results`, expects = undefined, prepare = () => {} } = {}) {
  await stage.site.study("sent", { flags: [...plain(6), "--slots", "1"], change: ({ settings }) => { settings.delivery = { url: to, method }; } });
  const page = await stage.page({ url: receiver.url, expects });
  await page.addInitScript(prepare);
  await page.goto(`${receiver.url}?study=sent.json&annotator=ann`);
  await page.getByText(new URL(to).host, { exact: true }).waitFor();
  await passIntroduction(page);
  await atPair(page, 1);
  return page;
}

const allSafe = (page) => page.getByText(texts.save.allSaved, { exact: true }).waitFor();
const safeThrough = (page, count) => page.getByText(texts.save.unsaved(count), { exact: true }).waitFor();

test("500 twice, then 200: every vote arrives once and is marked as safe", async () => {
  receiver.statuses = [500, 500];
  const page = await open({ expects: refused });
  await vote(page, "2");
  await page.getByText(texts.save.retry(host, 2), { exact: true }).waitFor();
  await vote(page, "6");
  await safeThrough(page, 2);
  // The next tries come by themselves, each after a longer pause.
  await page.getByText(texts.save.retry(host, 4), { exact: true }).waitFor();
  await allSafe(page);
  await page.locator(".notice").filter({ hasText: host }).waitFor({ state: "detached" });
  await vote(page, "3");
  await allSafe(page);
  assert.deepEqual(receiver.taken.map(({ status }) => status), [500, 500, 200, 200]);
  assert.equal(votesOf(receiver.votes).length, 3);
  for (const { method, type, cookie } of receiver.taken) assert.deepEqual([method, type, cookie], ["POST", "text/plain;charset=utf-8", undefined]);
});

test("what was sent is not sent again after a reload, and equals the saved file", async () => {
  const page = await open({ method: "PUT" });
  for (const key of ["1", "2", "3"]) await vote(page, key);
  await allSafe(page);
  await page.reload();
  for (let i = 4; i <= 6; i += 1) {
    await atPair(page, i);
    await page.keyboard.press("5");
  }
  await atEnd(page);
  await allSafe(page);
  const { text } = await savedFile(page, () => button(page, texts.save.saveFile).click());
  assert.equal(receiver.votes, text, "each vote once, in order, byte for byte");
  assert.ok(receiver.taken.every(({ method }) => method === "PUT"));
});

test("what is refused is kept and told, and can be sent later", async () => {
  receiver.statuses = [413];
  const page = await open({ expects: refused });
  await vote(page, "2");
  await page.locator(".notice.urgent").getByText(texts.save.refused(host, 413), { exact: true }).waitFor();
  await safeThrough(page, 1);
  await vote(page, "3");
  await safeThrough(page, 2);
  assert.equal(receiver.taken.length, 1, "what was refused is not tried again by itself");
  await button(page, texts.save.sendNow).click();
  await allSafe(page);
  assert.equal(votesOf(receiver.votes).length, 2);
});

test("offline, votes wait and are sent when the network is there again", async () => {
  const page = await open({ expects: /ERR_INTERNET_DISCONNECTED/ });
  await vote(page, "2");
  await allSafe(page);
  await page.context().setOffline(true);
  await vote(page, "3");
  await vote(page, "4");
  await page.getByText(texts.save.waiting, { exact: true }).waitFor();
  await safeThrough(page, 2);
  assert.equal(receiver.taken.length, 1);
  await page.context().setOffline(false);
  await allSafe(page);
  assert.equal(votesOf(receiver.votes).length, 3);
});

test("a server that is gone: the work goes on, and nothing is lost", async () => {
  const page = await open({ expects: /Failed to load resource|ERR_CONNECTION_REFUSED/ });
  await vote(page, "2");
  await allSafe(page);
  receiver.close();
  await vote(page, "3");
  await page.getByText(texts.save.retry(host, 2), { exact: true }).waitFor();
  await vote(page, "4");
  const { text } = await savedFile(page);
  assert.equal(votesOf(text).length, 3);
});

test("a server that does not answer holds nothing up, and gets the votes once more", async () => {
  receiver.statuses = [0];
  // Nobody waits for the page's whole patience here.
  const hurry = () => { AbortSignal.timeout = () => { const stop = new AbortController(); setTimeout(() => stop.abort(), 1_500); return stop.signal; }; };
  const page = await open({ prepare: hurry });
  await vote(page, "2");
  await vote(page, "6");
  await safeThrough(page, 2);
  await page.getByText(texts.save.retry(host, 2), { exact: true }).waitFor();
  await vote(page, "3");
  await allSafe(page);
  assert.deepEqual(receiver.taken.map(({ status }) => status), [0, 200]);
  assert.equal(votesOf(receiver.votes).length, 3);
});

/** Holds up what is sent until `let` is called. */
async function holdUp(page) {
  let release;
  const gate = new Promise((resolve) => { release = resolve; });
  await page.route("**/results", async (route) => {
    await gate;
    await route.continue().catch(() => {});
  });
  return release;
}

test("erasing while votes are on their way: nothing comes back", async () => {
  const page = await open({ expects: /Failed to load resource/ });
  const release = await holdUp(page);
  const sent = page.waitForRequest("**/results");
  await vote(page, "2");
  await sent;
  await button(page, texts.settings.open).click();
  await button(page, texts.settings.eraseStudy).click();
  await button(page, texts.settings.eraseConfirm).click();
  await page.getByText(texts.settings.erased, { exact: true }).waitFor();
  release();
  await page.reload();
  await button(page, texts.consent.agreeAndStart).waitFor();
  const { votes, heads } = await stored(page);
  assert.deepEqual([votes, heads.map(({ sent: upto }) => upto)], [[], [0]]);
});

test("votes that were taken from a file are sent as well, also while others are on their way", async () => {
  receiver.statuses = [413];
  const other = await open({ expects: refused });
  for (const key of ["1", "2"]) await vote(other, key);
  const { text } = await savedFile(other);
  receiver.taken = [];
  const page = await open();
  await vote(page, "5");
  await allSafe(page);
  const release = await holdUp(page);
  const sent = page.waitForRequest("**/results");
  await vote(page, "6");
  await sent;
  await button(page, texts.settings.open).click();
  await page.locator('dialog input[type="file"]').setInputFiles({ name: "votes.jsonl", mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.getByText(texts.save.loaded(2), { exact: true }).waitFor();
  release();
  await allSafe(page);
  await page.waitForFunction(async () => {
    const wait = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const database = await wait(indexedDB.open("tiebreak"));
    const [head] = await wait(database.transaction("sessions").objectStore("sessions").getAll());
    database.close();
    return JSON.parse(head).sent === 2;
  });
  for (const line of text.trimEnd().split("\n")) assert.ok(receiver.votes.includes(line), "the receiver has the file's votes");
});

test("an address of another origin gets nothing unless the page was built for it, and the votes go to a file", async () => {
  const page = await open({ to: "https://results.example/in", expects: /Content Security Policy|Failed to load resource/ });
  await vote(page, "2");
  await page.locator(".notice").filter({ hasText: "results.example" }).waitFor();
  await safeThrough(page, 1);
  assert.equal(votesOf((await savedFile(page)).text).length, 1);
});
