// Files that are no studies: each gets a sentence, and the page stays usable.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atPair, button, heading, passIntroduction, vote } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

let good;
const stage = useStage(async (site) => {
  await site.study("good", { flags: [...plain(5), "--slots", "1"] });
  good = await readFile(`${site.folder}/good.json`, "utf8");
});

/** The good study with something changed. */
const changed = (change) => {
  const study = JSON.parse(good);
  change(study);
  return JSON.stringify(study);
};

/** A name, the file, and what the sentence has to say. */
const cases = [
  ["cut", () => good.slice(0, good.length / 2), /breaks off/],
  ["no JSON", () => "this is no study", /not JSON/],
  ["HTML", () => "<!doctype html><html><body><script>window.__hit=1</script></body></html>", /not JSON/],
  ["empty", () => "", /breaks off/],
  ["white space", () => " \n\n ", /breaks off/],
  ["binary", () => Buffer.from([0, 255, 254, 1, 2, 3]), /not JSON/],
  ["another version", () => changed((study) => { study.schema = "tiebreak/study/2"; }), /tiebreak\/study\/2/],
  ["another record", () => '{"schema":"tiebreak/vote/1"}', /tiebreak\/vote\/1/],
  ["the key of a study", () => '{"schema":"tiebreak/key/1","deal_key":"x","items":[]}', /tiebreak\/key\/1/],
  ["a list", () => "[]", /study/],
  ["null", () => "null", /study/],
  ["two ids that are the same", () => changed((study) => { study.items[1].id = study.items[0].id; }), /same id/],
  ["no pair", () => changed((study) => { study.items = []; study.lists = [[]]; }), /no pair/],
  ["a place beyond the last pair", () => changed((study) => { study.lists[0][0] = 99; }), /beyond the last pair/],
  ["the same reply twice", () => changed((study) => { study.items[0].responses[1] = study.items[0].responses[0]; }), /same/],
  ["a return address that is not https", () => changed((study) => { study.settings.completion_url = "javascript:window.__hit=1"; }), /https/],
  ["a result address that is not https", () => changed((study) => { study.settings.delivery = { url: "http://evil.example/" }; }), /https/],
  ["a setting of another kind", () => changed((study) => { study.settings.scale = "eleven"; }), /scale/],
  ["something after it", () => `${good}{}`, /follows/],
  ["huge, and no study", () => `{"schema":"tiebreak/study/2","x":"${"x".repeat(40_000_000)}"}`, /tiebreak\/study\/2/],
  ["deep nesting", () => "[".repeat(200_000), /not JSON|study/],
];

async function checkSentence(page, name, sentence) {
  await heading(page, texts.errors.title).waitFor();
  const alert = await page.locator("main [role=alert]").textContent();
  assert.match(alert, sentence, name);
  assert.ok(alert.startsWith(texts.errors.study("")), `${name}: ${alert}`);
  assert.ok(alert.length < 600, `${name}: a sentence and no essay`);
  await page.getByText(texts.errors.studyHelp, { exact: true }).waitFor();
}

test("by address, each gives a sentence", async () => {
  const page = await stage.page();
  for (const [name, make, sentence] of cases) {
    await stage.site.put("bad.json", make());
    await page.goto(stage.site.address("bad", "ann"));
    await checkSentence(page, name, sentence);
  }
  assert.equal(await page.evaluate(() => globalThis.__hit), undefined);
});

test("as a file, each gives a sentence and the page stays usable", async () => {
  const page = await stage.page();
  await page.goto(`${stage.site.url}?annotator=ann`);
  const choose = (content) => page.locator('.start input[type="file"]').setInputFiles({ name: "study.json", mimeType: "application/json", buffer: Buffer.from(content) });
  for (const [name, make, sentence] of cases) {
    await choose(make());
    await checkSentence(page, name, sentence);
    await button(page, texts.errors.startAgain).click();
    await heading(page, texts.start.title).waitFor();
  }
  await choose(good);
  await passIntroduction(page);
  await vote(page, "2");
});

test("a bad file in the middle of the work loses nothing", async () => {
  const page = await stage.page();
  await page.goto(stage.site.address("good", "ann"));
  await passIntroduction(page);
  await vote(page, "2");
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["{"], "bad.json"));
    dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
  });
  await heading(page, texts.errors.title).waitFor();
  await page.reload();
  await atPair(page, 2);
});

test("a study can be dropped on the page", async () => {
  const page = await stage.page();
  await page.goto(`${stage.site.url}?annotator=ann`);
  await heading(page, texts.start.title).waitFor();
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "study.json"));
    dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
  }, good);
  await passIntroduction(page);
  await atPair(page, 1);
});

test("a study that is not there gives a sentence, and trying again finds it", async () => {
  const page = await stage.page({ expects: /Failed to load resource/ });
  await page.goto(stage.site.address("later", "ann"));
  await page.getByText(texts.errors.studyFetch("404"), { exact: true }).waitFor();
  await stage.site.put("later.json", good);
  await button(page, texts.errors.tryAgain).click();
  await passIntroduction(page);
  await atPair(page, 1);
});
