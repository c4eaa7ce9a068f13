// The receipts of a saved file: they follow from the votes, and a file that was changed is found out when it is loaded.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atPair, begin, button, savedFile, vote, votesOf } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const stage = useStage(async (site) => {
  await site.study("chain", { flags: [...plain(8), "--slots", "1"] });
});

const keys = ["1", "6", "b", "3"];

/** A page on which `keys` were pressed, and the lines of its file. */
async function savedLines() {
  const page = await stage.page();
  await begin(page, stage.site.address("chain", "ann"));
  await atPair(page, 1);
  for (const key of keys) await vote(page, key);
  const { text } = await savedFile(page);
  assert.equal(votesOf(text).length, keys.length);
  return text.trimEnd().split("\n");
}

/** Each text goes into the hash after its length, so that no two lists of texts give the same bytes. */
function hashOf(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  }
  return hash.digest("hex");
}

test("a receipt is the hash over its vote and the receipt before it", async () => {
  let before = "0".repeat(64);
  for (const line of await savedLines()) {
    const bare = line.replace(/,"receipt":"[0-9a-f]{64}"/, "");
    assert.notEqual(bare, line, "the line has a receipt");
    const { receipt } = JSON.parse(line);
    // Computed here from the definition, because the page's own check would agree with its own mistake.
    assert.equal(receipt, hashOf("tiebreak/receipt/1", before, bare));
    before = receipt;
  }
});

/** @param {string} line */
function swapped(line) {
  return line.replace(/"strength":(-?\d)/, (_, strength) => `"strength":${-Number(strength)}`);
}

/** @param {string} line */
function otherReceipt(line) {
  return line.replace(/"receipt":"(.)/, (_, digit) => `"receipt":"${digit === "0" ? "1" : "0"}`);
}

/** Each changes the lines in one way only: all of them can be read, so nothing but the receipts can tell. */
const changes = {
  "a verdict that was turned round": { change: ([one, two, ...rest]) => [one, swapped(two), ...rest], told: "vote 2 was changed, or the one before it is missing" },
  "a time that was made longer": { change: ([one, two, ...rest]) => [one, two.replace(/"active_ms":/, '"active_ms":9'), ...rest], told: "vote 2 was changed, or the one before it is missing" },
  // The vote after it follows nothing any more.
  "a receipt that was replaced": { change: ([one, two, ...rest]) => [one, otherReceipt(two), ...rest], count: 2, told: "vote 2 was changed, or the one before it is missing" },
  "a receipt that was taken away": { change: ([one, two, ...rest]) => [one, two.replace(/,"receipt":"[0-9a-f]{64}"/, ""), ...rest], count: 2, told: "vote 2 has no receipt" },
  "a vote that was left out": { change: ([one, , ...rest]) => [one, ...rest], told: "vote 3 was changed, or the one before it is missing" },
};

async function choose(page, lines) {
  await button(page, texts.settings.open).click();
  const buffer = Buffer.from(`${lines.join("\n")}\n`);
  await page.locator('dialog input[type="file"]').setInputFiles({ name: "votes.jsonl", mimeType: "text/plain", buffer });
}

/** Loads lines in a profile that knows nothing of them. */
async function load(lines) {
  const page = await stage.page();
  await begin(page, stage.site.address("chain", "ann"));
  await atPair(page, 1);
  await choose(page, lines);
  await page.getByText(texts.save.loaded(lines.length), { exact: true }).waitFor();
  return page;
}

test("a file as it was saved is taken without a complaint, and each change of it is told", async (context) => {
  const lines = await savedLines();
  const whole = await load(lines);
  await atPair(whole, keys.length + 1);
  assert.equal(await whole.locator(".notice.urgent").count(), 0, "the receipts hold");
  for (const [name, { change, told, count = 1 }] of Object.entries(changes)) {
    await context.test(name, async () => {
      const changed = change(lines);
      assert.notDeepEqual(changed, lines, "something was changed");
      const page = await load(changed);
      await page.getByText(texts.save.loadReceipts(count, told), { exact: true }).waitFor();
    });
  }
});

test("work that went on in two places is told by the votes' numbers", async () => {
  const [one, two] = await savedLines();
  const page = await load([one]);
  await atPair(page, 2);
  await vote(page, "7");
  await choose(page, [one, two]);
  await page.getByText(texts.save.loadReceipts(1, "the work went on in two places: vote 2 is there 2 times"), { exact: true }).waitFor();
});
