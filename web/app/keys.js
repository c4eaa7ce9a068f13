// Single keys for the screen that is shown, and the list of them.

import { openDialog } from "./dialogs.js";
import { element, isWriting, originOf } from "./dom.js";
import { texts } from "./texts.js";

/** @typedef {import("./surroundings.js").Host} Host */

/**
 * Hands key presses to whoever takes them. Escape and Ctrl+Enter also come from where text is written.
 * @param {Host} host
 * @param {AbortSignal} signal ends it
 * @param {() => ((event: KeyboardEvent) => boolean)[]} takers asked in turn
 */
export function listenToKeys(host, signal, takers) {
  host.stage.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || !isForUs(host, event)) return;
    if (takers().some((take) => take(event))) event.preventDefault();
  }, { signal });
}

/**
 * @param {Host} host
 * @param {KeyboardEvent} event
 */
function isForUs(host, event) {
  if (event.defaultPrevented || event.repeat || event.isComposing || event.altKey) return false;
  const origin = originOf(event);
  if (host.place.querySelector("dialog:modal")) return false;
  const confirms = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (event.key === "Escape" || confirms) return true;
  if (event.ctrlKey || event.metaKey || isWriting(origin)) return false;
  return host.preferences.keys || event.key === "Enter";
}

/**
 * The list of keys, with the switch that turns them off.
 * @param {Host} host
 */
export function openKeyList(host) {
  const rows = texts.keys.list.flatMap(([keys, meaning]) => [
    element("dt", {}, ...keys.split(" ").map((key) => (key === "–" ? " – " : element("kbd", {}, key)))),
    element("dd", {}, meaning),
  ]);
  openDialog(host, texts.keys.title, [
    element("p", { class: "soft" }, texts.keys.lead),
    element("dl", { class: "key-list" }, ...rows),
    keySwitch(host.preferences),
  ]);
}

/**
 * The switch for single keys; it takes effect at once and is remembered.
 * @param {import("./preferences.js").Preferences} preferences
 */
export function keySwitch(preferences) {
  const input = element("input", { type: "checkbox", role: "switch", onchange: () => preferences.setKeys(input.checked) });
  input.checked = preferences.keys;
  return element(
    "label",
    { class: "switch" },
    input,
    element("span", {}, element("span", { class: "switch-label" }, texts.keys.enabled), element("span", { class: "soft" }, texts.keys.enabledNote)),
  );
}
