// The annotator as an element of somebody else's page: a guest that changes nothing around it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { useStage } from "./support/browser.js";
import { votesOf } from "./support/drive.js";
import { buttonIn, endIn, hostPage, pairIn, passIn } from "./support/embed.js";
import { plain } from "./support/site.js";
import { texts } from "./support/texts.js";

const tag = (id, attributes) => `<tiebreak-annotator id="${id}" ${attributes}></tiebreak-annotator>`;
/** Rules that would show at once if they came in. */
const hostile = `<style>
* { letter-spacing: 9px !important; }
body { margin: 40px; font: 30px/3 cursive; color: red; text-transform: uppercase; }
button, h1, p { background: red !important; display: none; font-size: 60px !important; }
.room, .card, .shell, .bar { display: none !important; }
</style>`;

const stage = useStage(async (site) => {
  await site.study("first", { flags: [...plain(6), "--slots", "1", "--completion-code", "DONE"] });
  await site.study("second", { flags: [...plain(4), "--slots", "1", "--seed", "7"], change: ({ settings }) => { settings.title = "Another study"; } });
  await site.put("one.html", hostPage(`<input id="outside"><div style="height: 150vh"></div>${tag("one", 'study="first.json" annotator="ann"')}`));
  await site.put("two.html", hostPage(tag("one", 'study="first.json" annotator="ann" style="height: 500px"') + tag("two", 'study="second.json" annotator="bob" style="height: 500px"')));
  await site.put("hostile.html", hostPage(`<p id="own">Text of the page</p>${tag("one", 'study="first.json" annotator="ann"')}`, { head: hostile }));
  await site.put("empty.html", hostPage(tag("one", 'annotator="ann"')));
  // A translation is a file beside the texts.
  await site.put("app/texts.de.js", 'import { texts as english } from "./texts.js";\nexport const language = "de";\nexport const direction = "ltr";\nexport const texts = { ...english, guidelines: { ...english.guidelines, begin: "Gelesen" } };\n');
});

/** @param {string} name */
async function open(name, options = {}) {
  const page = await stage.page(options);
  await page.goto(`${stage.site.url}${name}`);
  return { page, one: page.locator("#one"), two: page.locator("#two") };
}

const toldTo = (page) => page.evaluate(() => globalThis.told);

test("a whole study with the keyboard: events tell of it, and the page around stays as it was", async () => {
  const { page, one } = await open("one.html", { serviceWorkers: "allow" });
  await buttonIn(one, texts.consent.agreeAndStart).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "BODY", "nothing takes the focus by itself");
  await buttonIn(one, texts.consent.agreeAndStart).focus();
  const before = await page.evaluate(() => ({ title: document.title, address: location.href, entries: history.length, scroll: scrollY, html: document.documentElement.outerHTML.length }));
  await page.keyboard.press("Enter");
  await buttonIn(one, texts.guidelines.begin).focus();
  await page.keyboard.press("Enter");
  for (const [i, key] of ["1", "7", "4", "b", "3", "6"].entries()) {
    await pairIn(one, i + 1);
    await page.keyboard.press(key);
  }
  await endIn(one);
  const around = await page.evaluate(async () => ({
    ...{ title: document.title, address: location.href, entries: history.length, scroll: scrollY, html: document.documentElement.outerHTML.length },
  }));
  assert.deepEqual(around, before);
  const traces = await page.evaluate(async () => ({ workers: (await navigator.serviceWorker.getRegistrations()).length, local: localStorage.length, caches: await caches.keys() }));
  assert.deepEqual(traces, { workers: 0, local: 0, caches: [] });
  const told = await toldTo(page);
  const of = (type) => told.filter((event) => event.type === type).map(({ detail }) => detail);
  assert.deepEqual(of("ready").map(({ annotator, done, total }) => [annotator, done, total]), [["ann", 0, 6]]);
  const [done] = of("done");
  const lines = of("vote").map(({ vote }) => `${vote}\n`).join("");
  assert.equal(lines, done.votes, "the votes of the events are those of the end");
  assert.equal(votesOf(lines).length, 6);
  assert.deepEqual(of("vote").map(({ number }) => number), [1, 2, 3, 4, 5, 6]);
  assert.equal(of("progress").at(-1).done, 6);
  assert.equal(done.code, `DONE-${done.receipt.slice(0, 12)}`);
  assert.equal(await one.evaluate((element) => element.results()), lines);
  await one.getByText(texts.save.unsaved(6), { exact: true }).waitFor();
  assert.equal(await one.evaluate((element) => element.saved(-1).catch((error) => error.message)), texts.errors.savedNumber("-1"));
  await one.evaluate((element) => element.saved(6));
  await one.getByText(texts.save.allSaved, { exact: true }).waitFor();
});

test("keys outside of the element do nothing", async () => {
  const { page, one } = await open("one.html");
  await passIn(one);
  await page.locator("#outside").focus();
  await page.keyboard.type("12b?g");
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await page.keyboard.type("12b?g");
  assert.deepEqual((await toldTo(page)).filter(({ type }) => type === "vote"), []);
  assert.equal(await page.getByRole("dialog").count(), 0);
  await one.locator(".pair-heading").click();
  await page.keyboard.press("2");
  await pairIn(one, 2);
});

test("two elements with two studies, each with its own keys", async () => {
  const { page, one, two } = await open("two.html");
  await passIn(one);
  await passIn(two);
  await page.keyboard.press("1");
  await pairIn(two, 2);
  await pairIn(one, 1);
  await one.locator(".pair-heading").click();
  await page.keyboard.press("7");
  await pairIn(one, 2);
  await pairIn(two, 2);
  const votes = (await toldTo(page)).filter(({ type }) => type === "vote").map(({ from, detail }) => [from, JSON.parse(detail.vote).annotator.id]);
  assert.deepEqual(votes, [["two", "bob"], ["one", "ann"]]);
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assert.equal(await dialog.count(), 1);
  assert.ok(await one.evaluate((element) => element.shadowRoot.querySelector("dialog") !== null), "a dialog stands in its element");
});

test("no style comes in, and none goes out", async () => {
  const { page, one } = await open("hostile.html");
  await passIn(one);
  const inside = await one.locator(".step").first().evaluate((step) => {
    const { letterSpacing, textTransform, fontSize, display } = getComputedStyle(step);
    return { letterSpacing, textTransform, fontSize, display };
  });
  assert.deepEqual(inside, { letterSpacing: "normal", textTransform: "none", fontSize: "14px", display: "flex" });
  const outside = () => page.evaluate(() => {
    const { margin, color, lineHeight } = getComputedStyle(document.body);
    return { margin, color, lineHeight, background: getComputedStyle(document.documentElement).backgroundColor, classes: document.documentElement.className, data: { ...document.documentElement.dataset } };
  });
  assert.deepEqual(await outside(), { margin: "40px", color: "rgb(255, 0, 0)", lineHeight: "90px", background: "rgba(0, 0, 0, 0)", classes: "", data: {} });
  await one.evaluate((element) => element.style.setProperty("--tiebreak-accent", "rgb(200, 0, 100)"));
  await page.addStyleTag({ content: "#one::part(reply) { outline: 5px solid rgb(1, 2, 3); }" });
  assert.equal(await one.locator(".progress-fill").evaluate((fill) => getComputedStyle(fill).backgroundColor), "rgb(200, 0, 100)");
  assert.equal(await one.locator(".card").first().evaluate((card) => getComputedStyle(card).outlineColor), "rgb(1, 2, 3)");
});

test("axe finds nothing in the element, wide or narrow, light or dark", async () => {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const options of [{}, { viewport: { width: 400, height: 800 }, colorScheme: "dark" }]) {
    const { page, one } = await open("one.html", options);
    await page.evaluate(axe);
    const check = async (screen) => {
      // Nothing half faded in; a transition begins with the frame after its cause.
      await one.evaluate(async (element) => {
        for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
        await Promise.all(element.shadowRoot.getAnimations({ subtree: true }).map((animation) => animation.finished.catch(() => {})));
      });
      const violations = await page.evaluate(async () => (await globalThis.axe.run("#one", { resultTypes: ["violations"] })).violations.map(({ id, nodes }) => `${id}: ${nodes[0].target}`));
      assert.deepEqual(violations, [], screen);
    };
    await buttonIn(one, texts.consent.agreeAndStart).waitFor();
    await check("consent");
    await passIn(one);
    await check("pair");
    await page.keyboard.press("g");
    await page.getByRole("dialog").waitFor();
    await check("guidelines");
  }
});

test("the theme follows its attribute without a new beginning", async () => {
  const { page, one } = await open("one.html", { colorScheme: "light" });
  await passIn(one);
  const paper = () => one.locator(".room").evaluate((room) => getComputedStyle(room).backgroundColor);
  assert.equal(await paper(), "rgb(247, 245, 241)");
  await one.evaluate((element) => element.setAttribute("theme", "dark"));
  assert.equal(await paper(), "rgb(21, 21, 19)");
  await pairIn(one, 1);
  assert.equal((await toldTo(page)).filter(({ type }) => type === "ready").length, 1);
});

test("an element that is removed gives up its lock, also while a vote is being stored", async () => {
  const { page, one } = await open("one.html");
  await passIn(one);
  const locks = () => page.evaluate(async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith("tiebreak")).length);
  assert.equal(await locks(), 1);
  await one.evaluate((element) => {
    element.shadowRoot.querySelector(".step").click();
    element.remove();
    globalThis.removed = element;
  });
  await page.waitForFunction(async () => (await navigator.locks.query()).held.every(({ name }) => !name.startsWith("tiebreak")));
  await page.evaluate(() => document.body.append(globalThis.removed));
  await pairIn(one, 2);
  await page.locator("#one .step").first().click();
  await pairIn(one, 3);
  assert.equal((await toldTo(page)).filter(({ type }) => type === "vote").length, 2);
});

test("an element that is moved again and again while it opens ends with its study", async () => {
  const { page, one } = await open("one.html");
  await buttonIn(one, texts.consent.agreeAndStart).waitFor();
  await one.evaluate(async (element) => {
    for (const waitMs of [0, 1, 3, 5, 10, 20, 40]) {
      document.body.append(element);
      await new Promise((resolve) => { setTimeout(resolve, waitMs); });
    }
  });
  await passIn(one);
  assert.deepEqual((await toldTo(page)).filter(({ type }) => type === "error"), []);
});

test("a study as bytes, as a file and as a document; another one takes its place", async () => {
  const { page, one } = await open("empty.html");
  for (const [kind, name] of [["bytes", "first"], ["file", "second"], ["document", "first"]]) {
    await one.evaluate(async (element, [as, study]) => {
      const bytes = await (await fetch(`${study}.json`)).arrayBuffer();
      const data = { bytes: () => new Uint8Array(bytes), file: () => new File([bytes], "s.json"), document: () => JSON.parse(new TextDecoder().decode(bytes)) }[as]();
      element.open(data);
    }, [kind, name]);
    await page.waitForFunction((count) => globalThis.told.filter(({ type }) => type === "ready").length === count, { bytes: 1, file: 2, document: 3 }[kind]);
  }
  assert.equal((await toldTo(page)).filter(({ type }) => type === "error").length, 0);
});

test("what cannot be opened is told by an event and a sentence", async () => {
  const { page, one } = await open("empty.html", { expects: /Failed to load resource/ });
  for (const [study, sentence] of [["https://elsewhere.example/s.json", texts.errors.studyOrigin], ["missing.json", texts.errors.studyFetch("404")]]) {
    await one.evaluate((element, address) => element.setAttribute("study", address), study);
    await one.getByRole("alert").getByText(sentence, { exact: true }).waitFor();
    assert.equal((await toldTo(page)).at(-1).detail.message, sentence);
  }
  assert.deepEqual(await page.evaluate(() => caches.keys()), [], "nor is anything kept");
  await one.evaluate((element) => { element.setAttribute("slot", "none"); element.setAttribute("study", "first.json"); });
  await one.getByRole("alert").getByText(texts.identity.badSlot("none"), { exact: true }).waitFor();
});

test("another language, where there is a file for it", async () => {
  const { page, one } = await open("empty.html");
  await one.evaluate((element) => { element.setAttribute("language", "de"); element.setAttribute("study", "first.json"); });
  await buttonIn(one, texts.consent.agreeAndStart).click();
  await buttonIn(one, "Gelesen").click();
  await pairIn(one, 1);
  assert.equal(await one.locator(".room").getAttribute("lang"), "de");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "fr");
});
