// The frame of the page: the bar on top, notices, and the screen that is shown.

import { button, element } from "./dom.js";
import { Drawer } from "./drawer.js";
import { listenToKeys, openKeyList } from "./keys.js";
import { Notices } from "./notices.js";
import { openSettings } from "./settings.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").Screen} Screen */
/** @typedef {import("./study.js").Study} Study */

export class Shell {
  /** @type {Study | undefined} */
  study;
  /** @type {Screen | undefined} */
  #screen;
  #title = element("span", { class: "bar-title" });
  #line = element("div", { class: "progress-fill" });
  #progress;
  #drawer;
  #closing = new AbortController();
  #opening = new AbortController();
  /** Settles when nothing is being opened any more. @type {Promise<void>} */
  opened = Promise.resolve();
  #unsaved = element("span", { class: "unsaved-text", role: "status" });
  #save = button(texts.save.save, () => void this.study?.saver.toFile(), { class: "small" });
  #saving = element("div", { class: "unsaved", hidden: true }, this.#unsaved, this.#save);
  #guidelines = button(texts.guidelines.title, () => this.toggleGuidelines(), { class: "quiet", key: "g", hidden: true });

  /**
   * @param {import("./surroundings.js").Host} host
   * @param {import("./types.js").TiebreakModule | undefined} module none where it could not be loaded
   * @param {() => void} toStart
   */
  constructor(host, module, toStart) {
    this.host = host;
    /** Ends with this shell, or with what surrounds it. */
    this.signal = AbortSignal.any([host.signal, this.#closing.signal]);
    this.#drawer = new Drawer(host);
    this.module = module;
    this.toStart = toStart;
    this.notices = new Notices();
    this.main = host.ownsPage
      ? element("main", { id: "content", class: "content", tabindex: -1 })
      : element("section", { class: "content", part: "content", tabindex: -1, "aria-label": texts.name });
    this.#progress = element("div", { class: "progress", role: "progressbar", "aria-label": texts.pair.progress, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0, hidden: true }, this.#line);
    const brand = host.ownsPage ? element("a", { class: "brand", href: "./" }, texts.name) : element("span", { class: "brand" }, texts.name);
    const settings = button("···", () => openSettings(this), { class: "quiet", "aria-label": texts.settings.open, title: texts.settings.open });
    const bar = element("div", { class: "bar", part: "bar" }, brand, this.#title, this.#saving, element("div", { class: "bar-actions" }, this.#guidelines, settings));
    this.element = element(
      "div",
      { class: "shell" },
      host.ownsPage && element("a", { class: "skip-link", href: "#content" }, texts.skipToContent),
      element(host.ownsPage ? "header" : "div", { class: "top" }, this.#progress, bar),
      this.notices.element,
      this.main,
    );
    listenToKeys(host, this.signal, () => [(event) => this.#screen?.key?.(event) ?? false, (event) => this.#key(event)]);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "?") openKeyList(this.host);
    else if (event.key === "g" && !this.#guidelines.hidden) this.toggleGuidelines();
    else if (event.key === "Escape") return this.#drawer.close();
    else return false;
    return true;
  }

  /** The way to the start, where there is one. */
  get start() {
    return this.host.ownsPage ? this.toStart : undefined;
  }

  /**
   * Opens one study after the other: one that is still being opened gives way, and has given up its lock when the next begins.
   * @param {(signal: AbortSignal) => Promise<void>} open
   */
  opening(open) {
    this.#opening.abort();
    this.#opening = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#opening.signal]);
    const opening = this.opened.then(() => (signal.aborted ? undefined : open(signal)));
    this.opened = opening.catch(() => {});
    return opening;
  }

  /** @param {Screen} screen */
  show(screen) {
    if (this.signal.aborted) return;
    this.#screen?.leave?.();
    this.#screen = screen;
    this.host.setTitle(`${screen.title} · ${this.study?.info.title ?? texts.name}`);
    this.main.classList.toggle("wide", screen.wide ?? false);
    this.main.replaceChildren(screen.element);
    this.host.toTop();
    if (screen.focus) this.host.focus(screen.focus);
  }

  /**
   * Resolves when the study before has been given up.
   * @param {Study | undefined} study
   */
  setStudy(study) {
    const closed = this.study?.close();
    this.#drawer.close();
    this.study = study;
    this.#title.textContent = study?.info.title ?? "";
    this.#title.title = study?.info.title ?? "";
    this.#guidelines.hidden = !study?.info.guidelines.text;
    this.refresh();
    return Promise.resolve(closed);
  }

  /** Shows how far the study is and how many votes are only here. */
  refresh() {
    const progress = this.study?.session.progress();
    this.#saving.hidden = this.#progress.hidden = progress === undefined;
    if (!progress) return;
    const share = progress.total > 0 ? progress.done / progress.total : 0;
    this.#line.style.setProperty("--share", String(share));
    this.#progress.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
    const { unsaved, done } = progress;
    this.#unsaved.textContent = unsaved > 0 ? texts.save.unsaved(unsaved) : done > 0 ? texts.save.allSaved : texts.save.noneYet;
    this.#saving.classList.toggle("has-unsaved", unsaved > 0);
    this.#save.hidden = unsaved === 0;
  }

  toggleGuidelines() {
    if (this.module && this.study) this.#drawer.toggle(this.module, this.study.info.guidelines);
  }

  /**
   * Tells a page around this one, or a script beside it, what happened.
   * @param {import("./surroundings.js").TellType} type
   * @param {object} detail
   */
  tell(type, detail) {
    this.host.tell(type, detail);
  }

  /** Leaves the screen, and gives up the study and what is being opened. */
  async close() {
    this.#closing.abort();
    this.#screen?.leave?.();
    this.#screen = undefined;
    await Promise.all([this.setStudy(undefined), this.opened]);
  }
}
