// A phone's size and a finger: nothing to scroll sideways, and the prompt stays in sight.

import assert from "node:assert/strict";
import { test } from "node:test";
import { phone, useStage } from "./support/browser.js";
import { atEnd, atPair, button, heading, savedFile, votesOf } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const pairs = 8;
const stage = useStage(async (site) => {
  await site.study("phone", {
    flags: plain(pairs),
    change: (study) => {
      study.settings.consent = "Your votes are used for research.";
      study.items[0].messages = [{ role: "user", content: "The parcel is late. ".repeat(40) }];
      for (const item of study.items) item.responses = item.responses.map((text) => `${text}\n\n${"A sentence that makes the reply longer. ".repeat(30)}`);
      study.items[1].responses[0] += `\n\n${"verylongword".repeat(60)}\n\n| a | b | c | d |\n|---|---|---|---|\n| ${"cell ".repeat(20)} | b | c | d |\n\n\`\`\`\n${"code ".repeat(80)}\n\`\`\``;
    },
  });
  await site.study("asked", { flags: ["--annotations", "1", "--pairs", "8", "--require-reason"] });
});

/** How far the page reaches beyond the window. */
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

async function checkFits(page, screen) {
  assert.ok((await overflow(page)) <= 0, `${screen}: the page is wider than the window`);
}

/** The visible part of an element, in CSS pixels of height. */
function visibleHeight(page, selector) {
  return page.locator(selector).first().evaluate((element) => {
    const box = element.getBoundingClientRect();
    const visible = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
    const seen = document.elementFromPoint(box.left + box.width / 2, Math.max(box.top, 0) + 8);
    return seen && (element.contains(seen) || seen.contains(element)) ? visible : 0;
  });
}

test("a study on a phone with a finger", async () => {
  const page = await stage.page(phone);
  await page.goto(stage.site.url);
  await heading(page, texts.start.title).waitFor();
  await checkFits(page, "start");
  await page.goto(stage.site.address("phone"));
  await heading(page, texts.identity.title).waitFor();
  await checkFits(page, "identity");
  await page.getByLabel(texts.identity.label).fill("with a phone");
  await button(page, texts.goOn).tap();
  await button(page, texts.consent.agree).waitFor();
  await checkFits(page, "consent");
  await button(page, texts.consent.agree).tap();
  await checkFits(page, "guidelines");
  await button(page, texts.guidelines.begin).tap();
  for (let i = 1; i <= pairs; i += 1) {
    await atPair(page, i);
    await checkFits(page, `pair ${i}`);
    await page.locator(".step").nth(i % 7).tap();
  }
  await atEnd(page);
  await checkFits(page, "finish");
  const { text } = await savedFile(page, () => button(page, texts.save.saveFile).tap());
  const votes = votesOf(text);
  assert.equal(votes.length, pairs);
  for (const { interaction } of votes) assert.deepEqual([interaction.input, ...interaction.viewport], ["touch", 390, 844]);
});

test("the prompt and the scale stay in sight while a long pair is read", async () => {
  const page = await stage.page(phone);
  await page.goto(stage.site.address("phone", "reader"));
  await button(page, texts.consent.agree).tap();
  await button(page, texts.guidelines.begin).tap();
  await atPair(page, 1);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  assert.ok(height > 1500, "the pair is longer than the window");
  for (const place of [0, 300, 700, height]) {
    await page.evaluate((top) => scrollTo(0, top), place);
    assert.ok((await visibleHeight(page, ".prompt-text")) >= 24, `at ${place} the prompt is out of sight`);
    assert.ok((await visibleHeight(page, ".scale")) >= 40, `at ${place} the scale is out of sight`);
  }
  const left = await page.locator(".card").first().boundingBox();
  const right = await page.locator(".card").last().boundingBox();
  assert.ok(right.y > left.y + left.height - 1, "the replies are stacked");
});

test("panels, dialogs and the drawer fit a phone", async () => {
  const page = await stage.page(phone);
  await page.goto(stage.site.address("asked", "reader"));
  await button(page, texts.consent.agreeAndStart).tap();
  await button(page, texts.guidelines.begin).tap();
  await page.locator(".step").first().tap();
  await page.locator(".feedback button").waitFor();
  await checkFits(page, "practice question");
  await button(page, texts.guidelines.title).tap();
  await page.locator("dialog.drawer[open]").waitFor();
  await checkFits(page, "drawer");
  await page.keyboard.press("Escape");
  await button(page, texts.settings.open).tap();
  await page.locator("dialog[open]").waitFor();
  await checkFits(page, "settings");
  await page.keyboard.press("Escape");
  await page.goto(`${stage.site.url}#try`);
  await heading(page, texts.try.title).waitFor();
  await checkFits(page, "try");
});

test("at four times the size nothing is cut off and everything can be reached", async () => {
  const page = await stage.page({ viewport: { width: 320, height: 256 } });
  await page.goto(stage.site.address("phone", "zoomed"));
  await button(page, texts.consent.agree).click();
  await button(page, texts.guidelines.begin).click();
  await atPair(page, 1);
  await checkFits(page, "pair");
  await page.locator(".step").last().scrollIntoViewIfNeeded();
  await page.locator(".step").last().click();
  await atPair(page, 2);
  await checkFits(page, "next pair");
});
