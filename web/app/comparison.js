// The prompt and the two replies: what every screen with a pair has in common.

import { add, element, freshId } from "./dom.js";
import { renderDiff } from "./diff.js";
import { isModest, renderMarkdown, renderPlain } from "./markdown.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").Message} Message */

const views = /** @type {View[]} */ (["markdown", "plain", "diff"]);
/** Characters that turn the direction of a text around without being seen. */
const hiddenDirection = /[\u202a-\u202e\u2066-\u2069]/;

export class Comparison {
  /** @type {View} */
  view;
  /** @type {[string, string]} */
  texts = ["", ""];
  #module;
  #host;
  #prompt = element("div", { class: "prompt-text" });
  #note = element("p", { class: "pair-note", hidden: true });
  #cards = /** @type {[Card, Card]} */ ([new Card(0), new Card(1)]);
  /** @type {Map<View, HTMLInputElement>} */
  #switches = new Map();

  /**
   * @param {import("./types.js").TiebreakModule} module
   * @param {import("./surroundings.js").Host} host
   */
  constructor(module, host) {
    this.#module = module;
    this.#host = host;
    this.view = host.preferences.view;
    this.heading = element("h1", { class: "pair-heading", tabindex: -1 });
    this.extra = element("div", { class: "pair-extra" });
    const band = element("section", { class: "prompt", part: "prompt", "aria-label": texts.pair.prompt }, this.#prompt);
    keepReachable(this.#prompt, texts.pair.prompt);
    this.element = element(
      "div",
      { class: "comparison" },
      element("div", { class: "pair-line" }, this.heading, this.extra, this.#viewSwitch()),
      band,
      this.#note,
      element("div", { class: "cards" }, this.#cards[0].element, this.#cards[1].element),
    );
  }

  #viewSwitch() {
    const name = freshId("view");
    const group = element("fieldset", { class: "segments" }, element("legend", { class: "hidden" }, texts.pair.view));
    for (const view of views) {
      const input = element("input", { type: "radio", name, value: view, onchange: () => this.setView(view) });
      input.checked = view === this.view;
      this.#switches.set(view, input);
      const key = { markdown: "m", plain: "m", diff: "d" }[view];
      input.setAttribute("aria-keyshortcuts", key);
      group.append(element("label", { title: `${texts.pair.views[view]} (${key})` }, input, element("span", {}, texts.pair.views[view])));
    }
    return group;
  }

  /**
   * @param {Message[]} messages
   * @param {[string, string]} replies
   * @param {string[]} marks
   */
  show(messages, replies, marks = []) {
    this.view = this.#host.preferences.view;
    const input = this.#switches.get(this.view);
    if (input) input.checked = true;
    this.#prompt.replaceChildren(conversation(messages));
    // Of a conversation the end matters most; a single message is read from its beginning.
    this.#prompt.scrollTop = messages.length > 1 ? this.#prompt.scrollHeight : 0;
    this.setNote(marks.length > 0 ? texts.pair.marked(marks.map((mark) => texts.pair.marks[mark] ?? mark)) : "");
    this.texts = replies;
    this.#render();
  }

  /** @param {string} note */
  setNote(note) {
    this.#note.textContent = note;
    this.#note.hidden = note === "";
  }

  /** @param {View} view */
  setView(view) {
    this.view = view;
    const input = this.#switches.get(view);
    if (input) input.checked = true;
    this.#host.preferences.setView(view);
    this.#render();
  }

  /**
   * More of a reply that is being written.
   * @param {0 | 1} index
   * @param {string} text
   */
  append(index, text) {
    this.texts[index] += text;
    this.#cards[index].append(text);
  }

  /** @param {boolean} writing whether replies are being written */
  setWriting(writing) {
    for (const card of this.#cards) card.element.classList.toggle("writing", writing);
    if (!writing) this.#render();
  }

  /**
   * What stands under the replies once it no longer can sway a vote.
   * @param {[string, string]} lines
   */
  setFooters(lines) {
    this.#cards.forEach((card, i) => card.setFooter(lines[i]));
  }

  /** @param {-1 | 0 | 1} side the better one, 0 for none */
  setBetter(side) {
    this.#cards[0].element.classList.toggle("better", side < 0);
    this.#cards[1].element.classList.toggle("better", side > 0);
  }

  #render() {
    const { left, right } = this.view === "diff" ? this.#module.word_diff(...this.texts) : { left: [], right: [] };
    const parts = [left, right];
    this.#cards.forEach((card, i) => {
      const text = this.texts[i];
      card.show(this.view === "diff" ? renderDiff(parts[i]) : this.#body(text), text);
    });
  }

  /** @param {string} text */
  #body(text) {
    if (this.view === "plain") return renderPlain(text);
    try {
      const tree = this.#module.markdown(text);
      if (isModest(tree)) return renderMarkdown(this.#host, tree, 2);
    } catch {
      // A text that is no Markdown can still be read.
    }
    return renderPlain(text);
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean}
   */
  key(event) {
    if (event.key === "m") this.setView(this.view === "markdown" ? "plain" : "markdown");
    else if (event.key === "d") this.setView(this.view === "diff" ? this.#host.preferences.view : "diff");
    else return false;
    return true;
  }
}

/** One reply. */
class Card {
  #body = element("div", { class: "card-body" });
  #footer = element("p", { class: "card-footer", hidden: true });
  #bidi = element("p", { class: "card-note", hidden: true }, texts.pair.bidi);

  /** @param {0 | 1} index */
  constructor(index) {
    const id = freshId("reply");
    const heading = element("h2", { id, class: "card-heading" }, texts.pair.response(index));
    this.element = element("article", { class: "card", part: "reply", "aria-labelledby": id }, heading, this.#body, this.#bidi, this.#footer);
  }

  /**
   * @param {Node} body
   * @param {string} text
   */
  show(body, text) {
    const empty = element("p", { class: "card-note" }, texts.pair.empty);
    const waits = this.element.classList.contains("writing");
    this.#body.replaceChildren(text.trim() === "" && !waits ? empty : body);
    this.#bidi.hidden = !hiddenDirection.test(text);
    this.setFooter("");
  }

  /** @param {string} text */
  append(text) {
    let last = this.#body.querySelector(".plain");
    if (!last) {
      last = renderPlain("");
      this.#body.replaceChildren(last);
    }
    add(last, text);
  }

  /** @param {string} line */
  setFooter(line) {
    this.#footer.textContent = line;
    this.#footer.hidden = line === "";
  }
}

/** @param {Message[]} messages */
function conversation(messages) {
  if (messages.length === 1) return renderPlain(messages[0].content);
  const list = element("ol", { class: "conversation" });
  for (const message of messages) {
    const role = texts.pair.roles[message.role] ?? message.role;
    list.append(element("li", { class: `from-${/^\w+$/.test(message.role) ? message.role : "other"}` }, element("span", { class: "role" }, role), renderPlain(message.content)));
  }
  return list;
}

/**
 * What scrolls inside itself has to be reachable with the keyboard, and what does not should be no stop on the way.
 * @param {HTMLElement} scroller
 * @param {string} label
 */
function keepReachable(scroller, label) {
  const look = () => {
    const scrolls = scroller.scrollHeight > scroller.clientHeight + 1;
    scroller.classList.toggle("scrolls", scrolls);
    if (scrolls) {
      scroller.tabIndex = 0;
      scroller.setAttribute("role", "group");
      scroller.setAttribute("aria-label", label);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) scroller.removeAttribute(name);
    }
  };
  // A frame later, because looking changes the size, which an observer must not do to what it observes.
  new ResizeObserver(() => requestAnimationFrame(look)).observe(scroller);
}
