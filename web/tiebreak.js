// Tiebreak without an interface: a model in a worker, and studies, for pages that draw their own.

import { loadModule } from "./app/module.js";
import { Watched } from "./app/session.js";
import { TwoWorkers } from "./app/two-workers.js";
import { WorkerFailure } from "./app/worker-client.js";

/** @typedef {import("./app/types.js").Answer} Answer */
/** @typedef {import("./app/types.js").Choice} Choice */
/** @typedef {import("./app/types.js").Draft} Draft */
/** @typedef {import("./app/types.js").LoadedModel} LoadedModel */
/** @typedef {import("./app/types.js").Message} Message */
/** @typedef {import("./app/types.js").ModelSource} ModelSource */
/** @typedef {import("./app/types.js").Timing} Timing */
/** @typedef {import("./app/types.js").TiebreakModule} TiebreakModule */
/** @typedef {import("./app/types.js").WorkerListener} WorkerListener */

export { WorkerFailure as ModelError };

/**
 * Loads the wasm module, once for a document.
 * @returns {Promise<Tiebreak>}
 */
export async function open() {
  return new Tiebreak(await loadModule());
}

/** What the module knows; a model is a {@link Model}. Made by {@link open}. */
export class Tiebreak {
  #module;

  /** @param {TiebreakModule} module */
  constructor(module) {
    this.#module = module;
  }

  /** The prompts that come with Tiebreak. */
  catalogue() {
    return this.#module.catalogue();
  }

  /** The guidelines that come with it: their version, and Markdown. */
  guidelines() {
    return this.#module.catalogue_guidelines();
  }

  /**
   * A Markdown text as a tree without HTML: whatever it says, its text stays text.
   * @param {string} text
   */
  markdown(text) {
    return this.#module.markdown(text);
  }

  /**
   * Which words only one of two texts has.
   * @param {string} left
   * @param {string} right
   */
  wordDiff(left, right) {
    return this.#module.word_diff(left, right);
  }

  /**
   * What a study is; throws a sentence where the bytes are none.
   * @param {Uint8Array} bytes
   */
  readStudy(bytes) {
    return this.#module.read_study(bytes);
  }

  /**
   * A study for an annotator, with the votes that this browser holds. It has to be closed.
   * @param {Uint8Array} bytes
   * @param {{annotator: string, slot?: number}} who
   * @throws an error named `study` for a study that cannot be used, `session` for a wrong annotator or slot, `locked` where it is open elsewhere, `no_answer` where the browser's database is silent
   */
  async study(bytes, { annotator, slot }) {
    return new StudySession(await this.#module.StudySession.open(bytes, annotator, slot));
  }

  /** The studies that were begun in this browser. */
  storedStudies() {
    return this.#module.stored_studies();
  }

  /** Asks the browser to keep the data, and tells what it says. */
  storageState() {
    return this.#module.storage_state();
  }

  /** Removes every study and vote of Tiebreak from this origin's storage. */
  eraseAll() {
    return this.#module.erase_all();
  }

  /** The program's version, and whether the module uses SIMD. */
  versions() {
    return this.#module.versions();
  }

  /**
   * The settings that a plan draws for a response; what the plan does not say has its default.
   * @param {Partial<import("./app/types.js").SamplingPlan>} plan
   * @param {string} promptId
   * @param {number} responseIndex from 0
   * @throws an error named `request` that says which setting is out of bounds
   */
  sampling(plan, promptId, responseIndex) {
    return this.#module.sampling(plan, promptId, responseIndex);
  }

  /**
   * The ids of a prompt, of responses to it, and of every pair of them.
   * @param {Message[]} messages
   * @param {string[]} texts
   */
  identities(messages, texts) {
    return this.#module.identities(messages, texts);
  }

  /**
   * An annotator's pairs in the order in which they are shown, and which response stands first.
   * @param {Uint8Array} study
   * @param {{annotator: string, slot?: number}} who
   */
  order(study, { annotator, slot }) {
    return this.#module.order(study, annotator, slot);
  }

  /**
   * Rows for training from samples, votes and weights, all as JSON lines.
   * @param {string} samples
   * @param {string} votes
   * @param {string} [weights] without them every vote weighs the same
   * @throws an error named `request` with the first line that cannot be read
   */
  preferences(samples, votes, weights) {
    return this.#module.preferences(samples, votes, weights);
  }

  /**
   * What an answer of an age counts, 0 to 1: 1 where its age is not known.
   * @param {number | undefined} ageDays
   * @param {import("./app/types.js").Decay} decay as `tiebreak drift` chose it: `"none"`, `{half_life: {days}}`, `{window: {days}}` or `{cut: {age_days}}`
   * @throws an error named `request` where the decay is none of these
   */
  weightAt(ageDays, decay) {
    return this.#module.weight_at(ageDays, decay);
  }

  /** The texts that judges are asked with; each begins one of your own well. */
  judgeTemplates() {
    return this.#module.judge_templates();
  }

  /**
   * What a model of yours is asked about two responses, in both orders.
   * @param {string} template a built-in name, or a template's text
   * @param {import("./app/types.js").Prompt} prompt
   * @param {[string, string]} texts
   * @throws an error named `request` for a template that does not fit
   */
  judgeQuestions(template, prompt, [first, second]) {
    return this.#module.judge_questions(template, prompt, first, second);
  }

  /**
   * What the answers to both questions come to: read strictly, and `unparsed` where one holds no verdict.
   * @param {string} template the one that was asked with
   * @param {[string, string]} answers
   * @param {[boolean, boolean]} [areWhole] whether each ended by itself
   */
  judgeVerdict(template, [first, second], [firstIsWhole, secondIsWhole] = [true, true]) {
    return this.#module.judge_verdict(template, first, second, firstIsWhole, secondIsWhole);
  }
}

/** One annotator in one study. Places of turns and questions count from 0. */
export class StudySession {
  #watched;
  #session;

  /** @param {import("./app/types.js").StudySession} session */
  constructor(session) {
    this.#watched = new Watched(session);
    this.#session = this.#watched.session;
  }

  /** The study's title, consent, scale, guidelines and rules. */
  info() {
    return this.#session.info();
  }

  /** How many turns are done, how many there are, and how many votes are in this browser only. */
  progress() {
    return this.#session.progress();
  }

  /** The first turn without a vote; none at the end. */
  next() {
    return this.#session.next();
  }

  /**
   * A pair in the order of its sides on the screen.
   * @param {number} place
   */
  turn(place) {
    return this.#session.turn(place);
  }

  /**
   * Resolves when the vote is in the browser's database. A strength below 0 is for the text that stands first.
   * @param {number} place
   * @param {Answer} answer
   * @param {Timing} timing
   * @throws an error named `answer` where the study asks for more, `storage` where it could not be stored; then `results` has it
   */
  vote(place, answer, timing) {
    return this.#session.vote(place, answer, timing);
  }

  /** @param {number} place */
  draft(place) {
    return this.#session.draft(place);
  }

  /**
   * @param {number} place
   * @param {Draft} draft
   */
  saveDraft(place, draft) {
    return this.#session.save_draft(place, draft);
  }

  /** @param {number} index */
  question(index) {
    return this.#session.question(index);
  }

  /**
   * Answers a practice question; tells whether it was right, and why.
   * @param {number} index
   * @param {Choice} choice
   */
  async answerQuestion(index, choice) {
    return this.#session.answer_question(index, choice);
  }

  /** How the practice questions stand. */
  qualification() {
    return this.#session.qualification();
  }

  /** All votes as JSON lines. */
  results() {
    return this.#session.export();
  }

  /** What this browser holds of the study and cannot read: it stays there, and belongs into the file that the researcher gets. */
  unreadable() {
    return this.#session.unreadable();
  }

  /**
   * Takes up votes that were saved earlier.
   * @param {string} lines
   */
  load(lines) {
    return this.#session.import(lines);
  }

  /**
   * Notes that votes up to this number are safe elsewhere.
   * @param {number} upto
   */
  markSaved(upto) {
    return this.#session.mark_saved(upto);
  }

  /** The votes that were not delivered yet; none where all were. */
  unsent() {
    return this.#session.unsent();
  }

  /**
   * Notes that votes up to this number were delivered.
   * @param {number} last
   */
  markSent(last) {
    return this.#session.mark_sent(last);
  }

  /** What the annotator takes away at the end. */
  completion() {
    return this.#session.completion();
  }

  /** The receipt of the last vote. */
  receipt() {
    return this.#session.receipt();
  }

  /** Removes everything of this study and annotator from this browser. */
  erase() {
    return this.#session.erase();
  }

  /** Waits for what is being stored, and gives up the study's lock. */
  close() {
    return this.#watched.giveUp();
  }
}

/** A model in a worker of its own, or in two where the device has room for them. It has to be closed. */
export class Model {
  #client;

  /**
   * @param {TwoWorkers} client
   * @param {LoadedModel} facts
   */
  constructor(client, facts) {
    this.#client = client;
    /** Its name, parameters, quantization, context length and checksum. */
    this.facts = facts;
  }

  /**
   * @param {ModelSource} source `{builtin: true}` for the model that comes with Tiebreak, `{file}`, or `{url}`
   * @param {WorkerListener} [listener]
   * @throws {WorkerFailure} with a `code`: `bad_gguf`, `unsupported`, `network`, `memory`, `origin`, …
   */
  static async load(source, listener) {
    const client = new TwoWorkers();
    try {
      const { model } = await client.load(source, listener);
      return new Model(client, model);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /**
   * Two responses to a prompt. The same model, prompt and seed give the same ones.
   * @param {{prompt: string | Message[], seed?: number, temperatures?: [number, number], maxTokens?: number}} order
   * @param {WorkerListener} [listener] `delta` hears the text as it is written
   */
  pair({ prompt, seed = 0, temperatures, maxTokens = 256 }, listener) {
    return this.#client.pair({ prompt, seed, ...(temperatures && { temperatures }), max_tokens: maxTokens }, listener);
  }

  /**
   * Which of two responses the model thinks better. A strength below 0 is for the first.
   * @param {{prompt: string | Message[], texts: [string, string]}} pair
   * @param {WorkerListener} [listener]
   */
  judge(pair, listener) {
    return this.#client.judge(pair, listener);
  }

  /** Ends its workers; requests that run are rejected. */
  close() {
    this.#client.close();
  }
}
