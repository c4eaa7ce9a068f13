// After one visit the page works with the network gone.

import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { launch, Stage } from "./support/browser.js";
import { atEnd, atPair, begin, button, heading, savedFile, vote, votesOf } from "./support/drive.js";
import { plain, root, Site } from "./support/site.js";
import { texts } from "./support/texts.js";

const stage = new Stage();
const gone = /Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|error occurred when fetching the script/;

// A server that was stopped comes back at another port, so each test has one of its own.
beforeEach(async () => {
  stage.site = await Site.open();
  await stage.site.study("away", { flags: [...plain(6), "--slots", "1"] });
  stage.browser = await launch();
});
afterEach(async () => {
  try {
    await stage.end();
  } finally {
    await stage.browser.close();
    await stage.site.close();
  }
});

/** Waits until the service worker keeps all files and answers for this page. */
async function kept(page) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    }
  });
}

test("a study goes on without the network", async () => {
  const page = await stage.page({ serviceWorkers: "allow", expects: gone });
  await begin(page, stage.site.address("away", "ann"));
  await vote(page, "2");
  await kept(page);
  await stage.site.stop();
  await page.reload();
  await atPair(page, 2);
  await vote(page, "3");
  await page.reload();
  for (let i = 3; i <= 6; i += 1) {
    await atPair(page, i);
    await page.keyboard.press("5");
  }
  await atEnd(page);
  const { text } = await savedFile(page, () => button(page, texts.save.saveFile).click());
  assert.equal(votesOf(text).length, 6);
});

test("a study begins without the network from the file, and one that was begun from the start", async () => {
  const page = await stage.page({ serviceWorkers: "allow", expects: gone });
  await begin(page, stage.site.address("away", "ann"));
  await vote(page, "2");
  await kept(page);
  await stage.site.stop();
  await page.goto(`${stage.site.url}?annotator=bob`);
  await heading(page, texts.start.title).waitFor();
  await page.locator('.start input[type="file"]').setInputFiles(`${stage.site.folder}/away.json`);
  await button(page, texts.consent.agreeAndStart).click();
  await button(page, texts.guidelines.begin).click();
  await vote(page, "1");
  await page.goto(stage.site.url);
  await page.locator(".begun li").filter({ hasText: "ann" }).getByRole("button").click();
  await atPair(page, 2);
});

test("the shipped model runs without the network", async () => {
  const page = await stage.page({ serviceWorkers: "allow", expects: gone });
  await page.goto(stage.site.url);
  await kept(page);
  await stage.site.stop();
  await page.reload();
  await button(page, texts.start.tryButton).click();
  await page.locator(".catalogue button").first().click();
  await page.locator(".step:enabled").first().waitFor({ timeout: 60_000 });
  for (const text of await page.locator(".card-body").allTextContents()) assert.notEqual(text.trim(), "");
});

test("the page says that it is offline and that it is no longer", async () => {
  const page = await stage.page({ serviceWorkers: "allow", expects: gone });
  await begin(page, stage.site.address("away", "ann"));
  await kept(page);
  await page.context().setOffline(true);
  await page.getByText(texts.errors.offline, { exact: true }).waitFor();
  await vote(page, "2");
  await page.context().setOffline(false);
  await page.getByText(texts.errors.offline, { exact: true }).waitFor({ state: "detached" });
  await vote(page, "2");
});

test("two copies of the page on one origin keep their files apart", async () => {
  for (const name of ["one", "two"]) {
    const folder = path.join(stage.site.folder, name);
    await cp(path.join(root, "web/dist"), folder, { recursive: true });
    const worker = path.join(folder, "service-worker.js");
    const text = await readFile(worker, "utf8");
    await writeFile(worker, text.replace(/^const version = .*/m, `const version = "${name}";`));
  }
  const page = await stage.page({ serviceWorkers: "allow", expects: gone });
  for (const name of ["one", "two"]) {
    await page.goto(`${stage.site.url}${name}/`);
    await kept(page);
  }
  await stage.site.stop();
  for (const name of ["one", "two"]) {
    await page.goto(`${stage.site.url}${name}/`);
    await heading(page, texts.start.title).waitFor();
  }
});

test("a study that was never opened cannot be opened without the network, and the page says so", async () => {
  const page = await stage.page({ serviceWorkers: "allow", expects: gone });
  await page.goto(stage.site.url);
  await kept(page);
  await stage.site.stop();
  await page.goto(stage.site.address("away", "ann"));
  await page.getByText(texts.errors.studyFetch("offline"), { exact: true }).waitFor();
  await button(page, texts.errors.startAgain).click();
  await heading(page, texts.start.title).waitFor();
});
