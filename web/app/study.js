// One study from its file to its end: who annotates, what has to be read first, which screen comes next.

import { consentScreen, declinedScreen, previewScreen } from "./consent.js";
import { Delivery } from "./deliver.js";
import { loadingScreen, showError } from "./errors.js";
import { emptyScreen, finishScreen } from "./finish.js";
import { guidelinesScreen } from "./guidelines.js";
import { identityScreen } from "./identity.js";
import { PairScreen } from "./pair.js";
import { qualificationScreen } from "./qualification.js";
import { lastLine, Saver } from "./save.js";
import { Watched } from "./session.js";
import { keepStudy } from "./shelf.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").Identity} Identity */
/** @typedef {import("./types.js").TiebreakModule} TiebreakModule */
/** @typedef {{bytes: Uint8Array, address?: string}} StudyFile a study, and where it came from */
/** @typedef {{turn: number, choice: import("./types.js").Choice}} Given what was answered, and where */

export class Study {
  /** @type {PairScreen | undefined} */
  #pairs;
  #watched;
  #closing = new AbortController();

  /**
   * @param {import("./shell.js").Shell} shell
   * @param {import("./types.js").StudySession} session
   * @param {Identity} identity
   * @param {string | undefined} address where the study came from
   */
  constructor(shell, session, identity, address) {
    this.shell = shell;
    /** Ends with the study, or with what surrounds it. */
    this.signal = AbortSignal.any([shell.signal, this.#closing.signal]);
    this.#watched = new Watched(session);
    this.session = this.#watched.session;
    this.identity = identity;
    this.address = address;
    this.info = session.info();
    const changed = () => shell.refresh();
    this.saver = new Saver(this.session, shell.notices, changed, this.signal);
    this.delivery = this.info.delivery && new Delivery(this.session, this.info.delivery, shell.notices, changed);
  }

  /**
   * A draft that cannot be stored is no vote that is lost; the vote itself tells when storage fails.
   * @param {number} turn
   * @param {import("./types.js").Draft} draft
   */
  saveDraft(turn, draft) {
    this.session.save_draft(turn, draft).catch(() => {});
  }

  /** Gives back the lock, so that the study can be opened again from this very page. */
  async close() {
    this.#closing.abort();
    this.delivery?.close();
    this.shell.notices.hide("save", "saved", "delivery", "not-stored", "warning", "loaded", "load-problems", "load-receipts", "unreadable");
    await this.#watched.giveUp();
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
    const isOpen = (step) => !shell.host.preferences.passed(step, info.id, info.annotator);
    /** @param {string} step */
    const pass = (step) => {
      shell.host.preferences.pass(step, info.id, info.annotator);
      this.goOn();
    };
    if (isOpen("consent")) {
      const decline = () => shell.show(declinedScreen(() => this.goOn()));
      shell.show(consentScreen(this, () => pass("consent"), decline));
      return true;
    }
    if (shell.module && info.guidelines.text && isOpen("guidelines")) {
      shell.show(guidelinesScreen(shell.host, shell.module, info.guidelines, () => pass("guidelines")));
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
    const votes = this.shell.host.wantsVotes ? { votes: this.session.export() } : {};
    this.shell.tell("done", { ...this.session.completion(), receipt: this.session.receipt(), ...votes });
  }

  /**
   * After a stored vote.
   * @param {Given} given
   */
  voted(given) {
    this.saver.voted();
    this.delivery?.voted();
    this.tellVote(given);
    this.shell.tell("progress", this.session.progress());
  }

  /**
   * A vote that only this tab holds is told as well: whoever is around may keep it.
   * @param {Given} given
   */
  tellVote(given) {
    if (!this.shell.host.wantsVotes) return this.shell.tell("vote", given);
    const vote = lastLine(this.session.export());
    this.shell.tell("vote", { ...given, number: JSON.parse(vote).number, vote });
  }
}

/**
 * Opens a study for somebody, and asks who it is where the address does not tell.
 * @param {import("./shell.js").Shell} shell
 * @param {Uint8Array} bytes
 * @param {Identity} identity
 * @param {string} [address]
 */
export function openStudy(shell, bytes, identity, address) {
  return shell.opening((signal) => openBytes(shell, signal, { bytes, address }, identity));
}

/**
 * A part of an opening, which its signal ends.
 * @param {import("./shell.js").Shell} shell
 * @param {AbortSignal} signal
 * @param {StudyFile} file
 * @param {Identity} identity
 */
export async function openBytes(shell, signal, { bytes, address }, identity) {
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
    if (signal.aborted) return;
    const session = await module.StudySession.open(bytes, identity.annotator, identity.slot);
    if (signal.aborted) return session.free?.();
    start(shell, new Study(shell, session, identity, address), bytes);
  } catch (error) {
    if (signal.aborted) return;
    void shell.setStudy(undefined);
    const again = () => void openStudy(shell, bytes, identity, address);
    showError(shell, error, { again, start: shell.start });
  }
}

/**
 * @param {import("./shell.js").Shell} shell
 * @param {Study} study
 * @param {Uint8Array} bytes
 */
function start(shell, study, bytes) {
  void shell.setStudy(study);
  keep(shell, study, bytes);
  shell.tell("ready", { study: study.info.id, annotator: study.info.annotator, ...study.session.progress() });
  study.goOn();
  study.saver.tellUnreadable();
}

/**
 * On a page of its own the study can be opened again without its file.
 * @param {import("./shell.js").Shell} shell
 * @param {Study} study
 * @param {Uint8Array} bytes
 */
function keep(shell, study, bytes) {
  if (shell.host.ownsPage) void keepStudy(study.info.id, bytes, study.address);
}
