// What a page around this one may ask for: a study, an appearance, the votes.

import { PageError, explain, showError } from "./errors.js";
import { identityOf } from "./identity.js";
import { fetchStudy, openFetched } from "./start.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").ParentMessage} ParentMessage */
/** @typedef {import("./types.js").StudyData} StudyData */
/** @typedef {import("./shell.js").Shell} Shell */

/** @typedef {Extract<ParentMessage, {type: "open"}>} OpenMessage */

/**
 * @param {import("./page-link.js").PageLink} link
 * @param {() => Shell} shell the one that is shown
 * @param {(language: string | undefined) => Promise<void>} renew puts an empty shell, in that language, in its place
 * @returns {boolean} whether a study was asked for already
 */
export function answerParent(link, shell, renew) {
  let isToldWhat = false;
  /** One shell after the other; no message waits for a study that is slow to come, unless it is about that study. */
  let renewed = Promise.resolve();
  const tell = (/** @type {unknown} */ error) => shell().tell("error", { message: explain(error) });
  /** @param {() => Promise<void>} step */
  const inTurn = (step) => { renewed = renewed.then(step).catch(tell); };
  /** @param {OpenMessage} message */
  const open = (message) => inTurn(async () => {
    await renew(message.language);
    openFor(shell(), message, () => open(message));
  });
  link.listen((message) => {
    if (message.type === "look") shell().host.preferences.showTheme(themeOf(message.theme));
    else if (message.type === "close") inTurn(() => renew(undefined));
    else if (message.type === "open") {
      isToldWhat = true;
      open(message);
    } else renewed.then(() => answer(link, shell(), message)).catch(tell);
  });
  return isToldWhat;
}

/**
 * @param {Shell} shell
 * @param {OpenMessage} message
 * @param {() => void} again
 */
function openFor(shell, message, again) {
  try {
    const identity = identityOf(message);
    void openFetched(shell, identity, dataOf(message.study, shell.signal), again);
  } catch (error) {
    showError(shell, error, { start: shell.start });
  }
}

/**
 * Answers when the study that was asked for is there, or cannot be.
 * @param {import("./page-link.js").PageLink} link
 * @param {Shell} shell
 * @param {ParentMessage} message
 */
async function answer(link, shell, message) {
  await shell.opened;
  if (message.type === "results") link.send("results", { request: message.request, votes: shell.study?.session.export() ?? "" });
  else if (message.type === "saved") await markSaved(shell, message.upto);
}

/**
 * Votes up to this number are safe with whoever is around.
 * @param {Shell} shell
 * @param {number} upto
 */
export async function markSaved(shell, upto) {
  if (!Number.isSafeInteger(upto) || upto < 0) throw new PageError(texts.errors.savedNumber(String(upto)));
  await shell.study?.session.mark_saved(upto);
  shell.notices.hide("save");
  shell.refresh();
}

/**
 * @param {string | StudyData} study
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./study.js").StudyFile>}
 */
export async function dataOf(study, signal) {
  if (typeof study === "string") return fetchStudy(study, signal);
  if (study instanceof Uint8Array) return { bytes: study };
  if (study instanceof ArrayBuffer) return { bytes: new Uint8Array(study) };
  if (study instanceof Blob) return { bytes: new Uint8Array(await study.arrayBuffer()) };
  if (typeof study !== "object" || study === null) throw new PageError(texts.errors.studyAddress);
  return { bytes: new TextEncoder().encode(JSON.stringify(study)) };
}

/** @param {string | null | undefined} theme @returns {import("./preferences.js").Theme} */
export function themeOf(theme) {
  return theme === "light" || theme === "dark" ? theme : "system";
}
