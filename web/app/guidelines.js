// The guidelines as a text with its contents, for the screen before the first pair and for the drawer.

import { button, element } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { texts } from "./texts.js";

/** @typedef {import("./surroundings.js").Host} Host */
/** @typedef {{version: string, text: string}} Guidelines */

/**
 * @param {Host} host
 * @param {import("./types.js").TiebreakModule} module
 * @param {Guidelines} guidelines
 * @param {number} outline the level of the heading above
 */
export function guidelinesText(host, module, guidelines, outline) {
  const text = renderMarkdown(host, module.markdown(guidelines.text), outline);
  return element("div", { class: "guidelines" }, contents(text), text, element("p", { class: "soft" }, texts.guidelines.version(guidelines.version)));
}

/**
 * Buttons and no links: an address with a fragment would be another entry in the browser's history.
 * @param {HTMLElement} text
 */
function contents(text) {
  const headings = [...text.querySelectorAll(".heading-2")];
  if (headings.length < 3) return null;
  const entries = headings.map((heading) => {
    heading.setAttribute("tabindex", "-1");
    const go = () => {
      heading.scrollIntoView({ block: "start" });
      /** @type {HTMLElement} */ (heading).focus({ preventScroll: true });
    };
    return element("li", {}, button(heading.textContent ?? "", go, { class: "text" }));
  });
  return element("details", { class: "contents" }, element("summary", {}, texts.guidelines.contents), element("ul", {}, ...entries));
}

/**
 * @param {Host} host
 * @param {import("./types.js").TiebreakModule} module
 * @param {Guidelines} guidelines
 * @param {() => void} go
 * @returns {import("./types.js").Screen}
 */
export function guidelinesScreen(host, module, guidelines, go) {
  const focus = element("h1", { tabindex: -1 }, texts.guidelines.title);
  return {
    title: texts.guidelines.title,
    focus,
    element: element(
      "div",
      { class: "column" },
      focus,
      element("p", { class: "lead" }, texts.guidelines.lead),
      guidelinesText(host, module, guidelines, 1),
      element("div", { class: "row foot" }, button(texts.guidelines.begin, go, { class: "primary" })),
    ),
  };
}
