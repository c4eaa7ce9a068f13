// From the tree that the wasm module makes of a Markdown text to elements. Text becomes text nodes, whatever it says.

import { add, button, element } from "./dom.js";
import { confirmLeaving } from "./dialogs.js";

/** @typedef {import("./types.js").MarkdownNode} MarkdownNode */

/** Beyond these a text is a bomb and no text; it is then shown as it is. */
const deepest = 40;
const mostNodes = 30_000;

/** @type {Record<string, keyof HTMLElementTagNameMap>} */
const tags = {
  paragraph: "p",
  item: "li",
  quote: "blockquote",
  table: "table",
  row: "tr",
  strong: "strong",
  emphasis: "em",
  strike: "s",
};

/**
 * @param {import("./surroundings.js").Host} host
 * @param {MarkdownNode[]} tree
 * @param {number} outline the level of the heading that the text stands under
 */
export function renderMarkdown(host, tree, outline) {
  const rendered = element("div", { class: "prose", dir: "auto" });
  const state = { host, outline, lastLevel: outline, inHeader: false };
  children(rendered, tree, state, 0);
  return rendered;
}

/**
 * Text as it is, line breaks and all.
 * @param {string} text
 */
export function renderPlain(text) {
  return element("div", { class: "plain", dir: "auto" }, text);
}

/** @param {MarkdownNode[]} tree @returns {boolean} whether it can be rendered without harm */
export function isModest(tree) {
  let level = tree;
  let nodes = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    nodes += level.length;
    if (depth > deepest || nodes > mostNodes) return false;
    level = level.flatMap((node) => node.children ?? []);
  }
  return true;
}

/** @typedef {{host: import("./surroundings.js").Host, outline: number, lastLevel: number, inHeader: boolean}} State */

/**
 * @param {Node} parent
 * @param {MarkdownNode[] | undefined} nodes
 * @param {State} state
 * @param {number} depth
 */
function children(parent, nodes, state, depth) {
  for (const node of nodes ?? []) add(parent, render(node, state, depth + 1));
}

/**
 * @param {MarkdownNode} node
 * @param {State} state
 * @param {number} depth
 * @returns {Node}
 */
function render(node, state, depth) {
  switch (node.type) {
    case "text":
      return document.createTextNode(node.text ?? "");
    case "break":
      return element("br");
    case "rule":
      return element("hr");
    case "code":
      return element("code", {}, node.text ?? "");
    case "code_block":
      return element("pre", { tabindex: 0 }, element("code", {}, node.text ?? ""));
    case "link":
      return link(node, state, depth);
    default:
      return container(node, state, depth);
  }
}

/**
 * @param {MarkdownNode} node
 * @param {State} state
 * @param {number} depth
 */
function container(node, state, depth) {
  const made = shell(node, state);
  if (node.text !== undefined && !node.children) add(made, node.text);
  children(made, node.children, state, depth);
  return node.type === "table" ? element("div", { class: "table-scroll", tabindex: 0, role: "group" }, made) : made;
}

/**
 * @param {MarkdownNode} node
 * @param {State} state
 * @returns {HTMLElement}
 */
function shell(node, state) {
  if (node.type === "heading") return heading(node, state);
  if (node.type === "list") return list(node);
  if (node.type === "cell") return cell(node, state);
  if (node.type === "row") state.inHeader = node.header ?? false;
  const tag = tags[node.type];
  return tag ? element(tag) : element("div");
}

/**
 * The text's own levels, kept below the page's headings and without gaps.
 * @param {MarkdownNode} node
 * @param {State} state
 */
function heading(node, state) {
  const wanted = state.outline + (node.level ?? 1);
  state.lastLevel = Math.min(wanted, state.lastLevel + 1);
  return element("div", { role: "heading", "aria-level": state.lastLevel, class: `heading heading-${node.level ?? 1}` });
}

/**
 * A heading without words heads nothing.
 * @param {MarkdownNode} node
 * @param {State} state
 */
function cell(node, state) {
  const heads = state.inHeader && (node.text || (node.children ?? []).length > 0);
  return heads ? element("th", { scope: "col" }) : element("td");
}

/** @param {MarkdownNode} node */
function list(node) {
  if (!node.ordered) return element("ul");
  return element("ol", { start: node.start !== undefined && node.start !== 1 ? node.start : undefined });
}

/**
 * The address is always readable, and a click asks first.
 * @param {MarkdownNode} node
 * @param {State} state
 * @param {number} depth
 */
function link(node, state, depth) {
  const shown = element("span", { class: "link" });
  children(shown, node.children, state, depth);
  if (!node.children && node.text) add(shown, node.text);
  const href = node.href ?? "";
  if (!/^(https?|mailto):/i.test(href)) return shown;
  const open = button(href, () => confirmLeaving(state.host, href), { class: "address" });
  return shown.textContent === href ? open : element("span", {}, shown, " ", open);
}
