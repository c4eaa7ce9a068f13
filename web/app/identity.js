// Who annotates: from the address, or asked once.

import { button, element, freshId } from "./dom.js";
import { PageError } from "./errors.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").Identity} Identity */

const longest = 200;
const notAccepted = "ASSIGNMENT_ID_NOT_AVAILABLE";

/**
 * The study's own parameter counts more than those of the platforms.
 * @param {URLSearchParams} parameters
 * @returns {Identity}
 */
export function identityFrom(parameters) {
  /** @param {string} name */
  const get = (name) => parameters.get(name)?.trim().slice(0, longest) || undefined;
  const assignmentId = get("assignmentId");
  const prolific = get("PROLIFIC_PID");
  const worker = get("workerId");
  return {
    annotator: get("annotator") ?? prolific ?? worker,
    slot: slotFrom(get("slot")),
    platform: prolific ? "prolific" : assignmentId ? "mturk" : undefined,
    preview: assignmentId === notAccepted,
    assignmentId,
    hitId: get("hitId"),
    submitTo: get("turkSubmitTo"),
  };
}

/**
 * What a page around this one says of the annotator, under the same rules.
 * @param {{annotator?: unknown, slot?: unknown}} given
 */
export function identityOf({ annotator, slot }) {
  const said = Object.entries({ annotator, slot }).filter(([, value]) => value !== undefined && value !== null);
  return identityFrom(new URLSearchParams(said.map(([name, value]) => [name, String(value)])));
}

/** @param {string | undefined} slot */
function slotFrom(slot) {
  if (slot === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(slot)) throw new PageError(texts.identity.badSlot(slot));
  return Number(slot);
}

/**
 * @param {string} study the study's title
 * @param {(annotator: string) => void} go
 * @returns {import("./types.js").Screen}
 */
export function identityScreen(study, go) {
  const id = freshId("annotator");
  const hint = freshId("hint");
  const input = element("input", { id, type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: longest, "aria-describedby": hint });
  const complaint = element("p", { class: "complaint", role: "alert" });
  const submit = () => {
    const annotator = input.value.trim();
    if (annotator !== "") go(annotator);
    else {
      complaint.textContent = texts.identity.missing;
      input.focus();
    }
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) submit();
  });
  return {
    title: texts.identity.title,
    focus: input,
    element: element(
      "div",
      { class: "column" },
      element("p", { class: "step-name" }, study),
      element("h1", {}, texts.identity.title),
      element("p", { class: "lead", id: hint }, texts.identity.lead),
      element("div", { class: "field" }, element("label", { for: id }, texts.identity.label), element("div", { class: "row" }, input, button(texts.goOn, submit, { class: "primary" })), complaint),
    ),
  };
}
