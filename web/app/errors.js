// What went wrong, in a sentence, and what can be done about it.

import { button, element } from "./dom.js";
import { ModuleError } from "./module.js";
import { texts } from "./texts.js";

/** An error that is a sentence already. */
export class PageError extends Error {}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {unknown} error */
export function explain(error) {
  if (error instanceof ModuleError) return error.reason === "browser" ? texts.errors.module : texts.errors.moduleFetch;
  if (error instanceof PageError) return error.message;
  return ofBrowser(error) ?? texts.errors.study(messageOf(error));
}

/**
 * What the study has nothing to do with.
 * @param {unknown} error
 */
function ofBrowser(error) {
  if (!(error instanceof Error)) return undefined;
  /** @type {Record<string, string>} */
  const sentences = { locked: texts.errors.locked, no_answer: texts.errors.noAnswer };
  return sentences[error.name];
}

/**
 * @param {unknown} error
 * @param {{again?: () => void, start?: () => void}} ways
 * @returns {import("./types.js").Screen}
 */
export function errorScreen(error, ways) {
  const title = error instanceof ModuleError && error.reason === "browser" ? texts.errors.moduleTitle : texts.errors.title;
  const focus = element("h1", { tabindex: -1 }, title);
  const isStudy = !(error instanceof ModuleError) && !(error instanceof PageError) && ofBrowser(error) === undefined;
  return {
    title,
    focus,
    element: element(
      "div",
      { class: "column" },
      focus,
      element("p", { class: "lead", role: "alert" }, explain(error)),
      isStudy && element("p", { class: "soft" }, texts.errors.studyHelp),
      element(
        "div",
        { class: "row wrap" },
        ways.again && button(texts.errors.tryAgain, ways.again, { class: "primary" }),
        ways.start && button(texts.errors.startAgain, ways.start),
      ),
    ),
  };
}

/**
 * Shows what went wrong, and tells whoever is around.
 * @param {import("./shell.js").Shell} shell
 * @param {unknown} error
 * @param {{again?: () => void, start?: () => void}} ways
 */
export function showError(shell, error, ways) {
  shell.tell("error", { message: explain(error) });
  shell.show(errorScreen(error, ways));
}

/** @param {string} text */
export function loadingScreen(text = texts.loading) {
  const focus = element("p", { class: "loading", tabindex: -1, role: "status" }, text);
  return { title: text, focus, element: element("div", { class: "column" }, focus) };
}
