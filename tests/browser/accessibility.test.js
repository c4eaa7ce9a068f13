// axe-core finds nothing on any screen, wide and light as well as on a phone in the dark.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { phone, useStage } from "./support/browser.js";
import { atEnd, atPair, button, heading } from "./support/drive.js";
import { plain, root } from "./support/site.js";
import { texts } from "./support/texts.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shipped = path.join(root, "web/model/tiebreak-support-6m-q8_0.gguf");
const markdown = "# A heading\n\nA [link](https://example.org/) and `code`:\n\n1. one\n2. **two**\n\n> quoted\n\n| a | b |\n|---|---|\n| c | d |\n\n```\ncode\n```";

const stage = useStage(async (site) => {
  await site.study("asked", {
    flags: ["--annotations", "1", "--pairs", "10", "--slots", "1", "--pay", "3 euros", "--minutes", "9", "--contact", "the lab"],
    change: (study) => {
      study.settings.consent = "Your votes are used for **research**.";
      study.qualification.questions.length = 1;
    },
  });
  await site.study("plain", {
    flags: [...plain(4), "--slots", "1", "--completion-code", "DONE", "--completion-url", "https://example.org/?code={code}"],
    change: (study) => { for (const item of study.items) item.responses[0] = `${item.responses[0]}\n\n${markdown}`; },
  });
  await site.put("broken.json", "{");
});

/**
 * @param {import("playwright-core").Page} page
 * @param {string} screen
 */
async function check(page, screen) {
  // What fades in has another contrast on its way.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})));
  });
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.ok(passes.length > 5, "axe has looked at something");
  const told = violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
  assert.deepEqual(told, [], `${screen} has violations`);
}

/** From the start to the qualification's result. */
async function introduction(page) {
  await page.goto(stage.site.url);
  await heading(page, texts.start.title).waitFor();
  await check(page, "start");
  await page.goto(stage.site.address("asked"));
  await heading(page, texts.identity.title).waitFor();
  await check(page, "identity");
  await button(page, texts.goOn).click();
  await page.getByText(texts.identity.missing, { exact: true }).waitFor();
  await check(page, "identity with a complaint");
  await page.goto(stage.site.address("asked", "ann"));
  await button(page, texts.consent.disagree).waitFor();
  await check(page, "consent");
  await button(page, texts.consent.disagree).click();
  await heading(page, texts.consent.declinedTitle).waitFor();
  await check(page, "declined");
  await button(page, texts.back).click();
  await button(page, texts.consent.agree).click();
  await button(page, texts.guidelines.begin).waitFor();
  await check(page, "guidelines");
  await button(page, texts.guidelines.begin).click();
  await page.locator(".step").first().waitFor();
  await check(page, "qualification");
  await page.keyboard.press("4");
  await page.locator(".feedback button").waitFor();
  await check(page, "qualification with an answer");
  await page.keyboard.press("Enter");
  await page.locator("h1").filter({ hasText: /./ }).waitFor();
  await check(page, "qualification's result");
}

/** The pair with all that opens over it, and the end. */
async function pairs(page) {
  await page.goto(stage.site.address("plain", "ann"));
  await button(page, texts.consent.agreeAndStart).click();
  await button(page, texts.guidelines.begin).click();
  await atPair(page, 1);
  await check(page, "pair");
  await page.keyboard.press("d");
  await page.locator("mark").first().waitFor();
  await check(page, "pair with differences");
  await page.keyboard.press("s");
  await page.locator(".why:visible").waitFor();
  await check(page, "skip panel");
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await page.locator(".rationale:visible").waitFor();
  await check(page, "reasons");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.locator("dialog.drawer[open]").waitFor();
  await check(page, "guidelines drawer");
  await button(page, texts.close).click();
  await page.keyboard.press("?");
  await heading2(page, texts.keys.title).waitFor();
  await check(page, "keys dialog");
  await page.keyboard.press("Escape");
  await button(page, texts.settings.open).click();
  await heading2(page, texts.settings.title).waitFor();
  await check(page, "settings");
  await page.keyboard.press("Escape");
  await page.keyboard.press("6");
  await atPair(page, 2);
  await page.keyboard.press("u");
  await page.getByText(texts.pair.changed, { exact: true }).waitFor();
  await check(page, "pair that was answered before");
  for (let i = 1; i <= 4; i += 1) {
    await atPair(page, i);
    await page.keyboard.press("2");
  }
  await atEnd(page);
  await check(page, "finish");
}

const heading2 = (page, name) => page.getByRole("heading", { level: 2, name, exact: true });

/** What went wrong, and the model. */
async function rest(page) {
  await page.goto(stage.site.address("broken", "ann"));
  await heading(page, texts.errors.title).waitFor();
  await check(page, "error");
  await page.goto(`${stage.site.url}#try`);
  await heading(page, texts.try.title).waitFor();
  await page.locator(".model-line").filter({ hasText: / parameters · / }).waitFor({ timeout: 90_000 });
  await check(page, "try");
  await page.locator("details.model summary").click();
  await page.locator('details.model input[type="file"]').setInputFiles(shipped);
  await page.locator(".kept-models li").filter({ hasText: texts.models.inUse }).waitFor({ timeout: 90_000 });
  await check(page, "kept models");
  await page.locator(".kept-models").getByRole("button", { name: new RegExp(`^${texts.models.delete}`) }).click();
  await heading2(page, texts.models.deleteTitle).waitFor();
  await check(page, "deleting a model");
  await page.keyboard.press("Escape");
  await page.locator(".catalogue button").first().click();
  await page.locator(".step:enabled").first().waitFor({ timeout: 90_000 });
  await check(page, "try with two replies");
  await page.keyboard.press("6");
  await page.locator(".verdict").waitFor({ timeout: 90_000 });
  await check(page, "try with the judge's opinion");
  await button(page, texts.try.finish).click();
  await heading(page, texts.summary.title).waitFor();
  await check(page, "try's end");
}

const sizes = { "wide and light": {}, "a phone in the dark": { ...phone, colorScheme: "dark" } };
for (const [name, options] of Object.entries(sizes)) {
  for (const screens of [introduction, pairs, rest]) {
    test(`axe finds nothing: ${screens.name}, ${name}`, { timeout: 180_000 }, async () => {
      await screens(await stage.page(options));
    });
  }
}

test("axe finds what is wrong where something is", async () => {
  const page = await stage.page();
  await page.goto(stage.site.url);
  await heading(page, texts.start.title).waitFor();
  await page.evaluate(() => document.querySelector("main").append(document.createElement("button")));
  await assert.rejects(check(page, "start"), /button-name/);
});
