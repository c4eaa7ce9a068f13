// Pages of somebody else that hold the annotator: as an element, or in a frame.

import { texts } from "./texts.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Locator | import("playwright-core").FrameLocator} Place */

/**
 * A page around an element, which notes the element's events in `told`.
 * @param {string} body
 * @param {{head?: string, from?: string}} [options] `from`: the folder that holds the annotator's files
 */
export const hostPage = (body, { head = "", from = "." } = {}) => `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Somebody else's page</title>
<link rel="icon" href="data:,">${head}
<script>
globalThis.told = [];
for (const type of ["ready", "vote", "progress", "done", "error"]) {
  addEventListener("DOMContentLoaded", () => {
    for (const tag of document.querySelectorAll("tiebreak-annotator")) tag.addEventListener(type, (event) => told.push({ from: tag.id, type, detail: event.detail }));
  });
}
</script>
<script type="module" src="${from}/tiebreak-annotator.js"></script></head><body>${body}</body></html>`;

/**
 * @param {Place} place
 * @param {string} name
 */
export const buttonIn = (place, name) => place.getByRole("button", { name, exact: true });

/**
 * Waits for a pair.
 * @param {Place} place
 * @param {number} number from 1
 */
export const pairIn = (place, number) => place.getByRole("heading", { level: 1, name: new RegExp(`^${texts.pair.heading(number, 0).split(" of ")[0]} of `) }).waitFor();

/**
 * From the first screen of a plain study to its first pair.
 * @param {Place} place
 */
export async function passIn(place) {
  await buttonIn(place, texts.consent.agreeAndStart).click();
  await buttonIn(place, texts.guidelines.begin).click();
  await pairIn(place, 1);
}

/**
 * Waits for the end of a study.
 * @param {Place} place
 */
export const endIn = (place) => place.getByRole("heading", { level: 1, name: texts.finish.title, exact: true }).waitFor();
