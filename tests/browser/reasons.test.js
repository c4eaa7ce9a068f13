// Why a pair is skipped or flagged: each reason, by key and by pointer, stands in the file as it was chosen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, begin, button, pairShown, savedFile, votesOf } from "./support/drive.js";
import { manySamples, plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const answers = ["skip", "flag"].flatMap((kind) => texts.why[kind].map(([reason, label], i) => ({ kind, reason, label, key: String(i + 1) })));

const stage = useStage(async (site) => {
  await site.study("reasons", { samples: manySamples(answers.length), flags: [...plain(answers.length), "--slots", "1"] });
});

/** Gives every answer once, in the way of `give`, and reads the file. */
async function fileOf(page, give) {
  for (const [i, answer] of answers.entries()) {
    await atPair(page, i + 1);
    await give(answer, i);
  }
  await atEnd(page);
  const { text } = await savedFile(page, () => button(page, texts.save.saveFile).click());
  return votesOf(text);
}

function checkReasons(votes, input) {
  assert.deepEqual(
    votes.map(({ verdict, reasons, interaction }) => [verdict, reasons, interaction.input]),
    answers.map(({ kind, reason }) => [kind, [reason], input]),
  );
}

test("each reason by its key", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("reasons", "with keys"));
  const votes = await fileOf(page, async ({ kind, key }) => {
    await page.keyboard.press(kind === "skip" ? "s" : "f");
    await page.keyboard.press(key);
  });
  checkReasons(votes, "key");
  assert.ok(votes.every(({ rationale }) => rationale === undefined), "nobody wrote a note");
});

test("each reason with a pointer, with a note on every other", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("reasons", "with a pointer"));
  // Digits and letters that are keys elsewhere: in the note they are only text.
  const noteOf = (i) => (i % 2 === 0 ? `note ${i}: 1 b s f` : undefined);
  const votes = await fileOf(page, async ({ kind, label }, i) => {
    await button(page, texts.scale[kind]).click();
    const note = noteOf(i);
    if (note) {
      await page.getByLabel(texts.why.note).click();
      await page.keyboard.type(note);
    }
    await button(page, label).click();
  });
  checkReasons(votes, "pointer");
  assert.deepEqual(votes.map(({ rationale }) => rationale), answers.map((_, i) => noteOf(i)));
});

test("who thinks better of it has given no vote", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("reasons", "in doubt"));
  await atPair(page, 1);
  for (const key of ["s", "f"]) {
    await page.keyboard.press(key);
    await page.locator(".why").waitFor();
    await page.keyboard.press("b");
    await page.keyboard.press("Escape");
    await page.locator(".why").waitFor({ state: "hidden" });
  }
  assert.equal(await pairShown(page), 1);
  await page.getByText(texts.save.noneYet, { exact: true }).waitFor();
});
