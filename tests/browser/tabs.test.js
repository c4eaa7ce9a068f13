// Two tabs of one study: only one of them can write.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atPair, begin, button, savedFile, vote, votesOf } from "./support/drive.js";
import { texts } from "./support/texts.js";

const stage = useStage(async (site) => {
  await site.study("one");
  await site.study("two", { flags: ["--annotations", "1", "--pairs", "10", "--seed", "7", "--qualification", "off"] });
});

test("the second tab says so, cannot vote, and goes on when the first is closed", async () => {
  const first = await stage.page();
  await begin(first, stage.site.address("one", "ann"));
  await vote(first, "2");
  const second = await first.context().newPage();
  await second.goto(stage.site.address("one", "ann"));
  await second.getByText(texts.errors.locked, { exact: true }).waitFor();
  assert.equal(await second.locator(".step").count(), 0, "there is no scale");
  await second.keyboard.press("1");
  await button(second, texts.errors.tryAgain).click();
  await second.getByText(texts.errors.locked, { exact: true }).waitFor();
  await vote(first, "6");
  await first.close();
  // The browser gives the lock back a moment after the tab is gone, and a person tries again as well.
  for (let tries = 0; tries < 40 && (await second.locator(".pair-heading").count()) === 0; tries += 1) {
    await button(second, texts.errors.tryAgain).click({ timeout: 1000 }).catch(() => {});
    await second.waitForTimeout(250);
  }
  await atPair(second, 3);
  await vote(second, "3");
  const strengths = votesOf((await savedFile(second)).text).map(({ verdict }) => Math.abs(verdict.strength));
  assert.deepEqual(strengths, [2, 2, 1]);
});

test("another study and another annotator have tabs of their own", async () => {
  const first = await stage.page();
  await begin(first, stage.site.address("one", "ann"));
  await vote(first, "2");
  for (const address of [stage.site.address("two", "ann"), stage.site.address("one", "bob")]) {
    const other = await first.context().newPage();
    await begin(other, address);
    await atPair(other, 1);
    await vote(other, "5");
    assert.equal(votesOf((await savedFile(other)).text).length, 1);
  }
  await vote(first, "2");
});
