// What a page around this one may ask for: a study, an appearance, the votes.

import { PageError, explain } from "./errors.js";
import { fetchStudy, openFetched } from "./start.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").ParentMessage} ParentMessage */
/** @typedef {import("./types.js").StudyData} StudyData */
/** @typedef {import("./shell.js").Shell} Shell */

/**
 * @param {import("./page-link.js").PageLink} link
 * @param {() => Shell} shell the one that is shown
 * @param {(language: string | undefined) => Promise<void>} renew puts an empty shell, in that language, in its place
 * @returns {boolean} whether a study was asked for already
 */
export function answerParent(link, shell, renew) {
  let isToldWhat = false;
  /** One message after the other. */
  let before = Promise.resolve();
  link.listen((message) => {
    isToldWhat ||= message.type === "open";
    before = before.then(() => answer(link, shell, renew, message)).catch((error) => shell().tell("error", { message: explain(error) }));
  });
  return isToldWhat;
}

/**
 * @param {import("./page-link.js").PageLink} link
 * @param {() => Shell} shell
 * @param {(language: string | undefined) => Promise<void>} renew
 * @param {ParentMessage} message
 */
async function answer(link, shell, renew, message) {
  const { host, study } = shell();
  if (message.type === "look") host.preferences.showTheme(themeOf(message.theme));
  else if (message.type === "open") await open(shell, renew, message);
  else if (message.type === "results") link.send("results", { request: message.request, votes: study?.session.export() ?? "" });
  else if (message.type === "saved") await markSaved(shell(), message.upto);
  else if (message.type === "close") await renew(undefined);
}

/**
 * @param {() => Shell} shell
 * @param {(language: string | undefined) => Promise<void>} renew
 * @param {Extract<ParentMessage, {type: "open"}>} message
 */
async function open(shell, renew, message) {
  await renew(message.language);
  const fetching = dataOf(message.study);
  fetching.catch(() => {});
  const identity = { annotator: message.annotator || undefined, slot: message.slot, preview: false };
  await openFetched(shell(), identity, fetching, () => void open(shell, renew, message));
}

/**
 * Votes up to this number are safe with whoever is around.
 * @param {Shell} shell
 * @param {number} upto
 */
export async function markSaved(shell, upto) {
  await shell.study?.session.mark_saved(upto);
  shell.notices.hide("save");
  shell.refresh();
}

/**
 * @param {string | StudyData} study
 * @param {AbortSignal} [signal]
 * @returns {Promise<{bytes: Uint8Array, address?: string}>}
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
