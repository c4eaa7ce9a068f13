// Going back: a changed vote stands beside the one before, and what was begun survives a reload.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, begin, button, checkVote, plainText, replies, savedFile, stored, vote, votesOf } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

let study;
const stage = useStage(async (site) => {
  study = await site.study("changes", { flags: [...plain(6), "--slots", "1"] });
  await site.study("asked", { flags: [...plain(6), "--slots", "1", "--require-reason", "--min-rationale", "10"] });
});

const pressed = (page) => page.locator('.step[aria-pressed="true"]').getAttribute("aria-keyshortcuts");

test("a changed vote keeps both, and the last counts", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("changes", "ann"));
  await atPair(page, 1);
  await plainText(page);
  const first = await replies(page);
  await vote(page, "1");
  await vote(page, "2");
  await page.keyboard.press("u");
  await atPair(page, 2);
  await page.keyboard.press("u");
  await atPair(page, 1);
  assert.deepEqual(await replies(page), first, "the sides stay where they were");
  await page.getByText(texts.pair.changed, { exact: true }).waitFor();
  assert.equal(await pressed(page), "1");
  await page.keyboard.press("7");
  await atPair(page, 3);
  const votes = votesOf((await savedFile(page)).text);
  assert.equal(votes.length, 3);
  assert.equal(votes[2].shown_in.item, votes[0].shown_in.item);
  checkVote(votes[0], study, first, -3);
  checkVote(votes[2], study, first, 3);
  await page.reload();
  await atPair(page, 3);
  await page.keyboard.press("u");
  await page.keyboard.press("u");
  await atPair(page, 1);
  assert.equal(await pressed(page), "7", "the last vote counts after a reload");
});

test("going back changes nothing by itself", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("changes", "bob"));
  await atPair(page, 1);
  await vote(page, "3");
  await vote(page, "5");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  await atPair(page, 1);
  await page.keyboard.press("Enter");
  await atPair(page, 2);
  await page.getByRole("button", { name: texts.pair.keep }).click();
  await atPair(page, 3);
  assert.equal(votesOf((await savedFile(page)).text).length, 2);
});

test("the last pair can be changed after the end", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("changes", "eve"));
  for (let i = 1; i <= 6; i += 1) {
    await atPair(page, i);
    await page.keyboard.press("2");
  }
  await atEnd(page);
  const before = await page.locator("output.code").textContent();
  await button(page, texts.finish.review).click();
  await atPair(page, 6);
  await page.keyboard.press("6");
  await atEnd(page);
  assert.notEqual(await page.locator("output.code").textContent(), before, "the code follows the last receipt");
  assert.equal(votesOf((await savedFile(page, () => button(page, texts.save.saveFile).click())).text).length, 7);
});

/** Waits until the browser holds a draft with this rationale. */
async function draftStored(page, rationale) {
  for (;;) {
    const { heads } = await stored(page);
    if (heads.some(({ drafts }) => Object.values(drafts).some((draft) => draft.rationale === rationale))) return;
    await page.waitForTimeout(50);
  }
}

test("a draft survives a reload and becomes the vote", { timeout: 60_000 }, async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("asked", "ann"));
  await atPair(page, 1);
  await page.keyboard.press("6");
  await page.keyboard.press("Enter");
  await page.getByText(texts.reasons.missingReason, { exact: true }).waitFor();
  await page.keyboard.press("Shift+Digit2");
  await page.keyboard.press("r");
  await page.keyboard.type("short");
  await page.keyboard.press("Control+Enter");
  await page.getByText(texts.reasons.missingWords, { exact: true }).waitFor();
  await page.keyboard.type(" and then long enough");
  await draftStored(page, "short and then long enough");
  await page.reload();
  await atPair(page, 1);
  assert.equal(await page.locator(".rationale textarea").inputValue(), "short and then long enough");
  assert.equal(await pressed(page), "6");
  assert.deepEqual(await page.locator(".chip input").evaluateAll((chips) => chips.map((chip) => chip.checked)), [false, true, false, false, false, false]);
  await page.keyboard.press("Enter");
  await atPair(page, 2);
  assert.equal(await page.locator(".rationale textarea").inputValue(), "", "the next pair begins empty");
  const [given] = votesOf((await savedFile(page)).text);
  assert.equal(given.rationale, "short and then long enough");
  assert.equal(given.reasons.length, 1);
  assert.deepEqual((await stored(page)).heads.map(({ drafts }) => drafts), [{}], "a vote ends its draft");
});
