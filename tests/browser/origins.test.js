// No request to another origin: the page's policy forbids it, and the other tests would see one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useStage, Watch } from "./support/browser.js";
import { atPair, begin, heading, vote } from "./support/drive.js";
import { texts } from "./support/texts.js";

const stage = useStage(async (site) => { await site.study("here"); });

test("what watches the tests sees requests, errors and dialogs", async () => {
  const context = await stage.browser.newContext();
  const watch = new Watch(context, stage.site.url);
  const page = await context.newPage();
  await page.goto(stage.site.url);
  await heading(page, texts.start.title).waitFor();
  watch.check();
  await page.evaluate(() => { setTimeout(() => { throw new Error("nobody caught this"); }); });
  await page.evaluate(() => { setTimeout(() => alert("hello")); });
  await page.waitForEvent("dialog").catch(() => {});
  // The same server by another name is another origin.
  await page.goto(stage.site.url.replace("127.0.0.1", "localhost"));
  await heading(page, texts.start.title).waitFor();
  await context.close();
  for (const kind of ["request to http://localhost", "uncaught: nobody caught this", "dialog: alert hello"]) {
    assert.ok(watch.found.some((what) => what.startsWith(kind)), `${kind}: ${watch.found}`);
  }
  assert.throws(() => watch.check());
});

/** Ways out of the page, each of which its policy has to close. */
const ways = {
  fetch: () => fetch("https://elsewhere.example/a").catch(() => {}),
  image: () => { new Image().src = "https://elsewhere.example/b.png"; },
  script: () => { document.head.append(Object.assign(document.createElement("script"), { src: "https://elsewhere.example/c.js" })); },
  style: () => { document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "https://elsewhere.example/d.css" })); },
  frame: () => { document.body.append(Object.assign(document.createElement("iframe"), { src: "https://elsewhere.example/e" })); },
  socket: () => { try { new WebSocket("wss://elsewhere.example/f"); } catch { /* Some browsers throw. */ } },
  beacon: () => { navigator.sendBeacon("https://elsewhere.example/g", "x"); },
  font: () => { new FontFace("x", "url(https://elsewhere.example/h.woff2)").load().catch(() => {}); },
  media: () => { document.body.append(Object.assign(document.createElement("video"), { src: "https://elsewhere.example/i.mp4" })); },
  form: () => { const form = Object.assign(document.createElement("form"), { action: "https://elsewhere.example/j", method: "post" }); document.body.append(form); form.submit(); },
  "inline script": () => { document.head.append(Object.assign(document.createElement("script"), { textContent: "window.__hit = 1" })); },
  "inline handler": () => { const button = document.createElement("button"); button.setAttribute("onclick", "window.__hit = 1"); document.body.append(button); button.click(); },
  "inline style": () => { document.head.append(Object.assign(document.createElement("style"), { textContent: "body { display: none }" })); },
  worker: () => { try { new Worker(URL.createObjectURL(new Blob(["postMessage(1)"]))).onerror = () => {}; } catch { /* As above. */ } },
};

test("the page's policy closes every way out", async () => {
  const page = await stage.page({ expects: /Content Security Policy|violates|request to https:\/\/elsewhere/ });
  // The browser tells of a request before it looks at the policy; none of them may get any further.
  const begun = [];
  const ended = [];
  const isOut = (request) => request.url().includes("elsewhere.example");
  page.context().on("request", (request) => { if (isOut(request)) begun.push(request.url()); });
  page.context().on("requestfailed", (request) => { if (isOut(request)) ended.push(`${request.url()} ${request.failure().errorText}`); });
  await page.addInitScript(() => {
    globalThis.violations = 0;
    document.addEventListener("securitypolicyviolation", () => { globalThis.violations += 1; });
  });
  await begin(page, stage.site.address("here", "ann"));
  await atPair(page, 1);
  for (const [name, go] of Object.entries(ways)) {
    const before = await page.evaluate(() => globalThis.violations);
    await page.evaluate(go);
    await page.waitForFunction((count) => globalThis.violations > count, before, { timeout: 10_000 }).catch(() => assert.fail(`${name}: nothing was forbidden`));
  }
  assert.equal(await page.evaluate(() => globalThis.__hit), undefined);
  assert.deepEqual(ended.sort(), begun.map((url) => `${url} csp`).sort(), "the policy has ended each request");
  await vote(page, "2");
});

test("with the service worker, too, everything comes from the page's own origin", async () => {
  const page = await stage.page({ serviceWorkers: "allow" });
  const origins = new Set();
  page.context().on("request", (request) => origins.add(new URL(request.url()).origin));
  await begin(page, stage.site.address("here", "ann"));
  await page.evaluate(() => navigator.serviceWorker.ready);
  await vote(page, "2");
  await page.reload();
  await atPair(page, 2);
  assert.deepEqual([...origins], [new URL(stage.site.url).origin]);
});
