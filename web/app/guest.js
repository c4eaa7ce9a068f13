// The annotator as an element of somebody else's page: a shadow tree, and a study in it.

import { errorScreen, explain } from "./errors.js";
import { ElementHost } from "./host.js";
import { identityOf } from "./identity.js";
import { loadModule } from "./module.js";
import { dataOf, markSaved, themeOf } from "./parent.js";
import { Shell } from "./shell.js";
import { openFetched } from "./start.js";
import { watchStorage } from "./watch.js";
import { element } from "./dom.js";
import { direction, language, speak } from "./texts.js";

/** @typedef {import("./types.js").StudyData} StudyData */

const styles = ["style/element.css", "style.css", "style/screens.css", "style/pair.css"];

export class TiebreakAnnotator extends HTMLElement {
  static observedAttributes = ["study", "annotator", "slot", "language", "theme"];
  #room = element("div", { class: "room", part: "base" });
  /** @type {Promise<unknown>} */
  #styled;
  /** A study that was given as data. @type {StudyData | undefined} */
  #data;
  /** @type {AbortController | undefined} */
  #running;
  /** @type {Shell | undefined} */
  #shell;
  /** What is being opened. @type {Promise<unknown>} */
  #starting = Promise.resolve();
  /** The end of what was shown before: only then its lock is free. @type {Promise<unknown>} */
  #before = Promise.resolve();
  #isPlanned = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const links = styles.map((path) => element("link", { rel: "stylesheet", href: new URL(`../${path}`, import.meta.url).href }));
    this.#styled = Promise.all(links.map(loaded));
    root.append(...links, this.#room);
  }

  connectedCallback() {
    this.#plan();
  }

  disconnectedCallback() {
    this.#stop();
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} value
   */
  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === "theme") this.#shell?.host.preferences.showTheme(themeOf(value));
    else if (name === "study") this.#data = undefined;
    if (name !== "theme") this.#plan();
  }

  /**
   * Opens a study that is at hand; the attributes tell who annotates.
   * @param {StudyData} data its bytes, a file, or the parsed document
   */
  open(data) {
    this.#data = data;
    this.#plan();
  }

  /** All votes of the open study as JSON lines; empty where none is open. */
  results() {
    return this.#shell?.study?.session.export() ?? "";
  }

  /**
   * Votes up to this number are safe with you: they no longer count as being in this browser only.
   * @param {number} upto
   */
  async saved(upto) {
    if (this.#shell) await markSaved(this.#shell, upto);
  }

  /** Changes that come together are one change. */
  #plan() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#stop();
      const study = this.#data ?? this.getAttribute("study");
      if (this.isConnected && study) this.#starting = this.#start(study);
    });
  }

  #stop() {
    this.#running?.abort();
    const shell = this.#shell;
    this.#shell = undefined;
    this.#room.replaceChildren();
    this.#before = Promise.all([this.#before, this.#starting, shell?.close()]);
  }

  /** @param {string | StudyData} study */
  async #start(study) {
    const { signal } = (this.#running = new AbortController());
    const host = new ElementHost(this, this.#room, signal);
    host.preferences.showTheme(themeOf(this.getAttribute("theme")));
    const fetching = dataOf(study, signal);
    // A failure is looked at when its turn has come.
    fetching.catch(() => {});
    await Promise.all([speak(this.getAttribute("language")), this.#styled, this.#before]);
    if (signal.aborted) return;
    this.#room.lang = language;
    this.#room.dir = direction;
    try {
      const module = await loadModule();
      if (!signal.aborted) await this.#show(host, module, fetching);
    } catch (error) {
      if (!signal.aborted) this.#fail(host, error);
    }
  }

  /**
   * @param {ElementHost} host
   * @param {import("./types.js").TiebreakModule} module
   * @param {ReturnType<typeof dataOf>} fetching
   */
  async #show(host, module, fetching) {
    const identity = identityOf({ annotator: this.getAttribute("annotator"), slot: this.getAttribute("slot") });
    /** @type {Shell} */
    const shell = this.#put(new Shell(host, module, () => shell.main.replaceChildren()));
    void watchStorage(shell);
    await openFetched(shell, identity, fetching, () => this.#plan());
  }

  /**
   * @param {ElementHost} host
   * @param {unknown} error
   */
  #fail(host, error) {
    host.tell("error", { message: explain(error) });
    this.#put(new Shell(host, undefined, () => {})).show(errorScreen(error, { again: () => this.#plan() }));
  }

  /** @param {Shell} shell */
  #put(shell) {
    this.#shell = shell;
    this.#room.replaceChildren(shell.element);
    return shell;
  }
}

/** @param {HTMLLinkElement} link */
function loaded(link) {
  return new Promise((resolve) => {
    for (const end of ["load", "error"]) link.addEventListener(end, resolve, { once: true });
  });
}
