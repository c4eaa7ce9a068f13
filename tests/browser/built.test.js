// A page that was built for other origins: studies and models from there, votes to there, and a plain refusal of the rest.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { useStage } from "./support/browser.js";
import { atEnd, atPair, button, heading, passIntroduction, vote, votesOf } from "./support/drive.js";
import { Receiver } from "./support/receiver.js";
import { plain, root } from "./support/site.js";
import { texts } from "./support/texts.js";

/** @type {Receiver} */
let receiver;
/** The requests to the receiver are what the build allows. */
let expects;

const stage = useStage(async (site) => {
  receiver = await Receiver.open(site.url);
  receiver.headers = { "Access-Control-Allow-Origin": new URL(site.url).origin };
  expects = new RegExp(`request to ${receiver.url}`);
  await site.build("--connect", new URL(receiver.url).origin, "--connect", "https://results.example");
  await site.study("sent", { flags: [...plain(3), "--slots", "1"], change: ({ settings }) => { settings.delivery = { url: `${receiver.url}results`, method: "POST" }; } });
  await site.study("elsewhere", { flags: [...plain(3), "--slots", "1"], change: ({ settings }) => { settings.delivery = { url: "https://elsewhere.example/in", method: "POST" }; } });
});
after(() => receiver?.close());

test("a study comes from there, and its votes go there", async () => {
  const page = await stage.page({ expects });
  await page.goto(`${stage.site.url}?study=${encodeURIComponent(`${receiver.url}sent.json`)}&annotator=ann`);
  await passIntroduction(page);
  for (let i = 1; i <= 3; i += 1) {
    await atPair(page, i);
    await page.keyboard.press("2");
  }
  await atEnd(page);
  await page.getByText(texts.save.allSaved, { exact: true }).waitFor();
  assert.equal(votesOf(receiver.votes).length, 3);
});

test("a model comes from there, and from nowhere else", { timeout: 180_000 }, async () => {
  const page = await stage.page({ expects });
  await page.goto(`${stage.site.url}#try`);
  await heading(page, texts.try.title).waitFor();
  const ready = page.locator(".model-line").filter({ hasText: / parameters · / });
  await ready.waitFor({ timeout: 90_000 });
  await page.locator("details.model summary").click();
  await page.getByLabel(texts.try.modelAddress).fill("https://elsewhere.example/m.gguf");
  await button(page, texts.try.modelFetch).click();
  await page.locator(".complaint").filter({ hasText: texts.errors.modelOrigin("https://elsewhere.example") }).waitFor();
  await page.getByLabel(texts.try.modelAddress).fill(`${receiver.url}model/tiebreak-support-6m-q8_0.gguf`);
  await button(page, texts.try.modelFetch).click();
  await ready.waitFor({ timeout: 90_000 });
});

test("votes for an origin that the build does not name stay here, and a sentence says why", async () => {
  const page = await stage.page();
  await page.goto(stage.site.address("elsewhere", "ann"));
  await passIntroduction(page);
  await vote(page, "2");
  await page.locator(".notice.urgent").getByText(texts.save.notAllowed("elsewhere.example"), { exact: true }).waitFor();
  await page.getByText(texts.save.unsaved(1), { exact: true }).waitFor();
});

test("the policy names these origins and no others", async () => {
  const page = await readFile(path.join(stage.site.folder, "index.html"), "utf8");
  const [, policy] = page.match(/connect-src ([^;]*);/);
  assert.equal(policy, `'self' ${new URL(receiver.url).origin} https://results.example`);
});

test("what is no origin is refused by the build, which says what to write", async () => {
  for (const origin of ["http://host.example", "https://host.example/", "https://host.example/in", "https://Host.example", "https://host.example:443", "https://*.example", "https://a.example;", "*", "null", ""]) {
    for (const flag of ["--connect", "--parent"]) {
      const failure = await promisify(execFile)("bash", [path.join(root, "web/build.sh"), "--no-wasm", "--out", stage.site.folder, flag, origin]).then(() => undefined, (error) => error);
      assert.equal(failure?.code, 2, `${flag} ${origin}`);
      assert.match(failure.stderr, origin.endsWith(":443") ? /leave the port out/ : /write an https origin/);
    }
  }
});
