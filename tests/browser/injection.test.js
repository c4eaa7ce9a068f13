// Hostile texts stay texts: as prompts, as replies, as everything else that a study says, and as a name in the address.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, button, heading, savedFile, votesOf } from "./support/drive.js";
import { texts } from "./support/texts.js";

// A prompt without anything to read is no prompt.
const isBlank = ({ text }) => text.trim() === "";
const corpus = JSON.parse(await readFile(path.join(import.meta.dirname, "data/injections.json"), "utf8")).filter((entry) => !isBlank(entry));
const textOf = ({ text, times = 1 }) => text.repeat(times);

/** What a reply may become: tags without a source, an address of their own or a handler. */
const allowed = {
  tags: "DIV P SPAN UL OL LI BLOCKQUOTE PRE CODE STRONG EM S TABLE THEAD TBODY TR TH TD DT DD BR HR BUTTON MARK".split(" "),
  attributes: "class dir role tabindex aria-level aria-label start scope type".split(" "),
};

const stage = useStage(async (site) => {
  const samples = corpus.map((entry, i) => ({
    schema: "tiebreak/sample/1",
    prompt: { id: `x${i}`, messages: [{ role: "user", content: textOf(entry) }] },
    responses: [
      { id: `x${i}a`, text: textOf(entry), finish_reason: "stop" },
      { id: `x${i}b`, text: `A reply to number ${i}.\n\n${textOf(entry)}\n\nIts end.`, finish_reason: "stop" },
    ],
  }));
  await site.study("hostile", { samples, flags: ["--annotations", "1", "--pairs", "500", "--slots", "1", "--repeat-share", "0", "--mark", "all", "--qualification", "off"], change: settings });
});

const image = "<img src=x onerror=window.__hit=1>";

/** Whoever writes a study may be hostile as well. */
function settings(study) {
  Object.assign(study.settings, { title: `Title ${image}`, consent: `Consent ${image} [x](javascript:window.__hit=1)`, pay: `Pay ${image}`, contact: `Contact ${image}`, completion_code: `Code ${image}`, completion_url: `https://example.org/?a="><script>window.__hit=1</script>&code={code}`.replace(" ", "") });
  study.guidelines.text = `# Guidelines ${image}\n\n<script>window.__hit=1</script>\n\n## One ${image}\n\n## Two\n\n## Three`;
  study.guidelines.version = `1 ${image}`;
  study.guidelines.criteria = [`Criterion ${image}`, ...study.guidelines.criteria];
  study.items[0].marks = [`mark ${image}`];
  study.items[1].messages = [{ role: "system", content: `a ${image}` }, { role: "user", content: `b ${image}` }];
}

/** Looks at everything that strangers have written on the screen. */
function look(page) {
  return page.evaluate((allowed) => {
    const wrong = [];
    for (const element of document.querySelectorAll(".cards *, .prompt *, .prose *, .consent-text *, .facts *, .guidelines *")) {
      const isOurs = element.closest("h2, article > *:not(.card-body), .contents") !== null || element.matches("article");
      if (!isOurs && !allowed.tags.includes(element.tagName)) wrong.push(`<${element.tagName}>`);
      for (const { name } of element.attributes) {
        if (/^on|^src|^href|^style$|^srcdoc$|^action$|^data/.test(name) || (!isOurs && !allowed.attributes.includes(name))) wrong.push(`<${element.tagName} ${name}>`);
      }
    }
    const forbidden = "img, svg, math, iframe, object, embed, video, audio, form, base, meta[http-equiv=refresh], style, script:not([src])";
    for (const element of document.body.querySelectorAll(forbidden)) wrong.push(`${element.tagName} in the page`);
    const [left, right] = [...document.querySelectorAll(".card-body")].map((body) => body.textContent);
    return { wrong, hit: globalThis.__hit, prompt: document.querySelector(".prompt-text")?.textContent, left, right, frames: frames.length };
  }, allowed);
}

async function checkHarmless(page, where) {
  const found = await look(page);
  assert.deepEqual([...new Set(found.wrong)], [], where);
  assert.equal(found.hit, undefined, `${where}: a script has run`);
  assert.equal(found.frames, 0, where);
  return found;
}

/** The entry that is on the screen, found by its number. */
function entryOf({ left, right }) {
  const [, number] = `${left}\n${right}`.match(/A reply to number (\d+)\./) ?? [];
  assert.ok(number, "one of the replies tells its number");
  return corpus[Number(number)];
}

async function checkPair(page, number) {
  const view = (name) => page.locator(`.segments input[value=${name}]`).check({ force: true });
  await view("plain");
  const plain = await checkHarmless(page, `pair ${number}, plain`);
  const entry = entryOf(plain);
  const text = textOf(entry);
  const other = [plain.left, plain.right].find((reply) => !reply.includes("A reply to number"));
  // Of a text without a visible character the page says that it is empty.
  assert.equal(other, text.trim() === "" ? texts.pair.empty : text, `${entry.name}: the plain view shows every character`);
  await view("markdown");
  const rendered = await checkHarmless(page, `${entry.name}, formatted`);
  assert.ok(`${rendered.left}${rendered.right}`.includes("A reply to number"), `${entry.name}: the rest of the reply is there`);
  if (entry.shows) assert.ok(rendered.left.includes(entry.shows) && rendered.right.includes(entry.shows), `${entry.name}: “${entry.shows}” is shown as text`);
  await view("diff");
  await checkHarmless(page, `${entry.name}, differences`);
  return { entry, prompt: plain.prompt };
}

test(`${corpus.length} hostile texts stay texts`, { timeout: 240_000 }, async () => {
  assert.ok(corpus.length >= 60);
  const page = await stage.page();
  const address = `${stage.site.address("hostile", `ann ${image}`)}`;
  await page.goto(address);
  await button(page, texts.consent.agree).waitFor();
  await checkHarmless(page, "consent");
  assert.ok((await page.locator("h1").textContent()).includes(image), "the title is text");
  await button(page, texts.consent.agree).click();
  await button(page, texts.guidelines.begin).waitFor();
  await checkHarmless(page, "guidelines");
  await button(page, texts.guidelines.begin).click();
  const seen = new Set();
  let prompts = 0;
  for (let i = 1; i <= corpus.length; i += 1) {
    await atPair(page, i);
    const { entry, prompt } = await checkPair(page, i);
    seen.add(entry.name);
    if (prompt === textOf(entry)) prompts += 1;
    await page.keyboard.press("2");
  }
  assert.equal(seen.size, corpus.length, "every text was on the screen");
  assert.ok(prompts >= corpus.length - 1, "every prompt is text, but for the one that is a conversation");
  await atEnd(page);
  await checkHarmless(page, "finish");
  const { text, name } = await savedFile(page, () => button(page, texts.save.saveFile).click());
  assert.match(name, /^[\p{L}\p{N}_-]+\.jsonl$/u);
  assert.equal(votesOf(text).length, corpus.length);
  await page.goto(stage.site.url);
  await page.locator(".begun li").waitFor();
  await checkHarmless(page, "the list of what was begun");
});

test("an address in a text opens only after a question, and only one of the web", async () => {
  const page = await stage.page();
  await beginHostile(page);
  for (let i = 1; ; i += 1) {
    await atPair(page, i);
    const address = page.locator(".card-body button.address", { hasText: "https://evil.example/auto" });
    if (await address.count()) {
      await address.first().click();
      break;
    }
    await page.keyboard.press("2");
  }
  const dialog = page.getByRole("dialog");
  await dialog.getByText("https://evil.example/auto", { exact: true }).waitFor();
  await button(page, texts.cancel).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(page.context().pages().length, 1, "nothing was opened");
  assert.equal(await page.locator("main a[href]").count(), 0, "no reply holds a link");
});

async function beginHostile(page) {
  await page.goto(stage.site.address("hostile", "bob"));
  await button(page, texts.consent.agree).click();
  await button(page, texts.guidelines.begin).click();
}

test("hostile addresses of the page give a sentence", async () => {
  const page = await stage.page({ expects: /Failed to load resource/ });
  for (const [query, sentence] of [
    ["?study=https://evil.example/s.json", texts.errors.studyOrigin],
    ["?study=//evil.example/s.json", texts.errors.studyOrigin],
    ["?study=javascript:window.__hit=1", texts.errors.studyOrigin],
    ["?study=data:application/json,{}", texts.errors.studyOrigin],
    [`?study=${encodeURIComponent(image)}`, texts.errors.studyFetch("404")],
    ["?study=http://[", texts.errors.studyAddress],
    [`?study=hostile.json&annotator=a&slot=${encodeURIComponent(image)}`, texts.identity.badSlot(image)],
    ["?study=hostile.json&annotator=a&slot=2", /slot 2/],
  ]) {
    await page.goto(stage.site.url + query);
    await page.getByRole("alert").getByText(sentence, typeof sentence === "string" ? { exact: true } : {}).waitFor();
    await checkHarmless(page, query);
    assert.ok(await heading(page, texts.errors.title).isVisible());
  }
});
