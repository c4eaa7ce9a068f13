// One study from its file to its end: who annotates, what has to be read first, which screen comes next.

import { consentScreen, declinedScreen, previewScreen } from "./consent.js";
import { Delivery } from "./deliver.js";
import { errorScreen, loadingScreen } from "./errors.js";
import { emptyScreen, finishScreen } from "./finish.js";
import { guidelinesScreen } from "./guidelines.js";
import { identityScreen } from "./identity.js";
import { PairScreen } from "./pair.js";
import { preferences } from "./preferences.js";
import { qualificationScreen } from "./qualification.js";
import { Saver } from "./save.js";
import { keepStudy } from "./shelf.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").Identity} Identity */
/** @typedef {import("./types.js").TiebreakModule} TiebreakModule */

export class Study {
  /** @type {PairScreen | undefined} */
  #pairs;
  /** @type {Promise<void>} the last draft on its way to the storage */
  #draft = Promise.resolve();

  /**
   * @param {import("./shell.js").Shell} shell
   * @param {import("./types.js").StudySession} session
   * @param {Identity} identity
   * @param {string | undefined} address where the study came from
   */
  constructor(shell, session, identity, address) {
    this.shell = shell;
    this.session = session;
    this.identity = identity;
    this.address = address;
    this.info = session.info();
    const changed = () => shell.refresh();
    this.saver = new Saver(session, shell.notices, changed);
    this.delivery = this.info.delivery && new Delivery(session, this.info.delivery, shell.notices, changed);
  }

  /**
   * A draft that cannot be stored is no vote that is lost; the vote itself tells when storage fails.
   * @param {number} turn
   * @param {import("./types.js").Draft} draft
   */
  saveDraft(turn, draft) {
    this.#draft = this.session.save_draft(turn, draft).catch(() => {});
  }

  /** Gives back the lock, so that the study can be opened again from this very page. */
  async close() {
    this.delivery?.close();
    this.shell.notices.hide("save", "saved", "delivery", "not-stored", "warning", "loaded", "load-problems", "load-receipts");
    // A session that is still storing something cannot be given up.
    await this.#draft;
    try {
      this.session.free?.();
    } catch {
      // The browser gives the lock back with the page.
    }
  }

  /** Shows whatever has to come next. */
  goOn() {
    const { shell, session, info } = this;
    const { total, done } = session.progress();
    if (total === 0) return shell.show(emptyScreen());
    if (done === 0 && this.#introduction()) return;
    const { passed } = session.qualification();
    if (info.questions > 0 && passed !== true) return shell.show(qualificationScreen(this));
    this.pairs();
  }

  /** @returns {boolean} whether something has to be read or agreed to first */
  #introduction() {
    const { shell, info } = this;
    /** @param {string} step */
    const isOpen = (step) => !preferences.passed(step, info.id, info.annotator);
    /** @param {string} step */
    const pass = (step) => {
      preferences.pass(step, info.id, info.annotator);
      this.goOn();
    };
    if (isOpen("consent")) {
      const decline = () => shell.show(declinedScreen(() => this.goOn()));
      shell.show(consentScreen(this, () => pass("consent"), decline));
      return true;
    }
    if (shell.module && info.guidelines.text && isOpen("guidelines")) {
      shell.show(guidelinesScreen(shell.module, info.guidelines, () => pass("guidelines")));
      return true;
    }
    return false;
  }

  /** The pair that is next, or the end. */
  pairs() {
    const next = this.session.next();
    if (next === undefined) return this.finish();
    this.pair(next);
  }

  /** @param {number} turn */
  pair(turn) {
    this.#pairs = new PairScreen(this);
    this.shell.show(this.#pairs.screen);
    this.#pairs.open(turn);
  }

  finish() {
    this.shell.notices.hide("save", "warning");
    this.shell.show(finishScreen(this));
    this.delivery?.now();
    this.shell.tell("done", { ...this.session.completion(), receipt: this.session.receipt() });
  }

  /** After a stored vote. */
  voted() {
    this.saver.voted();
    this.delivery?.voted();
    this.shell.tell("progress", this.session.progress());
  }
}

/**
 * Opens a study for somebody, and asks who it is where the address does not tell.
 * @param {import("./shell.js").Shell} shell
 * @param {Uint8Array} bytes
 * @param {Identity} identity
 * @param {string} [address]
 */
export async function openStudy(shell, bytes, identity, address) {
  const module = shell.module;
  if (!module) return;
  try {
    const summary = module.read_study(bytes);
    if (identity.preview) return shell.show(previewScreen(summary));
    if (!identity.annotator) {
      const go = (/** @type {string} */ annotator) => void openStudy(shell, bytes, { ...identity, annotator }, address);
      return shell.show(identityScreen(summary.title, go));
    }
    shell.show(loadingScreen());
    await shell.setStudy(undefined);
    const session = await module.StudySession.open(bytes, identity.annotator, identity.slot);
    const study = new Study(shell, session, identity, address);
    void shell.setStudy(study);
    void keepStudy(study.info.id, bytes);
    if (address) void keepStudy(address, bytes);
    shell.tell("ready", { study: study.info.id, annotator: study.info.annotator });
    study.goOn();
  } catch (error) {
    void shell.setStudy(undefined);
    shell.tell("error", { message: String(error) });
    const again = () => void openStudy(shell, bytes, identity, address);
    shell.show(errorScreen(error, { again, start: shell.toStart }));
  }
}

/**
 * Tells at once when nothing can be kept, and holds the tab back while that would lose votes.
 * @param {import("./shell.js").Shell} shell
 */
export async function watchStorage(shell) {
  const state = await shell.module?.storage_state();
  if (!state || state.available) return;
  shell.notices.show("storage", texts.errors.noStorage, { urgent: true, lasting: true });
  addEventListener("beforeunload", (event) => {
    if ((shell.study?.session.progress().unsaved ?? 0) > 0) event.preventDefault();
  });
}
