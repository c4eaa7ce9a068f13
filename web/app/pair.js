// The screen that the page is for: one pair, one vote, the next pair.

import { Comparison } from "./comparison.js";
import { button, element, originOf, takesEnter } from "./dom.js";
import { messageOf } from "./errors.js";
import { ReasonPanel } from "./reasons.js";
import { choiceOfKey, sameChoice, Scale } from "./scale.js";
import { choiceText, texts } from "./texts.js";
import { inputOf, Stopwatch } from "./timing.js";
import { WhyPanel } from "./why.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./study.js").Given} Given */
/** @typedef {import("./types.js").InputKind} InputKind */
/** @typedef {import("./types.js").Turn} Turn */
/** @typedef {import("./study.js").Study} Study */

const draftDelayMs = 300;

export class PairScreen {
  #study;
  #comparison;
  #scale;
  #reasons;
  #why;
  #status = element("p", { class: "stored", role: "status" });
  #keep = button(texts.pair.keep, () => this.#forward(), { class: "answer", key: "⏎" });
  #undo = button(texts.scale.undo, () => this.#back(), { class: "answer", key: "u" });
  /** @type {Stopwatch} */
  #watch;
  /** @type {Turn | undefined} */
  #turn;
  /** @type {Choice | undefined} */
  #choice;
  #storing = false;
  /** @type {number | undefined} */
  #draftTimer;

  /** @param {Study} study */
  constructor(study) {
    const { module } = study.shell;
    if (!module) throw new Error("a study needs the module");
    this.#study = study;
    this.#watch = new Stopwatch(study.shell.host.stage, study.signal);
    this.#comparison = new Comparison(module, study.shell.host);
    this.#scale = new Scale(study.info.scale, (choice, input) => this.#choose(choice, input));
    this.#reasons = new ReasonPanel(study.info, { confirm: (event) => this.#confirm(inputOf(event)), change: () => this.#draftLater() });
    this.#why = new WhyPanel((kind, reason, note, input) => void this.#giveUp(kind, reason, note, input), () => this.#comparison.heading.focus({ preventScroll: true }));
    this.#comparison.element.append(this.#dock());
    /** @type {import("./types.js").Screen} */
    this.screen = {
      title: texts.loading,
      element: this.#comparison.element,
      focus: this.#comparison.heading,
      wide: true,
      key: (event) => this.#key(event),
      leave: () => this.#leave(),
    };
  }

  #dock() {
    const skip = button(texts.scale.skip, () => this.#ask("skip"), { class: "answer", key: "s" });
    const flag = button(texts.scale.flag, () => this.#ask("flag"), { class: "answer", key: "f" });
    const reasons = button(texts.scale.reasons, () => this.#toggleReasons(), { class: "answer", key: "r" });
    const answers = element("div", { class: "answers" }, this.#scale.bothBad, skip, flag, reasons, this.#status, this.#keep, this.#undo);
    return element("div", { class: "dock", part: "dock" }, this.#why.element, this.#reasons.element, this.#scale.element, answers);
  }

  /** @param {number} place */
  open(place) {
    const { session } = this.#study;
    this.#leave();
    this.#turn = session.turn(place);
    const draft = session.draft(place);
    const answered = this.#turn.answered;
    this.#watch = new Stopwatch(this.#study.shell.host.stage, this.#study.signal, draft?.active_ms ?? 0);
    this.#choice = draft?.choice ?? answered?.choice;
    this.#comparison.show(this.#turn.messages, [...this.#turn.texts], this.#turn.marks);
    if (answered) this.#comparison.setNote(texts.pair.changed);
    this.#reasons.set(draft ?? { reasons: answered?.reasons, rationale: answered?.rationale });
    this.#reasons.setOpen((draft?.reasons?.length ?? 0) > 0 || Boolean(draft?.rationale) || (this.#reasons.isRequired && this.#choice !== undefined));
    this.#why.hide();
    this.#scale.mark(this.#choice);
    this.#keep.hidden = answered === undefined;
    this.#undo.disabled = place === 0;
    this.#arrive(place);
  }

  /** @param {number} place */
  #arrive(place) {
    const { session, shell, info } = this.#study;
    const heading = texts.pair.heading(place + 1, session.progress().total);
    this.#comparison.heading.textContent = heading;
    shell.host.setTitle(`${heading} · ${info.title}`);
    shell.refresh();
    shell.host.toTop();
    shell.host.focus(this.#comparison.heading);
  }

  #leave() {
    this.#saveDraft();
    this.#watch.stop();
  }

  /** Whether a choice waits for reasons instead of being the vote. */
  get #isInTwoSteps() {
    return this.#reasons.isOpen || this.#reasons.isRequired;
  }

  /**
   * @param {Choice} choice
   * @param {InputKind} input
   */
  #choose(choice, input) {
    if (this.#storing || !this.#turn) return;
    this.#watch.input();
    const again = sameChoice(choice, this.#choice);
    if (this.#choice !== undefined && !again) this.#watch.change();
    this.#choice = choice;
    this.#scale.mark(choice);
    // Where reasons are asked for, they show only now: before the choice they would be in the way of reading.
    if (!this.#isInTwoSteps || (again && this.#isComplete())) return void this.#confirm(input);
    this.#draftLater();
    this.#reasons.setOpen(true);
  }

  #isComplete() {
    return this.#reasons.value().reasons.length > 0 || this.#reasons.value().rationale !== "";
  }

  /** @param {InputKind} input */
  #confirm(input) {
    if (this.#choice === undefined || this.#choice === "skip" || this.#choice === "flag") {
      return this.#reasons.say(texts.reasons.missingChoice);
    }
    if (!this.#reasons.check()) return;
    const { reasons, rationale } = this.#reasons.value();
    void this.#store({ choice: this.#choice, reasons, rationale: rationale || undefined }, input);
  }

  /** @param {"skip" | "flag"} kind */
  #ask(kind) {
    this.#watch.input();
    this.#why.open(kind);
  }

  /**
   * @param {"skip" | "flag"} kind
   * @param {string} reason
   * @param {string} note
   * @param {InputKind} input
   */
  #giveUp(kind, reason, note, input) {
    return this.#store({ choice: kind, reasons: [reason], rationale: note || undefined }, input);
  }

  /**
   * The next pair shows only when this vote is safe.
   * @param {Answer} answer
   * @param {InputKind} input
   */
  async #store(answer, input) {
    if (this.#storing || !this.#turn || this.#study.signal.aborted) return;
    const place = this.#turn.turn;
    this.#storing = true;
    this.#forgetDraft();
    this.#watch.input();
    this.#comparison.element.classList.add("storing");
    try {
      const { warnings } = await this.#study.session.vote(place, answer, this.#watch.timing(input));
      this.#stored({ turn: place, choice: answer.choice }, warnings);
    } catch (error) {
      this.#notStored({ turn: place, choice: answer.choice }, error);
    } finally {
      this.#storing = false;
      this.#comparison.element.classList.remove("storing");
    }
  }

  /**
   * @param {Given} given
   * @param {string[]} warnings
   */
  #stored(given, warnings) {
    const { shell, info, signal } = this.#study;
    // Whoever is around hears of every vote; nothing else goes on in a study that was closed meanwhile.
    if (signal.aborted) return this.#study.tellVote(given);
    shell.notices.hide("not-stored", "warning");
    for (const warning of warnings) {
      const text = texts.warnings[warning];
      if (text) shell.notices.show("warning", text);
    }
    this.#study.voted(given);
    this.#status.textContent = texts.scale.stored(choiceText(given.choice, info.scale));
    this.#goOn();
  }

  /**
   * @param {Given} given
   * @param {unknown} error
   */
  #notStored(given, error) {
    const { notices } = this.#study.shell;
    const isStorage = error instanceof Error && error.name === "storage";
    if (this.#study.signal.aborted) return isStorage ? this.#study.tellVote(given) : undefined;
    if (!isStorage) return this.#reasons.say(messageOf(error));
    const actions = [
      { label: texts.save.saveFile, action: () => void this.#study.saver.toFile(), primary: true },
      { label: texts.goOn, action: () => { notices.hide("not-stored"); this.#goOn(); } },
    ];
    notices.show("not-stored", texts.save.notStored(messageOf(error)), { urgent: true, lasting: true, actions });
    this.#study.shell.tell("error", { message: messageOf(error) });
    this.#study.tellVote(given);
    // This tab holds the vote, so that it can be sent all the same.
    this.#study.delivery?.voted();
    this.#study.shell.refresh();
  }

  #goOn() {
    const next = this.#study.session.next();
    if (next === undefined) this.#study.finish();
    else this.open(next);
  }

  #back() {
    if (!this.#turn || this.#turn.turn === 0 || this.#storing) return;
    this.#status.textContent = "";
    this.open(this.#turn.turn - 1);
  }

  /** From a pair that was answered before to the one after it, as it is. */
  #forward() {
    if (!this.#turn?.answered) return;
    const { total } = this.#study.session.progress();
    if (this.#turn.turn + 1 < total) this.open(this.#turn.turn + 1);
    else this.#study.pairs();
  }

  #toggleReasons() {
    this.#reasons.setOpen(!this.#reasons.isOpen);
    if (this.#reasons.isOpen) this.#reasons.rationale.focus();
  }

  #draftLater() {
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => this.#saveDraft(), draftDelayMs);
  }

  /** Stores what waits to be stored, if anything does. */
  #saveDraft() {
    if (this.#draftTimer === undefined || !this.#turn) return;
    this.#forgetDraft();
    const draft = { choice: this.#choice, ...this.#reasons.value(), active_ms: this.#watch.activeMs() };
    this.#study.saveDraft(this.#turn.turn, draft);
  }

  #forgetDraft() {
    clearTimeout(this.#draftTimer);
    this.#draftTimer = undefined;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#why.isOpen) return this.#why.key(event);
    if (event.key === "Enter") return this.#enter(event);
    if (event.key === "Escape") return this.#escape();
    if (event.shiftKey && /^Digit[1-9]$/.test(event.code)) {
      return this.#reasons.isOpen && this.#reasons.toggle(Number(event.code.slice(5)) - 1);
    }
    const choice = choiceOfKey(this.#study.info.scale, event.key);
    if (choice) this.#choose(choice, "key");
    return choice !== undefined || this.#letter(event.key) || this.#comparison.key(event);
  }

  /** @param {string} key */
  #letter(key) {
    if (key === "s" || key === "f") this.#ask(key === "s" ? "skip" : "flag");
    else if (key === "u" || key === "Backspace") this.#back();
    else if (key === "r") {
      this.#reasons.setOpen(true);
      this.#reasons.rationale.focus();
    } else return false;
    return true;
  }

  /** @param {KeyboardEvent} event */
  #enter(event) {
    const fromText = event.ctrlKey || event.metaKey;
    if (!fromText && takesEnter(originOf(event))) return false;
    const unchanged = this.#turn?.answered && sameChoice(this.#choice, this.#turn.answered.choice) && !this.#reasons.isOpen;
    if (unchanged) this.#forward();
    else if (this.#isInTwoSteps) this.#confirm("key");
    else return false;
    return true;
  }

  /** Leaves the text first, then closes the reasons that were opened by choice. */
  #escape() {
    if (this.#reasons.rationale.matches(":focus")) this.#reasons.rationale.blur();
    else if (this.#reasons.isOpen) this.#reasons.setOpen(false);
    else return false;
    return true;
  }
}
