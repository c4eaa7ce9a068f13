// The ways in, where the address names no study.

import { button, element } from "./dom.js";
import { loadingScreen, PageError, showError } from "./errors.js";
import { addressOf, mayReach } from "./reach.js";
import { keptStudy } from "./shelf.js";
import { openBytes, openStudy } from "./study.js";
import { texts } from "./texts.js";

/** @typedef {import("./shell.js").Shell} Shell */
/** @typedef {import("./study.js").StudyFile} StudyFile */
/** @typedef {import("./types.js").Identity} Identity */

/**
 * @param {Shell} shell
 * @param {Identity} identity
 * @param {() => void} tryIt
 * @returns {import("./types.js").Screen}
 */
export function startScreen(shell, identity, tryIt) {
  const focus = element("h1", { tabindex: -1 }, texts.start.title);
  const begun = element("section", { class: "begun", hidden: true });
  void listBegun(shell, identity, begun);
  return {
    title: texts.start.title,
    focus,
    element: element(
      "div",
      { class: "column start" },
      focus,
      element("p", { class: "lead" }, texts.start.lead),
      begun,
      element(
        "div",
        { class: "ways" },
        element("section", {}, element("h2", {}, texts.start.tryTitle), element("p", {}, texts.start.tryLead), button(texts.start.tryButton, tryIt, { class: "primary" })),
        element("section", {}, element("h2", {}, texts.start.studyTitle), element("p", {}, texts.start.studyLead), fileChooser(shell, identity)),
      ),
      element("p", { class: "soft" }, texts.start.privacy),
    ),
  };
}

/**
 * @param {Shell} shell
 * @param {Identity} identity
 */
function fileChooser(shell, identity) {
  const input = element("input", { type: "file", class: "hidden", accept: ".json,application/json" });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) void openFile(shell, file, identity);
  });
  return element("label", { class: "file-button" }, input, element("span", {}, texts.start.studyButton));
}

/**
 * @param {Shell} shell
 * @param {Blob} file
 * @param {Identity} identity
 */
async function openFile(shell, file, identity) {
  const reading = file.arrayBuffer().then((buffer) => ({ bytes: new Uint8Array(buffer) }));
  await openOnceThere(shell, identity, reading, () => void openFile(shell, file, identity));
}

/**
 * @param {Shell} shell
 * @param {Identity} identity
 * @param {HTMLElement} place
 */
async function listBegun(shell, identity, place) {
  const stored = (await shell.module?.stored_studies().catch(() => [])) ?? [];
  if (stored.length === 0) return;
  const rows = stored.map((study) => {
    const open = async () => {
      const bytes = await keptStudy(study.study);
      if (bytes) await openStudy(shell, bytes, { ...identity, annotator: study.annotator });
      else shell.notices.show("begun", texts.start.continueMissing);
    };
    return element(
      "li",
      {},
      element("span", { class: "begun-title", dir: "auto" }, study.title),
      element("span", { class: "soft", dir: "auto" }, texts.start.stored(study.annotator, study.votes)),
      button(texts.start.continueTitle, () => void open(), { class: "small", "aria-label": texts.start.continueStudy(study.title) }),
    );
  });
  place.append(element("h2", {}, texts.start.continueTitle), element("ul", {}, ...rows));
  place.hidden = false;
}

/**
 * A study can be dropped anywhere.
 * @param {() => Shell} shown
 * @param {Identity} identity
 */
export function listenToDrops(shown, identity) {
  const page = shown().host.frame;
  /** @param {DragEvent} event */
  const brings = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    page.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) page.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    page.classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    void openFile(shown(), file, identity);
  });
}

/**
 * Opens a study that is on its way from afar.
 * @param {Shell} shell
 * @param {Identity} identity
 * @param {Promise<StudyFile>} fetching
 * @param {() => void} again
 */
export function openFetched(shell, identity, fetching, again) {
  shell.show(loadingScreen());
  return openOnceThere(shell, identity, fetching, again);
}

/**
 * @param {Shell} shell
 * @param {Identity} identity
 * @param {Promise<StudyFile>} coming
 * @param {() => void} again
 */
function openOnceThere(shell, identity, coming, again) {
  // Looked at when its turn has come.
  coming.catch(() => {});
  return shell.opening(async (signal) => {
    try {
      await openBytes(shell, signal, await unless(signal, coming), identity);
    } catch (error) {
      if (!signal.aborted) showError(shell, error, { again, start: shell.start });
    }
  });
}

/**
 * What a promise brings; rejects as soon as the signal comes.
 * @template Value
 * @param {AbortSignal} signal
 * @param {Promise<Value>} promise
 * @returns {Promise<Value>}
 */
function unless(signal, promise) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

/**
 * A study by address comes from the page's own origin, or one that this copy was built for; without a network the copy that was kept has to do.
 * @param {string} text from the address bar, or from whoever is around
 * @param {AbortSignal} [signal]
 * @returns {Promise<StudyFile>}
 */
export async function fetchStudy(text, signal) {
  const url = addressOf(text);
  if (!url) throw new PageError(texts.errors.studyAddress);
  if (!mayReach(url)) throw new PageError(texts.errors.studyOrigin);
  const address = url.href;
  const response = await fetch(address, { cache: "no-cache", signal }).catch(() => undefined);
  if (response?.ok) return { bytes: new Uint8Array(await response.arrayBuffer()), address };
  const kept = await keptStudy(address);
  if (kept) return { bytes: kept, address };
  throw new PageError(texts.errors.studyFetch(response ? String(response.status) : "offline"));
}
