// Elements in one call. Text only ever becomes a text node, so nothing that a study or a model says can become markup.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Properties */

/**
 * Makes an element. A property that starts with `on` is a listener, `true` an empty attribute, `false` none.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") {
      made.addEventListener(name.slice(2), value);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(made, ...children);
  return made;
}

/**
 * Appends what is there and leaves out what is not.
 * @param {Node} parent
 * @param {...Child} children
 */
export function add(parent, ...children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) {
      parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }
}

/**
 * A button that does something; `key` is shown on it and told to screen readers.
 * @param {string} label
 * @param {(event: MouseEvent) => void} action
 * @param {{class?: string, key?: string, [name: string]: any}} [options]
 */
export function button(label, action, options = {}) {
  const { key, ...properties } = options;
  return element(
    "button",
    { type: "button", ...properties, onclick: action, "aria-keyshortcuts": key ? shortcut(key) : undefined },
    element("span", { class: "label" }, label),
    key && keyCap(key),
  );
}

/**
 * A key as it is drawn on a control; screen readers get `aria-keyshortcuts` instead.
 * @param {string} key
 */
export function keyCap(key) {
  return element("kbd", { class: "key", "aria-hidden": "true" }, key);
}

/**
 * The name that `aria-keyshortcuts` wants for what is drawn.
 * @param {string} key
 */
export function shortcut(key) {
  return key === "⏎" ? "Enter" : key.replace("⇧", "Shift+");
}

let identifiers = 0;
/**
 * An id that no other element has.
 * @param {string} stem
 */
export function freshId(stem) {
  identifiers += 1;
  return `${stem}-${identifiers}`;
}

/**
 * The element that an event comes from, also where that is inside a shadow tree.
 * @param {Event} event
 */
export function originOf(event) {
  const [origin] = event.composedPath();
  return origin instanceof Element ? origin : null;
}

/**
 * Whether keys pressed there write text.
 * @param {Element | null} origin
 */
export function isWriting(origin) {
  if (origin instanceof HTMLInputElement) {
    return !["checkbox", "radio", "button", "submit", "file"].includes(origin.type);
  }
  return (
    origin instanceof HTMLTextAreaElement ||
    origin instanceof HTMLSelectElement ||
    (origin instanceof HTMLElement && origin.isContentEditable)
  );
}

/**
 * Whether Enter already means something where it is pressed.
 * @param {Element | null} origin
 */
export function takesEnter(origin) {
  return origin !== null && origin.closest("button, a, summary, select, textarea") !== null;
}
