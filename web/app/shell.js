// The frame of the page: the bar on top, notices, and the screen that is shown.

import { button, element } from "./dom.js";
import { closeDrawer, toggleDrawer } from "./drawer.js";
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
  #unsaved = element("span", { class: "unsaved-text", role: "status" });
  #save = button(texts.save.save, () => void this.study?.saver.toFile(), { class: "small" });
  #saving = element("div", { class: "unsaved", hidden: true }, this.#unsaved, this.#save);
  #guidelines = button(texts.guidelines.title, () => this.toggleGuidelines(), { class: "quiet", key: "g", hidden: true });

  /**
   * @param {import("./types.js").TiebreakModule | undefined} module none where it could not be loaded
   * @param {() => void} toStart
   */
  constructor(module, toStart) {
    this.module = module;
    this.toStart = toStart;
    this.notices = new Notices();
    this.main = element("main", { id: "content", tabindex: -1 });
    this.#progress = element("div", { class: "progress", role: "progressbar", "aria-label": texts.pair.progress, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0, hidden: true }, this.#line);
    const brand = element("a", { class: "brand", href: "./" }, texts.name);
    const settings = button("···", () => openSettings(this), { class: "quiet", "aria-label": texts.settings.open, title: texts.settings.open });
    this.element = element(
      "div",
      { class: "shell" },
      element("a", { class: "skip-link", href: "#content" }, texts.skipToContent),
      element("header", { class: "bar" }, this.#progress, brand, this.#title, this.#saving, element("div", { class: "bar-actions" }, this.#guidelines, settings)),
      this.notices.element,
      this.main,
    );
    listenToKeys(() => [(event) => this.#screen?.key?.(event) ?? false, (event) => this.#key(event)]);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "?") openKeyList();
    else if (event.key === "g" && !this.#guidelines.hidden) this.toggleGuidelines();
    else if (event.key === "Escape") return closeDrawer();
    else return false;
    return true;
  }

  /** @param {Screen} screen */
  show(screen) {
    this.#screen?.leave?.();
    this.#screen = screen;
    document.title = this.study ? `${screen.title} · ${this.study.info.title}` : `${screen.title} · ${texts.name}`;
    this.main.className = screen.wide ? "wide" : "";
    this.main.replaceChildren(screen.element);
    scrollTo(0, 0);
    screen.focus?.focus({ preventScroll: true });
  }

  /**
   * Resolves when the study before has been given up.
   * @param {Study | undefined} study
   */
  setStudy(study) {
    const closed = this.study?.close();
    closeDrawer();
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
    if (this.module && this.study) toggleDrawer(this.module, this.study.info.guidelines);
  }

  /**
   * Tells a page around this one, or a script beside it, what happened.
   * @param {"ready" | "vote" | "progress" | "done" | "error"} type
   * @param {object} detail
   */
  tell(type, detail) {
    document.dispatchEvent(new CustomEvent("tiebreak", { detail: { type, ...detail } }));
  }
}
