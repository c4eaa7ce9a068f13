// What was written and said since somebody began to try: kept while the tab is open, and made into files.

import { tally } from "./tally.js";

/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./types.js").JudgeOpinion} JudgeOpinion */
/** @typedef {import("./types.js").Sample} Sample */
/**
 * `swapped`: whether the model's second reply stood on the left.
 * @typedef {{sample: Sample, swapped: boolean, shown_at: string, decided_at?: string, choice?: Choice, judge?: JudgeOpinion}} Entry
 */

const now = () => new Date().toISOString();

export class Tried {
  /** @type {Entry[]} */
  #entries = [];

  get isEmpty() {
    return this.#entries.length === 0;
  }

  /**
   * @param {Sample} sample
   * @param {boolean} swapped
   * @returns {Entry}
   */
  written(sample, swapped) {
    const entry = { sample, swapped, shown_at: now() };
    this.#entries.push(entry);
    return entry;
  }

  /**
   * The first choice counts: after it the judge's opinion is on the screen.
   * @param {Entry} entry
   * @param {Choice} choice
   */
  decide(entry, choice) {
    if (entry.choice !== undefined) return;
    entry.choice = choice;
    entry.decided_at = now();
  }

  /** Agreement over all pairs with a choice. */
  tally() {
    const said = this.#entries.flatMap(({ choice, judge }) =>
      choice === undefined ? [] : [{ choice, verdict: judge?.verdict ?? /** @type {const} */ ("unparsed"), odds: judge?.log_odds }]);
    return tally(said);
  }

  /** Records of samples, as JSON lines. */
  samples() {
    return this.#entries.map(({ sample }) => `${JSON.stringify(sample)}\n`).join("");
  }

  /**
   * Records of votes, one's own and the judge's, as JSON lines.
   * @param {import("./types.js").TiebreakModule} module
   */
  votes(module) {
    const decided = this.#entries.flatMap(({ sample, choice, ...said }) => (choice === undefined ? [] : [{ sample, said: { choice, ...said } }]));
    return decided.map(({ sample, said }) => module.tried_votes(sample, said)).join("");
  }
}
