// The practice questions: an answer, then the expected one and its reason.

import { Comparison } from "./comparison.js";
import { button, element, originOf, takesEnter } from "./dom.js";
import { choiceOfKey, Scale } from "./scale.js";
import { choiceText, texts } from "./texts.js";

/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./types.js").Screen} Screen */
/** @typedef {import("./study.js").Study} Study */

/**
 * @param {Study} study
 * @returns {Screen}
 */
export function qualificationScreen(study) {
  const { passed } = study.session.qualification();
  return passed === null ? new Practice(study).screen : resultScreen(study);
}

class Practice {
  #study;
  #comparison;
  #scale;
  #feedback = element("div", { class: "panel feedback", role: "status" });
  #next = button(texts.next, () => this.#goOn(), { class: "primary", key: "⏎" });
  #flag = button(texts.scale.flag, () => void this.#answer("flag"), { class: "answer", key: "f" });
  #answering = true;
  #i;

  /** @param {Study} study */
  constructor(study) {
    const { module } = study.shell;
    if (!module) throw new Error("a study needs the module");
    this.#study = study;
    this.#i = study.session.qualification().answered;
    this.#comparison = new Comparison(module, study.shell.host);
    this.#scale = new Scale(study.info.scale, (choice) => void this.#answer(choice));
    const answers = element("div", { class: "answers" }, this.#scale.bothBad, this.#flag);
    const dock = element("div", { class: "dock", part: "dock" }, this.#feedback, this.#scale.element, answers);
    this.#comparison.element.append(dock);
    /** @type {Screen} */
    this.screen = {
      title: texts.qualification.heading(this.#i + 1, study.info.questions),
      element: this.#comparison.element,
      focus: this.#comparison.heading,
      wide: true,
      key: (event) => this.#key(event),
    };
    this.#show();
  }

  #show() {
    const { session, info } = this.#study;
    const question = session.question(this.#i);
    this.#comparison.heading.textContent = texts.qualification.heading(this.#i + 1, info.questions);
    this.#comparison.show(question.messages, [...question.responses]);
    this.#comparison.setNote(this.#i === 0 ? texts.qualification.introduction : "");
    this.#feedback.replaceChildren();
    this.#feedback.hidden = true;
    this.#scale.mark(undefined);
    this.#scale.setEnabled(true);
    this.#flag.disabled = false;
    this.#answering = true;
  }

  /** @param {Choice} choice */
  async #answer(choice) {
    if (!this.#answering) return;
    this.#answering = false;
    this.#scale.mark(choice);
    this.#scale.setEnabled(false);
    this.#flag.disabled = true;
    const result = await this.#study.session.answer_question(this.#i, choice);
    if (this.#study.signal.aborted) return;
    const title = result.right ? texts.qualification.right : texts.qualification.wrong;
    this.#feedback.hidden = false;
    this.#feedback.classList.toggle("right", result.right);
    this.#feedback.replaceChildren(
      element("div", {}, element("p", { class: "feedback-title" }, `${title}. ${texts.qualification.answer(choiceText(result.verdict))}`), element("p", { dir: "auto" }, result.reason)),
      this.#next,
    );
    this.#study.shell.host.focus(this.#next);
  }

  #goOn() {
    if (this.#answering) return;
    this.#i += 1;
    if (this.#i >= this.#study.info.questions) return this.#study.shell.show(resultScreen(this.#study));
    this.#show();
    const { host } = this.#study.shell;
    host.toTop();
    host.focus(this.#comparison.heading);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter" && !this.#answering && !takesEnter(originOf(event))) {
      this.#goOn();
      return true;
    }
    const choice = event.key === "f" ? "flag" : choiceOfKey(this.#study.info.scale, event.key);
    if (choice) void this.#answer(choice);
    return choice !== undefined || this.#comparison.key(event);
  }
}

/**
 * @param {Study} study
 * @returns {Screen}
 */
function resultScreen(study) {
  const { right, passed } = study.session.qualification();
  const { questions, pass_share } = study.info;
  const title = passed ? texts.qualification.passedTitle : texts.qualification.failedTitle;
  const focus = element("h1", { tabindex: -1 }, title);
  const lead = passed ? texts.qualification.passedLead : texts.qualification.failedLead(Math.ceil(pass_share * questions));
  const begin = () => study.pairs();
  return {
    title,
    focus,
    key: (event) => {
      if (!passed || event.key !== "Enter" || takesEnter(originOf(event))) return false;
      begin();
      return true;
    },
    element: element(
      "div",
      { class: "column" },
      focus,
      element("p", { class: "lead" }, texts.qualification.score(right, questions)),
      element("p", {}, lead),
      passed ? element("div", { class: "row foot" }, button(texts.qualification.begin, begin, { class: "primary", key: "⏎" })) : null,
    ),
  };
}
