// The words that only one of two replies has, marked.

import { element } from "./dom.js";

/** @param {import("./types.js").DiffPart[]} parts */
export function renderDiff(parts) {
  const shown = element("div", { class: "plain", dir: "auto" });
  for (const part of parts) {
    shown.append(part.changed ? element("mark", {}, part.text) : part.text);
  }
  return shown;
}
