// What is large: 5,000 pairs, and replies of 100,000 characters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atPair, begin, plainText, replies, savedFile, vote, votesOf } from "./support/drive.js";
import { manySamples, plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const longest = 100_000;
const stage = useStage(async (site) => {
  await site.study("large", { samples: manySamples(5000), flags: [...plain(5000), "--slots", "1"] });
  await site.study("long", {
    flags: [...plain(3), "--slots", "1"],
    change: (study) => {
      const words = "The parcel is on its way. ".repeat(longest / 26 + 1).slice(0, longest);
      for (const item of study.items) item.responses = [`first ${words}`, `second ${words}`];
    },
  });
});

test("a study of 5,000 pairs opens, a vote works, and it goes on after a reload", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("large", "ann"));
  await atPair(page, 1);
  assert.equal(await page.locator(".pair-heading").textContent(), texts.pair.heading(1, 5000));
  for (const key of ["2", "6", "4"]) await vote(page, key);
  await page.reload();
  await atPair(page, 4);
  await vote(page, "b");
  assert.equal(votesOf((await savedFile(page)).text).length, 4);
});

test("replies of 100,000 characters are shown whole in every view", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("long", "ann"));
  await atPair(page, 1);
  for (const key of ["d", "m", "m"]) {
    await page.keyboard.press(key);
    for (const reply of await replies(page)) assert.ok(reply.length >= longest, `after ${key}: ${reply.length} characters`);
  }
  await plainText(page);
  for (const reply of await replies(page)) assert.equal(reply.length, longest + (reply.startsWith("first") ? 6 : 7));
  await vote(page, "2");
});
