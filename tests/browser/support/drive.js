// The page as somebody works through it. Every wait is for something that is seen, none for a time.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { texts } from "./texts.js";

/** @typedef {import("playwright-core").Page} Page */

/**
 * @param {Page} page
 * @param {string} name
 */
export const button = (page, name) => page.getByRole("button", { name, exact: true });

/**
 * @param {Page} page
 * @param {string} name
 */
export const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true });

/**
 * Opens a study and goes on to its first pair.
 * @param {Page} page
 * @param {string} address
 */
export async function begin(page, address) {
  await page.goto(address);
  await passIntroduction(page);
}

/** @param {Page} page */
export async function passIntroduction(page) {
  await page.getByRole("button", { name: new RegExp(`^(${texts.consent.agree}|${texts.consent.agreeAndStart})$`) }).click();
  await button(page, texts.guidelines.begin).click();
}

/**
 * Waits for a pair.
 * @param {Page} page
 * @param {number} number from 1
 */
export async function atPair(page, number) {
  await page.waitForFunction((wanted) => document.querySelector(".pair-heading")?.textContent?.startsWith(wanted), `${texts.pair.heading(number, 0).split(" of ")[0]} of `);
}

/** @param {Page} page the number of the pair that is shown, from 1 */
export async function pairShown(page) {
  const text = await page.locator(".pair-heading").textContent();
  const [number] = text.match(/\d[\d,]*/);
  return Number(number.replaceAll(",", ""));
}

/**
 * Presses a key and waits for the next pair.
 * @param {Page} page
 * @param {string} key
 */
export async function vote(page, key) {
  const number = await pairShown(page);
  await page.keyboard.press(key);
  await atPair(page, number + 1);
}

/** @param {Page} page */
export const atEnd = (page) => heading(page, texts.finish.title).waitFor();

/**
 * The two replies as they stand on the screen; exact where they are shown as plain text.
 * @param {Page} page
 * @returns {Promise<[string, string]>}
 */
export async function replies(page) {
  const [left, right] = await page.locator(".card-body").allTextContents();
  return [left, right];
}

/** @param {Page} page */
export const plainText = (page) => page.locator(".segments input[value=plain]").check({ force: true });

/**
 * Saves the votes and reads the file.
 * @param {Page} page
 * @param {() => Promise<unknown>} [save] what leads to the download
 */
export async function savedFile(page, save = () => button(page, texts.save.save).click()) {
  const [download] = await Promise.all([page.waitForEvent("download"), save()]);
  const file = await download.path();
  return { name: download.suggestedFilename(), file, text: await readFile(file, "utf8") };
}

/**
 * The file's votes, after a look at what every file of votes must be.
 * @param {string} text
 * @returns {any[]}
 */
export function votesOf(text) {
  assert.ok(text.endsWith("\n"), "the last line has an end");
  const votes = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  votes.forEach((vote, i) => {
    assert.equal(vote.schema, "tiebreak/vote/1");
    assert.equal(vote.number, i + 1, "votes are numbered from 1 without gaps");
    assert.match(vote.receipt, /^[0-9a-f]{64}$/);
    assert.ok(Date.parse(vote.decided_at) >= Date.parse(vote.shown_at), "nobody decides before the pair is shown");
    assert.ok(vote.active_ms >= 0);
  });
  assert.equal(new Set(votes.map((vote) => vote.receipt)).size, votes.length, "no receipt comes twice");
  return votes;
}

/**
 * Checks a vote against what stood on the screen and what was pressed.
 * @param {any} vote
 * @param {any} study
 * @param {[string, string]} shown the replies, left and right
 * @param {number | string} pressed strength as on the screen (below 0: left), or the verdict's word
 */
export function checkVote(vote, study, shown, pressed) {
  const item = study.items.find(({ id }) => id === vote.shown_in.item);
  assert.deepEqual([...shown].sort(), [...item.responses].sort(), "the screen showed this pair");
  const first = vote.shown_first === "first" ? 0 : 1;
  assert.equal(shown[0], item.responses[first], "shown_first tells which reply stood first");
  if (typeof pressed === "string") return assert.equal(vote.verdict, pressed);
  const better = shown[pressed < 0 ? 0 : 1];
  const strength = vote.verdict.strength;
  assert.equal(Math.abs(strength), Math.abs(pressed));
  if (strength !== 0) assert.equal(item.responses[strength < 0 ? 0 : 1], better, "the verdict is for the reply that was chosen");
}

/**
 * Presses Tab until something has the focus.
 * @param {Page} page
 * @param {string} name its text
 */
export async function tabTo(page, name) {
  const label = () => page.evaluate(() => document.activeElement?.querySelector(".label")?.textContent ?? document.activeElement?.textContent);
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press("Tab");
    if ((await label()) === name) return;
  }
  assert.fail(`Tab does not lead to “${name}”`);
}

/**
 * What a page shows, and how far it has come, for a failure's message.
 * @param {Page} page
 * @returns {Promise<string>}
 */
export function shown(page) {
  const look = page.evaluate(async () => {
    const locks = await navigator.locks.query();
    const names = (/** @type {LockInfo[] | undefined} */ list) => list?.map(({ name }) => name).join(", ") || "none";
    return `${location.href} (${document.readyState}, service worker: ${navigator.serviceWorker.controller?.state ?? "none"}, locks: ${names(locks.held)})\n${document.body.innerText || "an empty page"}`;
  });
  const silence = pause(10_000, "the page does not answer", { ref: false });
  return Promise.race([look.catch((error) => `the page is gone: ${error.message}`), silence]);
}

/**
 * What a study's session holds in the browser's database.
 * @param {Page} page
 * @returns {Promise<{votes: string[], heads: any[]}>}
 */
export function stored(page) {
  return page.evaluate(async () => {
    const wait = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    const database = await wait(indexedDB.open("tiebreak"));
    try {
      const all = (store) => wait(database.transaction(store).objectStore(store).getAll());
      return { votes: await all("votes"), heads: (await all("sessions")).map((head) => JSON.parse(head)) };
    } finally {
      database.close();
    }
  });
}
