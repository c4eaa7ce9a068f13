// The browser is killed in the middle of the work, again and again: nothing that was shown as done is lost.
// KILLS=12 kills it twelve times and not fifty, SEED=7 at other moments.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, test } from "node:test";
import { useStage } from "./support/browser.js";
import { atPair, begin, button, pairShown, shown, votesOf } from "./support/drive.js";
import { Killable, random } from "./support/killable.js";
import { manySamples, plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const kills = Number(process.env.KILLS ?? 50);
const seed = Number(process.env.SEED ?? 1);
/** A kill comes at most so late after the first key. */
const longestMs = 900;

let profile;
let study;
const stage = useStage(async (site) => {
  study = await site.study("long", { samples: manySamples(3000), flags: [...plain(3000), "--slots", "1"] });
});
before(async () => { profile = await mkdtemp(path.join(tmpdir(), "tiebreak-profile-")); });
after(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));

/** What was pressed on each pair, and the pair that was last seen; a vote before that one was shown as done. */
const seen = { pressed: new Map(), pair: 1 };

/** Votes until the browser is gone. */
async function work(page, next) {
  try {
    for (let pair = seen.pair; ; pair += 1) {
      const key = 1 + Math.floor(next() * 7);
      seen.pressed.set(pair, key - 4);
      await page.keyboard.press(String(key));
      await atPair(page, pair + 1);
      seen.pair = pair + 1;
    }
  } catch (error) {
    if (!/closed|disconnected|crashed/i.test(String(error))) throw error;
  }
}

/** Opens the study and says which pair it goes on with; a failure tells what the page shows instead. */
async function open(page) {
  const said = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => said.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  try {
    return await opened(page);
  } catch (error) {
    throw new Error(`${error.message}\n${await shown(page)}\n${said.join("\n") || "the console is empty"}`);
  }
}

async function opened(page) {
  await page.goto(stage.site.address("long", "ann"));
  const pair = page.locator(".pair-heading").filter({ hasText: /\d/ });
  const introduction = page.getByRole("button", { name: new RegExp(`^(${texts.consent.agreeAndStart}|${texts.guidelines.begin})$`) });
  await pair.or(introduction).waitFor();
  // Who has no vote yet may be asked once more to read what comes first.
  while (seen.pair === 1 && (await introduction.isVisible())) {
    await introduction.click();
    await pair.or(introduction).waitFor();
  }
  return pairShown(page);
}

test(`the browser is killed ${kills} times and no vote is lost`, { timeout: kills * 20_000 + 60_000 }, async (context) => {
  const next = random(seed);
  let unshown = 0;
  for (let i = 0; i < kills; i += 1) {
    const browser = await Killable.start(profile);
    const watch = stage.watch(browser.context, /closed/);
    try {
      const page = await browser.context.newPage();
      const pair = await open(page);
      // The last vote may have been stored without anybody having seen it; none that was seen may be missing.
      assert.ok(pair === seen.pair || pair === seen.pair + 1, `after kill ${i} the page goes on at pair ${pair}, not at ${seen.pair}`);
      unshown += pair - seen.pair;
      seen.pair = pair;
      const working = work(page, next);
      await pause(next() * longestMs);
      await browser.kill();
      await working;
    } finally {
      await browser.kill();
      watch.check();
    }
  }
  context.diagnostic(`seed ${seed}: ${kills} kills, ${seen.pair - 1} votes shown as done, ${unshown} times one more was stored`);
  assert.ok(seen.pair > kills, "there was work between the kills");
  await checkFile();
});

/** The file after all kills holds what was pressed, and its receipts are whole. */
async function checkFile() {
  const browser = await Killable.start(profile);
  try {
    const page = await browser.context.newPage();
    const pair = await open(page);
    const text = await exported(page);
    const votes = votesOf(text);
    assert.equal(votes.length, pair - 1);
    votes.forEach((vote, i) => {
      const strength = vote.shown_first === "first" ? vote.verdict.strength : -vote.verdict.strength;
      assert.equal(strength + 0, seen.pressed.get(i + 1) + 0, `vote ${i + 1} is what was pressed`);
      assert.ok(study.items.some(({ id }) => id === vote.shown_in.item));
    });
    await checkReceipts(text, votes.length);
  } finally {
    await browser.kill();
  }
}

/** The text of the file; over this connection a download has no path. */
async function exported(page) {
  await page.evaluate(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      globalThis.saved = blob.text();
      return make(blob);
    };
  });
  await button(page, texts.save.save).click();
  return page.evaluate(() => globalThis.saved);
}

/** Another profile takes the file and would say which receipt does not fit. */
async function checkReceipts(text, count) {
  const page = await stage.page();
  await begin(page, stage.site.address("long", "ann"));
  await button(page, texts.settings.open).click();
  await page.locator('dialog input[type="file"]').setInputFiles({ name: "votes.jsonl", mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.getByText(texts.save.loaded(count), { exact: true }).waitFor();
  assert.equal(await page.locator(".notice.urgent").count(), 0, "the receipts hold");
}
