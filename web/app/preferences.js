// Small settings of this device. A browser that refuses to store them gets the defaults, and the page goes on.

const prefix = "tiebreak/";

/** @typedef {"system" | "light" | "dark"} Theme */

export class Preferences {
  /** @type {Theme} */
  theme = "system";
  keys = true;
  /** @type {import("./types.js").View} */
  view = "markdown";
  #frame;
  #isKept;
  /** What is not stored, for as long as the page lives. @type {Map<string, string>} */
  #held = new Map();

  /**
   * @param {HTMLElement} frame carries what the styles ask for
   * @param {boolean} isKept whether the browser may store them
   */
  constructor(frame, isKept) {
    this.#frame = frame;
    this.#isKept = isKept;
    const theme = this.#read("theme");
    if (theme === "light" || theme === "dark") this.theme = theme;
    this.keys = this.#read("keys") !== "off";
    if (this.#read("view") === "plain") this.view = "plain";
    this.apply();
  }

  /** @param {string} name */
  #read(name) {
    try {
      return (this.#isKept ? localStorage.getItem(prefix + name) : null) ?? this.#held.get(name) ?? null;
    } catch {
      return this.#held.get(name) ?? null;
    }
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #write(name, value) {
    try {
      if (this.#isKept) localStorage.setItem(prefix + name, value);
      else this.#held.set(name, value);
    } catch {
      this.#held.set(name, value);
    }
  }

  /** @param {Theme} theme */
  setTheme(theme) {
    this.showTheme(theme);
    this.#write("theme", theme);
  }

  /**
   * Without remembering it: a page around this one asks for it.
   * @param {Theme} theme
   */
  showTheme(theme) {
    this.theme = theme;
    this.apply();
  }

  /** @param {boolean} on */
  setKeys(on) {
    this.keys = on;
    this.#write("keys", on ? "on" : "off");
    this.apply();
  }

  /**
   * The word diff is not remembered: it draws the eye to the surface, so each pair begins without it.
   * @param {import("./types.js").View} view
   */
  setView(view) {
    if (view === "diff") return;
    this.view = view;
    this.#write("view", view);
  }

  /**
   * What has been agreed to or read already, so that a reload does not ask again.
   * @param {string} step
   * @param {string} study
   * @param {string} annotator
   */
  passed(step, study, annotator) {
    return this.#read(`${step}/${study}/${annotator}`) === "yes";
  }

  /**
   * @param {string} step
   * @param {string} study
   * @param {string} annotator
   */
  pass(step, study, annotator) {
    this.#write(`${step}/${study}/${annotator}`, "yes");
  }

  /**
   * Forgets everything, or what belongs to one annotator in one study.
   * @param {string} [study]
   * @param {string} [annotator]
   */
  forget(study, annotator) {
    const ending = `/${study}/${annotator}`;
    for (const name of [...this.#held.keys()]) {
      if (study === undefined || name.endsWith(ending)) this.#held.delete(name);
    }
    if (!this.#isKept) return;
    try {
      for (const name of Object.keys(localStorage)) {
        if (name.startsWith(prefix) && (study === undefined || name.endsWith(ending))) localStorage.removeItem(name);
      }
    } catch {
      // Nothing was stored where nothing can be read.
    }
  }

  apply() {
    const { dataset } = this.#frame;
    if (this.theme === "system") delete dataset.theme;
    else dataset.theme = this.theme;
    dataset.keys = this.keys ? "on" : "off";
  }
}
