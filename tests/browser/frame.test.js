// The page in a frame of another origin: whoever was named at the build may speak with it, and nobody else.

import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { useStage } from "./support/browser.js";
import { votesOf } from "./support/drive.js";
import { endIn, pairIn, passIn } from "./support/embed.js";
import { plain, root, Site } from "./support/site.js";
import { texts } from "./support/texts.js";

/** The site of the parent; the frame's has another port, and so another origin. */
let allowed;
/** By a name that is another site as well, to whose frames Chromium gives no storage in a fresh profile. */
let foreign;
/** Built for both. @type {Site} */
let framed;
// Both are the test's own; a frame of another origin is what it is about.
const crossing = /request to http:\/\/(127\.0\.0\.1|localhost):/;

const stage = useStage(async (site) => {
  allowed = site.url;
  foreign = site.url.replace("127.0.0.1", "localhost");
  await site.study("study", { flags: [...plain(4), "--slots", "1"] });
  for (const name of ["frame.html", "frame-example.js"]) await cp(path.join(root, "web/examples", name), path.join(site.folder, name));
  framed = await Site.open();
  await framed.build("--parent", new URL(allowed).origin, "--parent", new URL(foreign).origin);
});
after(() => framed?.close());

/**
 * The example's page, and all messages that it gets.
 * @param {string} from its site
 * @param {string} to the site of the frame
 */
async function open(from, to) {
  const page = await stage.page({ expects: crossing });
  await page.addInitScript(() => {
    globalThis.heard = [];
    addEventListener("message", ({ origin, data }) => globalThis.heard.push({ origin, ...data }));
  });
  await page.goto(`${from}frame.html?page=${encodeURIComponent(to)}`);
  return { page, frame: page.frameLocator("iframe[title]") };
}

const heard = (page) => page.evaluate(() => globalThis.heard);

test("a parent that was named at the build gives a study and gets the votes", async () => {
  const { page, frame } = await open(allowed, framed.url);
  await passIn(frame);
  assert.equal(await frame.locator("html").getAttribute("data-theme"), "light");
  for (const [i, key] of ["1", "6", "4", "b"].entries()) {
    await pairIn(frame, i + 1);
    await page.keyboard.press(key);
    if (i === 1) await frame.getByText(texts.save.allSaved, { exact: true }).waitFor();
  }
  await endIn(frame);
  await page.getByText(/^Done, 4 votes/).waitFor();
  const messages = await heard(page);
  assert.ok(messages.every(({ tiebreak, origin }) => tiebreak === 1 && origin === new URL(framed.url).origin));
  const of = (type) => messages.filter((message) => message.type === type);
  const lines = of("vote").map(({ vote }) => `${vote}\n`).join("");
  assert.equal(votesOf(lines).length, 4);
  assert.equal(of("done")[0].votes, lines);
  assert.equal(of("ready")[0].annotator, "ann");
  const results = await page.evaluate(async (address) => {
    const { TiebreakFrame } = await import(address);
    return new TiebreakFrame(document.querySelector("iframe")).results();
  }, `${allowed}frame.js`);
  assert.equal(results, lines, "the votes can be asked for at any time");
});

test("a parent of another origin is not heard, and hears nothing", async () => {
  // This site was built for no other.
  const { page, frame } = await open(foreign, allowed);
  await frame.getByRole("heading", { level: 1, name: texts.start.title }).waitFor();
  // Its study comes from its own address, so the frame had every occasion to take what was sent.
  await page.evaluate(() => {
    const inside = document.querySelector("iframe").contentWindow;
    for (const type of ["hello", "open", "results"]) inside.postMessage({ tiebreak: 1, type, study: { any: "thing" }, request: 1 }, "*");
  });
  await frame.getByRole("button", { name: texts.start.tryButton }).click();
  await frame.getByRole("heading", { level: 1, name: texts.try.title }).waitFor();
  assert.deepEqual(await heard(page), []);
});

test("a parent of the same origin needs no permission", async () => {
  const { page, frame } = await open(allowed, allowed);
  await passIn(frame);
  await page.keyboard.press("1");
  await pairIn(frame, 2);
  assert.equal((await heard(page)).filter(({ type }) => type === "vote").length, 1);
});

test("a frame without storage says so, and its votes reach the parent all the same", async () => {
  const { page, frame } = await open(foreign, framed.url);
  await frame.getByText(texts.errors.noStorage, { exact: true }).waitFor();
  await passIn(frame);
  await page.keyboard.press("2");
  await frame.getByText(texts.save.notStored("").slice(0, 40)).waitFor();
  const votes = (await heard(page)).filter(({ type }) => type === "vote");
  assert.equal(votesOf(votes.map(({ vote }) => `${vote}\n`).join("")).length, 1);
});

test("other versions, other windows and nonsense are not answered", async () => {
  const { page, frame } = await open(allowed, framed.url);
  await passIn(frame);
  const before = (await heard(page)).length;
  await page.evaluate((target) => {
    const inside = document.querySelector("iframe").contentWindow;
    for (const message of [{ tiebreak: 2, type: "results", request: 1 }, { type: "results" }, "results", null, { tiebreak: 1, type: "unknown" }]) inside.postMessage(message, target);
    // The same origin as the parent, but not the parent.
    const sibling = document.body.appendChild(document.createElement("iframe"));
    sibling.contentWindow.eval(`parent.frames[0].postMessage({ tiebreak: 1, type: "close" }, ${JSON.stringify(target)})`);
  }, new URL(framed.url).origin);
  await page.frames()[1].locator(".pair-heading").click();
  await page.keyboard.press("2");
  await pairIn(frame, 2);
  assert.deepEqual((await heard(page)).slice(before).map(({ type }) => type), ["vote", "progress"]);
});

test("what cannot be opened is told to the parent", async () => {
  const { page, frame } = await open(allowed, framed.url);
  await passIn(frame);
  await page.evaluate(async (address) => {
    const { TiebreakFrame } = await import(address);
    const client = new TiebreakFrame(document.querySelector("iframe"));
    client.open(`${location.origin}/study.json`, { annotator: "ann" });
  }, `${allowed}frame.js`);
  await frame.getByRole("alert").getByText(texts.errors.studyOrigin, { exact: true }).waitFor();
  assert.equal((await heard(page)).at(-1).message, texts.errors.studyOrigin, "a parent may speak, which is no leave to fetch from it");
});
