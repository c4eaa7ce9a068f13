// Votes out of the browser, as a file, and back in.

import { messageOf } from "./errors.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").StudySession} StudySession */
/** @typedef {import("./notices.js").Notices} Notices */

/**
 * Hands a text to the browser's downloads.
 * @param {string} name
 * @param {string} text
 */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the blob after the click, so it must outlive this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** @param {string} lines */
export function lastLine(lines) {
  const end = lines.trimEnd();
  return end.slice(end.lastIndexOf("\n") + 1);
}

/**
 * The number of the last vote in a saved text; lines stand in the order of their numbers.
 * @param {string} lines
 */
export function lastNumber(lines) {
  const line = lastLine(lines);
  return line === "" ? 0 : Number(JSON.parse(line).number ?? 0);
}

/**
 * Letters and digits of a name, for a file's name on any system.
 * @param {string} name
 */
function fileSafe(name) {
  return name.replace(/[^\p{Letter}\p{Number}_-]+/gu, "-").slice(0, 60) || "votes";
}

export class Saver {
  #session;
  #notices;
  #changed;
  #signal;
  #offeredAt = 0;

  /**
   * @param {StudySession} session
   * @param {Notices} notices
   * @param {() => void} changed called when the number of unsaved votes may be another one
   * @param {AbortSignal} signal ends with the study
   */
  constructor(session, notices, changed, signal) {
    this.#session = session;
    this.#notices = notices;
    this.#changed = changed;
    this.#signal = signal;
  }

  /** Offers a file after so many votes since the last offer. */
  voted() {
    const { done, unsaved } = this.#session.progress();
    const every = this.#session.info().save_every;
    if (every > 0 && unsaved >= every && done - this.#offeredAt >= every) {
      this.#offeredAt = done;
      this.offer();
    }
    this.#changed();
  }

  /** Says what of this study cannot be read here, and what to do. */
  tellUnreadable() {
    const count = this.#session.unreadable().length;
    if (count === 0) return;
    const actions = [{ label: texts.save.saveFile, action: () => void this.toFile(), primary: true }];
    this.#notices.show("unreadable", texts.save.unreadable(count), { urgent: true, actions });
  }

  offer() {
    const { unsaved } = this.#session.progress();
    if (unsaved === 0) return;
    const actions = [{ label: texts.save.saveFile, action: () => void this.toFile(), primary: true }];
    this.#notices.show("save", texts.save.offer(unsaved), { actions });
  }

  /** What cannot be read goes along behind the votes, so that the researcher has it. */
  async toFile() {
    const info = this.#session.info();
    const lines = this.#session.export();
    const rest = this.#session.unreadable().map((line) => `${line}\n`);
    download(`${fileSafe(info.id)}-${fileSafe(info.annotator)}.jsonl`, [lines, ...rest].join(""));
    this.#notices.hide("save");
    let said = texts.save.saved;
    try {
      await this.#session.mark_saved(lastNumber(lines));
    } catch {
      said = texts.save.notMarked;
    }
    if (this.#signal.aborted) return;
    this.#notices.show("saved", said);
    this.#changed();
  }

  /**
   * @param {File} file
   * @returns {Promise<boolean>} whether there is something to go on with
   */
  async fromFile(file) {
    try {
      const text = await file.text();
      if (this.#signal.aborted) return false;
      const { taken, problems, receipts } = await this.#session.import(text);
      if (this.#signal.aborted) return false;
      this.#notices.show("loaded", texts.save.loaded(taken));
      if (problems.length > 0) {
        this.#notices.show("load-problems", texts.save.loadProblems(problems.length, problems[0]), { urgent: true });
      }
      if (receipts.length > 0) {
        this.#notices.show("load-receipts", texts.save.loadReceipts(receipts.length, receipts[0]), { urgent: true });
      }
      this.#changed();
      return taken > 0;
    } catch (error) {
      this.#notices.show("load-problems", texts.save.loadFailed(messageOf(error)), { urgent: true });
      return false;
    }
  }
}
