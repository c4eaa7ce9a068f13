// What shows after a vote: both opinions, how often they agreed so far, and the ways on.

import { button, element } from "./dom.js";
import { agreement } from "./tally.js";
import { choiceText, texts } from "./texts.js";

/** @typedef {import("./types.js").Choice} Choice */

/**
 * @param {Choice} choice
 * @param {import("./types.js").JudgeOpinion} opinion
 * @param {import("./tally.js").Share | undefined} share agreement so far
 * @param {{another: () => void, again: () => void, finish: () => void}} ways
 */
export function verdictPanel(choice, opinion, share, ways) {
  const agrees = agreement(choice, opinion.verdict);
  const sentence = agrees === undefined ? texts.try.noComparison : agrees ? texts.try.agreed : texts.try.disagreed;
  const odds = opinion.log_odds === undefined ? "" : texts.try.odds(opinion.log_odds);
  // A judge knows no steps, only sides.
  const judged = choiceText(opinion.verdict, "three");
  const words = element(
    "div",
    {},
    element("p", { class: "feedback-title" }, sentence),
    element("dl", { class: "opinions" }, element("dt", {}, texts.try.you), element("dd", {}, choiceText(choice)), element("dt", {}, texts.try.judge), element("dd", { title: odds }, judged)),
    share && element("p", { class: "soft", title: texts.try.tallyNote }, texts.try.tally(share.agreed, share.total)),
  );
  const buttons = element(
    "div",
    { class: "row wrap" },
    button(texts.try.nextQuestion, ways.another, { class: "primary", key: "⏎" }),
    button(texts.try.again, ways.again, {}),
    button(texts.try.finish, ways.finish, { class: "quiet" }),
  );
  return [words, buttons];
}

/** @param {import("./types.js").Response} response */
export function provenance(response) {
  const { sampling, tokens } = response;
  return sampling && tokens !== undefined ? texts.try.provenance(sampling.temperature, tokens) : "";
}
