// Makes web/screenshots/ from the real page: npm run screenshots

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { launch, phone } from "./support/browser.js";
import { atPair, begin, heading, pairShown } from "./support/drive.js";
import { plain, root, Site } from "./support/site.js";
import { texts } from "./support/texts.js";

const folder = path.join(root, "web/screenshots");
const wide = { viewport: { width: 1280, height: 800 } };
/** A prompt whose replies have something to show. */
const shown = "jacket";

/** Votes until the pair that is to be shown. */
async function goTo(page, prompt) {
  await atPair(page, 1);
  while (!(await page.locator(".prompt-text").textContent()).includes(prompt)) {
    const number = await pairShown(page);
    await page.keyboard.press(String(1 + (number * 3) % 7));
    await atPair(page, number + 1);
  }
}

async function pair(page, site) {
  await begin(page, site.address("study", "ann"));
  await goTo(page, shown);
}

async function reasons(page, site) {
  await pair(page, site);
  await page.keyboard.press("r");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Digit2");
  await page.keyboard.press("Shift+Digit4");
  await page.keyboard.press("2");
}

async function tried(page, site) {
  await page.addInitScript(() => { crypto.getRandomValues = (numbers) => numbers.fill(3); });
  await page.goto(`${site.url}#try`);
  await heading(page, texts.try.title).waitFor();
  await page.getByLabel(texts.try.own).fill("Where is my order?");
  await page.keyboard.press("Enter");
  await page.locator(".step:enabled").first().waitFor({ timeout: 90_000 });
  await page.keyboard.press("2");
  await page.locator(".verdict").waitFor({ timeout: 90_000 });
}

const pictures = {
  wide: [pair, wide],
  phone: [pair, { ...phone, deviceScaleFactor: 1 }],
  dark: [reasons, { ...wide, colorScheme: "dark" }],
  try: [tried, wide],
};

const site = await Site.open();
const browser = await launch();
try {
  await site.study("study", { flags: [...plain(40), "--slots", "1", "--seed", "5"], change: ({ settings }) => { settings.warnings = { words_per_minute: 0, same_side_run: 0 }; } });
  await mkdir(folder, { recursive: true });
  for (const [name, [steps, options]] of Object.entries(pictures)) {
    const page = await browser.newPage({ ...options, serviceWorkers: "block" });
    await steps(page, site);
    // Nothing half faded in, no caret that blinks, and no control under the pointer.
    await page.mouse.move(0, 0);
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
    await page.screenshot({ path: path.join(folder, `${name}.png`), animations: "disabled", caret: "hide" });
    await page.close();
    console.log(`web/screenshots/${name}.png`);
  }
} finally {
  await browser.close();
  await site.close();
}
