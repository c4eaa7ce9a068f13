// A question, two replies from the model in this page, a vote, and only then the judge's opinion.

import { Comparison } from "./comparison.js";
import { button, element, originOf, takesEnter } from "./dom.js";
import { ModelPicker, modelMessage } from "./model-picker.js";
import { promptPicker, randomPrompt } from "./prompt-picker.js";
import { download } from "./save.js";
import { choiceOfKey, Scale } from "./scale.js";
import { choiceText, texts } from "./texts.js";
import { WorkerClient, WorkerFailure } from "./worker-client.js";

/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./types.js").Sample} Sample */
/** @typedef {import("./shell.js").Shell} Shell */

const mostTokens = 200;

/**
 * @param {Shell} shell
 * @returns {import("./types.js").Screen}
 */
export function tryScreen(shell) {
  return new Try(shell).screen;
}

class Try {
  #shell;
  #module;
  #client = new WorkerClient();
  #model;
  #comparison;
  #scale;
  #picker;
  #arena;
  #verdict = element("div", { class: "panel verdict", role: "status", hidden: true });
  #status = element("p", { class: "stored", role: "status" });
  #stop = button(texts.try.stop, () => this.#abort?.abort(), { class: "answer", key: "Esc" });
  #skip = button(texts.try.nextQuestion, () => this.#another(), { class: "answer", key: "s" });
  #prompt = "";
  /** @type {Sample | undefined} */
  #sample;
  /** @type {Sample[]} */
  #samples = [];
  #tally = { agreed: 0, total: 0 };
  #mayVote = false;
  /** Whether the model's second reply stands first, so that no side is one temperature's. */
  #swapped = false;
  /** @type {AbortController | undefined} */
  #abort;

  /** @param {Shell} shell */
  constructor(shell) {
    if (!shell.module) throw new Error("trying needs the module");
    this.#shell = shell;
    this.#module = shell.module;
    this.#client.onrestart = () => shell.notices.show("model", texts.try.restarted);
    this.#model = new ModelPicker(this.#client, this.#module);
    this.#comparison = new Comparison(this.#module);
    this.#scale = new Scale("seven", (choice) => void this.#vote(choice));
    this.#arena = this.#makeArena();
    this.#picker = this.#makePicker();
    /** @type {import("./types.js").Screen} */
    this.screen = {
      title: texts.try.title,
      element: element("div", { class: "try" }, this.#picker, this.#arena),
      focus: /** @type {HTMLElement} */ (this.#picker.querySelector("h1")),
      wide: true,
      leave: () => this.#leave(),
      key: (event) => this.#key(event),
    };
    void this.#model.load({ builtin: true });
  }

  #makePicker() {
    const picker = promptPicker(this.#module.catalogue(), (prompt) => void this.#write(prompt));
    return element(
      "div",
      { class: "column" },
      element("h1", { tabindex: -1 }, texts.try.title),
      element("p", { class: "lead" }, texts.try.lead),
      this.#model.element,
      this.#model.complaint,
      picker.element,
    );
  }

  #makeArena() {
    const choose = button(texts.try.otherQuestion, () => this.#showPicker(), { class: "quiet small" });
    this.#comparison.extra.append(choose);
    const answers = element("div", { class: "answers" }, this.#scale.bothBad, this.#skip, this.#stop, this.#status);
    const dock = element("div", { class: "dock" }, this.#verdict, this.#scale.element, answers);
    this.#comparison.element.append(dock);
    const arena = element("div", { class: "arena", hidden: true }, this.#comparison.element);
    return arena;
  }

  #leave() {
    this.#abort?.abort();
    this.#client.close();
  }

  #showPicker() {
    this.#abort?.abort();
    this.#arena.hidden = true;
    this.#picker.hidden = false;
    scrollTo(0, 0);
    this.screen.focus?.focus({ preventScroll: true });
  }

  #another() {
    void this.#write(randomPrompt(this.#module.catalogue()));
  }

  /** @param {string} prompt */
  async #write(prompt) {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.#prepare(prompt);
    const seed = crypto.getRandomValues(new Uint32Array(1))[0];
    this.#swapped = seed % 2 === 1;
    try {
      await this.#model.loaded;
      const { sample } = await this.#client.pair({ prompt, seed, max_tokens: mostTokens }, {
        signal: abort.signal,
        progress: ({ stage }) => this.#say(texts.try.stages[stage] ?? ""),
        delta: (index, text) => this.#comparison.append(this.#side(index), text),
      });
      if (this.#abort === abort) this.#written(sample);
    } catch (error) {
      if (this.#abort === abort) this.#failed(error);
    }
  }

  /** @param {0 | 1} index @returns {0 | 1} */
  #side(index) {
    return this.#swapped ? (index === 0 ? 1 : 0) : index;
  }

  /** @param {string} prompt */
  #prepare(prompt) {
    this.#prompt = prompt;
    this.#sample = undefined;
    this.#picker.hidden = true;
    this.#arena.hidden = false;
    this.#allow(false);
    this.#verdict.hidden = true;
    this.#scale.mark(undefined);
    this.#comparison.heading.textContent = texts.start.title;
    this.#comparison.setWriting(true);
    this.#comparison.setBetter(0);
    this.#comparison.show([{ role: "user", content: prompt }], ["", ""]);
    this.#say(texts.try.writing);
    scrollTo(0, 0);
    this.#comparison.heading.focus({ preventScroll: true });
  }

  /** @param {boolean} mayVote */
  #allow(mayVote) {
    this.#mayVote = mayVote;
    this.#scale.setEnabled(mayVote);
    this.#stop.hidden = mayVote;
    this.#skip.hidden = !mayVote;
  }

  /** @param {string} text */
  #say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** The two replies as they stand on the screen. */
  #replies() {
    const responses = this.#sample?.responses ?? [];
    return this.#swapped ? [responses[1], responses[0]] : [responses[0], responses[1]];
  }

  /** @param {Sample} sample */
  #written(sample) {
    this.#sample = sample;
    this.#samples.push(sample);
    const [a, b] = this.#replies();
    const marks = [];
    if (a.text.trim() === b.text.trim()) marks.push("identical");
    if (a.finish_reason === "length" || b.finish_reason === "length") marks.push("cut_off");
    this.#comparison.setWriting(false);
    this.#comparison.show([{ role: "user", content: this.#prompt }], [a.text, b.text], marks);
    this.#say("");
    this.#allow(true);
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#comparison.setWriting(false);
    this.#allow(false);
    this.#stop.hidden = true;
    this.#skip.hidden = false;
    const stopped = error instanceof DOMException || (error instanceof WorkerFailure && error.code === "cancelled");
    this.#say(stopped ? texts.try.stopped : modelMessage(error));
  }

  /** @param {Choice} choice */
  async #vote(choice) {
    if (!this.#mayVote || !this.#sample) return;
    this.#allow(false);
    this.#stop.hidden = true;
    this.#scale.mark(choice);
    this.#say(texts.try.stages.judge);
    const replies = this.#replies();
    const abort = this.#abort;
    try {
      const opinion = await this.#client.judge({ prompt: this.#prompt, texts: [replies[0].text, replies[1].text] }, { signal: abort?.signal });
      if (abort === this.#abort) this.#reveal(choice, opinion);
    } catch (error) {
      if (abort === this.#abort) this.#reveal(choice, { verdict: "unparsed" }, error);
    }
  }

  /**
   * @param {Choice} choice
   * @param {import("./types.js").JudgeOpinion} opinion
   * @param {unknown} [error]
   */
  #reveal(choice, opinion, error) {
    const agrees = agreement(choice, opinion.verdict);
    if (agrees !== undefined) {
      this.#tally.total += 1;
      this.#tally.agreed += agrees ? 1 : 0;
    }
    const [a, b] = this.#replies();
    this.#comparison.setFooters([provenance(a), provenance(b)]);
    this.#say(error ? modelMessage(error) : "");
    this.#verdict.replaceChildren(...this.#summary(choice, opinion, agrees));
    this.#verdict.hidden = false;
    this.#skip.hidden = true;
    this.#verdict.querySelector("button")?.focus({ preventScroll: true });
  }

  /**
   * @param {Choice} choice
   * @param {import("./types.js").JudgeOpinion} opinion
   * @param {boolean | undefined} agrees
   */
  #summary(choice, opinion, agrees) {
    const sentence = agrees === undefined ? texts.try.noComparison : agrees ? texts.try.agreed : texts.try.disagreed;
    const odds = opinion.log_odds === undefined ? "" : texts.try.odds(opinion.log_odds);
    const { agreed, total } = this.#tally;
    const words = element(
      "div",
      {},
      element("p", { class: "feedback-title" }, sentence),
      element("dl", { class: "opinions" }, element("dt", {}, texts.try.you), element("dd", {}, choiceText(choice)), element("dt", {}, texts.try.judge), element("dd", { title: odds }, judgeText(opinion.verdict))),
      total > 0 && element("p", { class: "soft", title: texts.try.tallyNote }, texts.try.tally(agreed, total)),
    );
    const save = () => download("samples.jsonl", this.#samples.map((sample) => `${JSON.stringify(sample)}\n`).join(""));
    const ways = element(
      "div",
      { class: "row wrap" },
      button(texts.try.nextQuestion, () => this.#another(), { class: "primary", key: "⏎" }),
      button(texts.try.again, () => void this.#write(this.#prompt), {}),
      button(texts.try.saveSamples, save, { class: "quiet" }),
    );
    return [words, ways];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#arena.hidden) return false;
    const waits = !this.#skip.hidden || !this.#verdict.hidden;
    if (event.key === "Escape" && !this.#stop.hidden) this.#abort?.abort();
    else if (event.key === "s" && waits) this.#another();
    else if (event.key === "Enter" && !this.#verdict.hidden && !takesEnter(originOf(event))) this.#another();
    else {
      const choice = choiceOfKey("seven", event.key);
      if (!choice) return this.#comparison.key(event);
      void this.#vote(choice);
    }
    return true;
  }
}

/** @param {Choice | "unparsed"} verdict */
function judgeText(verdict) {
  // A judge knows no steps, only sides.
  return choiceText(verdict, "three");
}

/**
 * Undefined where one of the two took no side.
 * @param {Choice} choice
 * @param {Choice | "unparsed"} verdict
 */
function agreement(choice, verdict) {
  if (typeof choice !== "object" || typeof verdict !== "object") return undefined;
  if (choice.strength === 0 || verdict.strength === 0) return undefined;
  return Math.sign(choice.strength) === Math.sign(verdict.strength);
}

/** @param {import("./types.js").SampleResponse} response */
function provenance(response) {
  const { sampling, tokens } = response;
  return sampling && tokens !== undefined ? texts.try.provenance(sampling.temperature, tokens) : "";
}
