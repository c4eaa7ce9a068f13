// The end: thanks, the votes, the code, and the way back to where the annotator came from.

import { button, element } from "./dom.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").Screen} Screen */
/** @typedef {import("./study.js").Study} Study */

/** Only these take an answer to a task of MTurk. */
const taskHosts = ["www.mturk.com", "workersandbox.mturk.com"];
const submitPath = "/mturk/externalSubmit";

/**
 * @param {Study} study
 * @returns {Screen}
 */
export function finishScreen(study) {
  const { session } = study;
  const completion = session.completion();
  const total = session.progress().total;
  const focus = element("h1", { tabindex: -1 }, texts.finish.title);
  const left = new AbortController();
  return {
    title: texts.finish.title,
    focus,
    leave: () => left.abort(),
    element: element(
      "div",
      { class: "column finish" },
      element("div", { class: "tick", "aria-hidden": "true" }),
      focus,
      element("p", { class: "lead" }, texts.finish.lead(total)),
      results(study),
      completion && code(completion.code),
      completion?.url && wayBack(completion.url),
      completion && taskForm(study, completion.code, left.signal),
      receipt(session.receipt()),
      element("div", { class: "row foot" }, button(texts.finish.review, () => study.pair(total - 1), { class: "quiet" })),
    ),
  };
}

/** @param {Study} study */
function results(study) {
  const save = button(texts.save.saveFile, () => void study.saver.toFile(), { class: "primary" });
  return element("section", {}, element("h2", {}, texts.finish.results), element("div", { class: "row wrap" }, save));
}

/** @param {string} value */
function code(value) {
  const shown = element("output", { class: "code" }, value);
  const state = element("p", { class: "soft", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      state.textContent = texts.finish.codeCopied;
    } catch {
      getSelection()?.selectAllChildren(shown);
      state.textContent = texts.finish.copyFailed;
    }
  };
  return element("section", {}, element("h2", {}, texts.finish.code), element("div", { class: "row wrap" }, shown, button(texts.copy, () => void copy())), state);
}

/**
 * The host stands on the link, so that nobody goes where they do not want to.
 * @param {string} address
 */
function wayBack(address) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "https:") return element("p", { class: "soft" }, texts.finish.badLink);
  return element(
    "section",
    {},
    element("p", { class: "soft" }, texts.finish.leaveReady),
    element("a", { class: "button", href: url.href, rel: "noreferrer" }, texts.finish.leave(url.host)),
  );
}

/**
 * MTurk wants a form posted to the address that it gave; the page's policy has to allow that host.
 * The votes go along, so that a task needs no server besides.
 * @param {Study} study
 * @param {string} value the code
 * @param {AbortSignal} signal ends with the screen
 */
function taskForm(study, value, signal) {
  const { assignmentId, submitTo } = study.identity;
  if (!assignmentId || !submitTo || !URL.canParse(submitPath, submitTo)) return null;
  const url = new URL(submitPath, submitTo);
  if (url.protocol !== "https:" || !taskHosts.includes(url.host)) return null;
  const note = element("p", { class: "soft", role: "status" }, texts.finish.submitNote(url.host));
  document.addEventListener("securitypolicyviolation", (event) => {
    if (event.effectiveDirective === "form-action") note.textContent = texts.finish.submitBlocked;
  }, { signal });
  return element(
    "form",
    { method: "post", action: url.href },
    element("input", { type: "hidden", name: "assignmentId", value: assignmentId }),
    element("input", { type: "hidden", name: "results", value: study.session.export() }),
    element("input", { type: "hidden", name: "receipt", value: study.session.receipt() }),
    element("input", { type: "hidden", name: "completion_code", value }),
    element("button", { type: "submit" }, texts.finish.submit),
    note,
  );
}

/** @param {string} value */
function receipt(value) {
  return element(
    "details",
    { class: "receipt" },
    element("summary", {}, texts.finish.receipt, " ", element("code", {}, value.slice(0, 12))),
    element("p", { class: "hash" }, element("code", {}, value)),
    element("p", { class: "soft" }, texts.finish.receiptNote),
  );
}

/** @returns {Screen} */
export function emptyScreen() {
  const focus = element("h1", { tabindex: -1 }, texts.finish.emptyTitle);
  return {
    title: texts.finish.emptyTitle,
    focus,
    element: element("div", { class: "column" }, focus, element("p", { class: "lead" }, texts.finish.emptyLead)),
  };
}
