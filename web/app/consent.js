// What the study is about, what it asks for, and whether the annotator agrees.

import { button, element } from "./dom.js";
import { renderPlain, renderMarkdown } from "./markdown.js";
import { addressOf } from "./reach.js";
import { texts } from "./texts.js";

/** @typedef {import("./types.js").Screen} Screen */

/**
 * @param {import("./study.js").Study} study
 * @param {() => void} agree
 * @param {() => void} decline
 * @returns {Screen}
 */
export function consentScreen(study, agree, decline) {
  const { info } = study;
  const focus = element("h1", { tabindex: -1 }, info.title);
  const yes = button(info.consent ? texts.consent.agree : texts.consent.agreeAndStart, agree, { class: "primary" });
  return {
    title: texts.consent.step,
    focus,
    element: element(
      "div",
      { class: "column" },
      element("p", { class: "step-name" }, texts.consent.step),
      focus,
      facts(study),
      info.consent && element("section", { class: "consent-text" }, element("h2", {}, texts.consent.consentTitle), consentText(study, info.consent)),
      element("div", { class: "row foot wrap" }, yes, info.consent && button(texts.consent.disagree, decline)),
    ),
  };
}

/**
 * @param {import("./study.js").Study} study
 * @param {string} text
 */
function consentText(study, text) {
  const module = study.shell.module;
  return module ? renderMarkdown(study.shell.host, module.markdown(text), 2) : renderPlain(text);
}

/** @param {import("./study.js").Study} study */
function facts(study) {
  const { info, session } = study;
  const names = texts.consent.facts;
  const work = [texts.consent.pairs(session.progress().total), info.minutes && texts.consent.minutes(info.minutes)];
  /** @type {[string, string | null | undefined][]} */
  const rows = [
    [names.you, info.annotator],
    [names.work, work.filter(Boolean).join(", ")],
    [names.pay, info.pay],
    [names.contact, info.contact],
    [names.delivery, info.delivery && addressOf(info.delivery.url)?.host],
    [names.kept, info.delivery ? texts.consent.keptAndSent : texts.consent.keptHere],
  ];
  const shown = rows.filter(([, value]) => value);
  return element("dl", { class: "facts" }, ...shown.flatMap(([name, value]) => [element("dt", {}, name), element("dd", { dir: "auto" }, value)]));
}

/**
 * @param {() => void} back
 * @returns {Screen}
 */
export function declinedScreen(back) {
  const focus = element("h1", { tabindex: -1 }, texts.consent.declinedTitle);
  return {
    title: texts.consent.declinedTitle,
    focus,
    element: element("div", { class: "column" }, focus, element("p", { class: "lead" }, texts.consent.declinedLead), element("div", { class: "row" }, button(texts.back, back))),
  };
}

/**
 * @param {import("./types.js").StudySummary} summary
 * @returns {Screen}
 */
export function previewScreen(summary) {
  const focus = element("h1", { tabindex: -1 }, summary.title);
  return {
    title: texts.consent.previewTitle,
    focus,
    element: element(
      "div",
      { class: "column" },
      element("p", { class: "step-name" }, texts.consent.previewTitle),
      focus,
      element("p", { class: "lead" }, texts.consent.previewLead),
      element("p", {}, texts.start.lead),
    ),
  };
}
