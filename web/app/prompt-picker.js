// Questions to choose from, and a place for one's own.

import { button, element, freshId } from "./dom.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").CataloguePrompt} CataloguePrompt */

/**
 * @param {CataloguePrompt[]} catalogue
 * @param {(prompt: string) => void} choose
 */
export function promptPicker(catalogue, choose) {
  const own = ownPrompt(choose);
  const anyOne = button(texts.try.surprise, () => choose(randomPrompt(catalogue)), {});
  own.actions.append(anyOne);
  return {
    element: element("div", { class: "prompt-picker" }, own.element, element("h2", {}, texts.try.catalogue), groups(catalogue, choose)),
    focus: own.input,
  };
}

/** @param {CataloguePrompt[]} catalogue */
export function randomPrompt(catalogue) {
  return catalogue[Math.floor(Math.random() * catalogue.length)].text;
}

/** @param {(prompt: string) => void} choose */
function ownPrompt(choose) {
  const id = freshId("own");
  const input = element("textarea", { id, rows: 2, dir: "auto", maxlength: 4_000, placeholder: texts.try.ownPlaceholder });
  const go = () => {
    const prompt = input.value.trim();
    if (prompt !== "") choose(prompt);
    else input.focus();
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    go();
  });
  const actions = element("div", { class: "row wrap" }, button(texts.try.write, go, { class: "primary", key: "⏎" }));
  return { element: element("div", { class: "field own" }, element("label", { for: id }, texts.try.own), input, actions), actions, input };
}

/**
 * @param {CataloguePrompt[]} catalogue
 * @param {(prompt: string) => void} choose
 */
function groups(catalogue, choose) {
  /** @type {Map<string, CataloguePrompt[]>} */
  const byCategory = new Map();
  for (const prompt of catalogue) byCategory.set(prompt.category, [...(byCategory.get(prompt.category) ?? []), prompt]);
  const sections = [...byCategory.values()].map((prompts) =>
    element(
      "section",
      {},
      element("h3", {}, prompts[0].title),
      element("ul", {}, ...prompts.map((prompt) => element("li", {}, button(prompt.text, () => choose(prompt.text), { class: "text", dir: "auto" })))),
    ));
  return element("div", { class: "catalogue" }, ...sections);
}
