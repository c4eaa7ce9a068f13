// Single keys for the screen that is shown, and the list of them.

import { openDialog } from "./dialogs.js";
import { element, isWriting, originOf } from "./dom.js";
import { preferences } from "./preferences.js";
import { texts } from "./texts.js";

/**
 * Hands key presses to whoever takes them. Escape and Ctrl+Enter also come from where text is written.
 * @param {() => ((event: KeyboardEvent) => boolean)[]} takers asked in turn
 */
export function listenToKeys(takers) {
  addEventListener("keydown", (event) => {
    if (!isForUs(event)) return;
    if (takers().some((take) => take(event))) event.preventDefault();
  });
}

/** @param {KeyboardEvent} event */
function isForUs(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing || event.altKey) return false;
  const origin = originOf(event);
  if (document.querySelector("dialog:modal")) return false;
  const confirms = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (event.key === "Escape" || confirms) return true;
  if (event.ctrlKey || event.metaKey || isWriting(origin)) return false;
  return preferences.keys || event.key === "Enter";
}

/** The list of keys, with the switch that turns them off. */
export function openKeyList() {
  const rows = texts.keys.list.flatMap(([keys, meaning]) => [
    element("dt", {}, ...keys.split(" ").map((key) => (key === "–" ? " – " : element("kbd", {}, key)))),
    element("dd", {}, meaning),
  ]);
  openDialog(texts.keys.title, [
    element("p", { class: "soft" }, texts.keys.lead),
    element("dl", { class: "key-list" }, ...rows),
    keySwitch(),
  ]);
}

/** The switch for single keys; it takes effect at once and is remembered. */
export function keySwitch() {
  const input = element("input", { type: "checkbox", role: "switch", onchange: () => preferences.setKeys(input.checked) });
  input.checked = preferences.keys;
  return element(
    "label",
    { class: "switch" },
    input,
    element("span", {}, element("span", { class: "switch-label" }, texts.keys.enabled), element("span", { class: "soft" }, texts.keys.enabledNote)),
  );
}
