// A whole study from the first screen to the saved file: with the keyboard alone, and with a pointer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, begin, button, checkVote, heading, plainText, replies, savedFile, tabTo, vote, votesOf } from "./support/drive.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

let whole;
let short;

const stage = useStage(async (site) => {
  whole = await site.study("whole", {
    flags: ["--annotations", "1", "--pairs", "24", "--repeat-share", "0.1", "--slots", "1", "--completion-code", "DONE", "--completion-url", "https://example.org/back?code={code}"],
    change: (study) => { study.settings.consent = "Your votes are used for **research**."; },
  });
  short = await site.study("short", { flags: [...plain(12), "--slots", "1"] });
});

/** The key of a question's right answer; its responses stand in the order of the screen. */
const keyOf = (verdict) => ({ both_bad: "b", flag: "f" })[verdict] ?? String(verdict.strength + 4);

async function introduceByKeys(page) {
  await page.goto(stage.site.address("whole"));
  await heading(page, texts.identity.title).waitFor();
  await page.keyboard.type("annotator one");
  await page.keyboard.press("Enter");
  await heading(page, whole.settings.title).waitFor();
  await tabTo(page, texts.consent.agree);
  await page.keyboard.press("Enter");
  await heading(page, texts.guidelines.title).waitFor();
  await tabTo(page, texts.guidelines.begin);
  await page.keyboard.press("Enter");
}

async function qualifyByKeys(page) {
  const { questions } = whole.qualification;
  assert.ok(questions.length > 3, "there are practice questions");
  for (const [i, question] of questions.entries()) {
    await heading(page, texts.qualification.heading(i + 1, questions.length)).waitFor();
    await page.keyboard.press(keyOf(question.verdict));
    const feedback = page.locator(".feedback");
    await feedback.getByText(question.reason, { exact: true }).waitFor();
    assert.ok((await feedback.textContent()).includes(texts.qualification.right), "the right answer counts as right");
    await page.keyboard.press("Enter");
  }
  await heading(page, texts.qualification.passedTitle).waitFor();
  await page.keyboard.press("Enter");
}

/** What is pressed on a pair, and what it means; the last key of a list gives the vote. */
const answers = [
  [["1"], -3], [["2"], -2], [["3"], -1], [["4"], 0], [["5"], 1], [["6"], 2], [["7"], 3],
  [["b"], "both_bad"],
  [["s", "2"], "skip"],
  [["f", "1"], "flag"],
  [["r", "because it says where to look", "Escape", "6", "Enter"], 2],
];

async function press(page, keys) {
  for (const key of keys) {
    if (key.includes(" ")) await page.keyboard.type(key);
    else await page.keyboard.press(key);
  }
}

test("a whole study with the keyboard alone", async () => {
  const page = await stage.page();
  await introduceByKeys(page);
  await qualifyByKeys(page);
  await atPair(page, 1);
  await page.keyboard.press("m");
  const total = whole.lists[0].length;
  const shown = [];
  for (let i = 0; i < total; i += 1) {
    const [keys, meaning] = answers[i % answers.length];
    await atPair(page, i + 1);
    shown.push({ texts: await replies(page), meaning });
    await press(page, keys);
  }
  await atEnd(page);
  const code = await page.locator("output.code").textContent();
  await tabTo(page, texts.save.saveFile);
  const { text, name } = await savedFile(page, () => page.keyboard.press("Enter"));
  assert.match(name, /annotator-one\.jsonl$/);
  const votes = votesOf(text);
  assert.equal(votes.length, total);
  votes.forEach((given, i) => checkVote(given, whole, shown[i].texts, shown[i].meaning));
  assert.deepEqual(new Set(votes.map(({ shown_first }) => shown_first)), new Set(["first", "second"]));
  assert.ok(votes.every(({ interaction, annotator }) => interaction.input === "key" && annotator.id === "annotator one"));
  assert.equal(votes[10].rationale, "because it says where to look");
  assert.deepEqual(votes[9].reasons, [texts.why.flag[0][0]]);
  assert.equal(code, `DONE-${votes.at(-1).receipt.slice(0, 12)}`, "the code carries the last receipt");
  const way = page.getByRole("link", { name: texts.finish.leave("example.org") });
  assert.equal(await way.getAttribute("href"), `https://example.org/back?code=${code}`);
  checkRepeats(votes);
});

/** A pair that comes again has its sides swapped. */
function checkRepeats(votes) {
  const again = votes.filter(({ shown_in }) => shown_in.repeat === 1);
  assert.ok(again.length > 0, "some pairs come twice");
  for (const second of again) {
    const first = votes.find(({ shown_in }) => shown_in.item === second.shown_in.item && shown_in.repeat === 0);
    assert.notEqual(second.shown_first, first.shown_first);
    assert.ok(second.number > first.number);
  }
}

test("a whole study with a pointer", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("short", "annotator two"));
  await atPair(page, 1);
  await plainText(page);
  const total = short.lists[0].length;
  const shown = [];
  for (let i = 0; i < total; i += 1) {
    await atPair(page, i + 1);
    const meaning = i === 5 ? "both_bad" : i === 6 ? "skip" : (i % 7) - 3;
    shown.push({ texts: await replies(page), meaning });
    if (meaning === "both_bad") await button(page, texts.scale.bothBad).click();
    else if (meaning === "skip") {
      await button(page, texts.scale.skip).click();
      await button(page, texts.why.skip[0][1]).click();
    } else await page.locator(".step").nth(meaning + 3).click();
  }
  await atEnd(page);
  const { text } = await savedFile(page, () => button(page, texts.save.saveFile).click());
  const votes = votesOf(text);
  assert.equal(votes.length, total);
  votes.forEach((given, i) => checkVote(given, short, shown[i].texts, shown[i].meaning));
  assert.ok(votes.every(({ interaction }) => interaction.input === "pointer"), "the file tells what was used");
  await page.getByText(texts.save.allSaved, { exact: true }).waitFor();
});

test("an answer faster than reading is warned of, and a digit typed in a text is no vote", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("short", "annotator three"));
  await atPair(page, 1);
  await vote(page, "3");
  await page.getByText(texts.warnings.too_fast).waitFor();
  await page.keyboard.press("r");
  await page.keyboard.type("1234567 b s f u");
  assert.equal(await page.locator(".rationale textarea").inputValue(), "1234567 b s f u");
  await atPair(page, 2);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await vote(page, "3");
  assert.equal(votesOf((await savedFile(page)).text).length, 2);
});

test("single keys can be switched off", async () => {
  const page = await stage.page();
  await begin(page, stage.site.address("short", "annotator four"));
  await atPair(page, 1);
  await page.keyboard.press("?");
  await page.getByRole("switch").click();
  await button(page, texts.close).click();
  await page.keyboard.press("1");
  await page.keyboard.press("b");
  await page.getByText(texts.save.noneYet, { exact: true }).waitFor();
  await page.locator(".step").first().click();
  await atPair(page, 2);
  assert.equal(votesOf((await savedFile(page)).text).length, 1, "the keys gave no vote");
});
