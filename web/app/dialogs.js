// Questions that need an answer before the page goes on.

import { button, element, freshId } from "./dom.js";
import { texts } from "./texts.js";

/**
 * A modal dialog with a heading; it removes itself when it closes.
 * @param {import("./surroundings.js").Host} host
 * @param {string} title
 * @param {(Node | string)[]} content
 */
export function openDialog(host, title, content) {
  const id = freshId("dialog");
  const close = button(texts.close, () => dialog.close(), { class: "quiet close" });
  const dialog = element(
    "dialog",
    { class: "dialog", part: "dialog", "aria-labelledby": id },
    element("div", { class: "dialog-head" }, element("h2", { id, tabindex: -1 }, title), close),
    ...content,
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    // Only the backdrop is the dialog itself; everything inside it is another element.
    if (event.target === dialog && !isInside(dialog, event)) dialog.close();
  });
  host.place.append(dialog);
  dialog.showModal();
  dialog.querySelector("h2")?.focus();
  return dialog;
}

/**
 * @param {HTMLElement} dialog
 * @param {MouseEvent} event
 */
function isInside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
}

/**
 * Asks, and resolves with whether the answer was yes.
 * @param {import("./surroundings.js").Host} host
 * @param {{title: string, paragraphs: string[], yes: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function ask(host, question) {
  return new Promise((resolve) => {
    let answer = false;
    const yes = button(question.yes, () => { answer = true; dialog.close(); }, { class: question.danger ? "danger" : "primary" });
    const no = button(texts.cancel, () => dialog.close());
    const dialog = openDialog(host, question.title, [
      ...question.paragraphs.map((text) => element("p", {}, text)),
      element("div", { class: "row end" }, no, yes),
    ]);
    dialog.addEventListener("close", () => resolve(answer));
  });
}

/**
 * Addresses in texts come from strangers or models, so they open only after a look at them.
 * @param {import("./surroundings.js").Host} host
 * @param {string} address
 */
export async function confirmLeaving(host, address) {
  const paragraphs = [address, texts.leave.lead];
  const yes = await ask(host, { title: texts.leave.title, paragraphs, yes: texts.leave.open });
  if (yes) window.open(address, "_blank", "noopener,noreferrer");
}
