// A question, two replies from the model in this page, a vote, and only then the judge's opinion.

import { Comparison } from "./comparison.js";
import { button, element, originOf, takesEnter } from "./dom.js";
import { ModelPicker, modelMessage } from "./model-picker.js";
import { promptPicker, randomPrompt } from "./prompt-picker.js";
import { choiceOfKey, Scale } from "./scale.js";
import { texts } from "./texts.js";
import { Tried } from "./tried.js";
import { trySummary } from "./try-summary.js";
import { provenance, verdictPanel } from "./try-verdict.js";
import { TwoWorkers } from "./two-workers.js";
import { WorkerFailure } from "./worker-client.js";

/** @typedef {import("./types.js").Choice} Choice */
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
  #client = new TwoWorkers();
  #model;
  #comparison;
  #scale;
  #picker;
  #arena;
  #end = element("div", { hidden: true });
  #verdict = element("div", { class: "panel verdict", role: "status", hidden: true });
  #status = element("p", { class: "stored", role: "status" });
  #stop = button(texts.try.stop, () => this.#abort?.abort(), { class: "answer", key: "Esc" });
  #skip = button(texts.try.nextQuestion, () => this.#another(), { class: "answer", key: "s" });
  #finish = button(texts.try.finish, () => this.#showSummary(), { class: "quiet small" });
  #prompt = "";
  #tried = new Tried();
  /** What is on the screen, once it is written. @type {import("./tried.js").Entry | undefined} */
  #entry;
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
    this.#model = new ModelPicker(this.#client, this.#module, shell.host);
    this.#comparison = new Comparison(this.#module, shell.host);
    this.#scale = new Scale("seven", (choice) => void this.#vote(choice));
    this.#arena = this.#makeArena();
    this.#picker = this.#makePicker();
    /** @type {import("./types.js").Screen} */
    this.screen = {
      title: texts.try.title,
      element: element("div", { class: "try" }, this.#picker, this.#arena, this.#end),
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
    this.#comparison.extra.append(choose, this.#finish);
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

  /** @param {HTMLElement} part one of the three that this screen has */
  #show(part) {
    for (const other of [this.#picker, this.#arena, this.#end]) other.hidden = other !== part;
    this.#shell.host.toTop();
    part.querySelector("h1")?.focus({ preventScroll: true });
  }

  #showPicker() {
    this.#abort?.abort();
    this.#show(this.#picker);
  }

  #showSummary() {
    this.#abort?.abort();
    const startAgain = () => {
      this.#tried = new Tried();
      this.#showPicker();
    };
    this.#end.replaceChildren(trySummary(this.#shell.host, this.#tried, this.#module, { goOn: () => this.#another(), startAgain }));
    this.#show(this.#end);
  }

  /** A pair that is left for the next question was skipped. */
  #another() {
    if (this.#entry && !this.#arena.hidden) this.#tried.decide(this.#entry, "skip");
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
    this.#entry = undefined;
    this.#allow(false);
    this.#verdict.hidden = true;
    this.#scale.mark(undefined);
    this.#comparison.heading.textContent = texts.start.title;
    this.#comparison.setWriting(true);
    this.#comparison.setBetter(0);
    this.#comparison.show([{ role: "user", content: prompt }], ["", ""]);
    this.#say(texts.try.writing);
    this.#finish.hidden = this.#tried.isEmpty;
    this.#show(this.#arena);
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
    const responses = this.#entry?.sample.responses ?? [];
    return this.#swapped ? [responses[1], responses[0]] : [responses[0], responses[1]];
  }

  /** @param {import("./types.js").Sample} sample */
  #written(sample) {
    this.#entry = this.#tried.written(sample, this.#swapped);
    this.#finish.hidden = false;
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
    if (!this.#mayVote || !this.#entry) return;
    this.#tried.decide(this.#entry, choice);
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
    if (this.#entry && !error) this.#entry.judge = opinion;
    const [a, b] = this.#replies();
    this.#comparison.setFooters([provenance(a), provenance(b)]);
    this.#say(error ? modelMessage(error) : "");
    const another = () => this.#another();
    const again = () => void this.#write(this.#prompt);
    this.#verdict.replaceChildren(...verdictPanel(choice, opinion, this.#tried.tally().share, { another, again, finish: () => this.#showSummary() }));
    this.#verdict.hidden = false;
    this.#skip.hidden = this.#finish.hidden = true;
    this.#verdict.querySelector("button")?.focus({ preventScroll: true });
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
