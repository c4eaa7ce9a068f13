// Small settings of this device. A browser that refuses to store them gets the defaults, and the page goes on.

const prefix = "tiebreak/";

/** @typedef {"system" | "light" | "dark"} Theme */

/** What could not be stored, for as long as the page lives. @type {Map<string, string>} */
const held = new Map();

/** @param {string} name */
function read(name) {
  try {
    return localStorage.getItem(prefix + name) ?? held.get(name) ?? null;
  } catch {
    return held.get(name) ?? null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function write(name, value) {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    held.set(name, value);
  }
}

class Preferences {
  /** @type {Theme} */
  theme = "system";
  keys = true;
  /** @type {import("./types.js").View} */
  view = "markdown";

  constructor() {
    const theme = read("theme");
    if (theme === "light" || theme === "dark") this.theme = theme;
    this.keys = read("keys") !== "off";
    if (read("view") === "plain") this.view = "plain";
    this.apply();
  }

  /** @param {Theme} theme */
  setTheme(theme) {
    this.theme = theme;
    write("theme", theme);
    this.apply();
  }

  /** @param {boolean} on */
  setKeys(on) {
    this.keys = on;
    write("keys", on ? "on" : "off");
    this.apply();
  }

  /**
   * The word diff is not remembered: it draws the eye to the surface, so each pair begins without it.
   * @param {import("./types.js").View} view
   */
  setView(view) {
    if (view === "diff") return;
    this.view = view;
    write("view", view);
  }

  /**
   * What has been agreed to or read already, so that a reload does not ask again.
   * @param {string} step
   * @param {string} study
   * @param {string} annotator
   */
  passed(step, study, annotator) {
    return read(`${step}/${study}/${annotator}`) === "yes";
  }

  /**
   * @param {string} step
   * @param {string} study
   * @param {string} annotator
   */
  pass(step, study, annotator) {
    write(`${step}/${study}/${annotator}`, "yes");
  }

  /**
   * Forgets everything, or what belongs to one annotator in one study.
   * @param {string} [study]
   * @param {string} [annotator]
   */
  forget(study, annotator) {
    const ending = `/${study}/${annotator}`;
    for (const name of [...held.keys()]) {
      if (study === undefined || name.endsWith(ending)) held.delete(name);
    }
    try {
      for (const name of Object.keys(localStorage)) {
        if (name.startsWith(prefix) && (study === undefined || name.endsWith(ending))) localStorage.removeItem(name);
      }
    } catch {
      // Nothing was stored where nothing can be read.
    }
  }

  apply() {
    const page = document.documentElement;
    if (this.theme === "system") delete page.dataset.theme;
    else page.dataset.theme = this.theme;
    page.dataset.keys = this.keys ? "on" : "off";
  }
}

export const preferences = new Preferences();
