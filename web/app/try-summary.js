// The end of trying: how often one agrees with the judge, what its sureness is worth, and the files.

import { ask } from "./dialogs.js";
import { button, element } from "./dom.js";
import { download } from "./save.js";
import { besideHalf, fewestForThirds, trend } from "./tally.js";
import { texts } from "./texts.js";

const words = texts.summary;

/**
 * @param {import("./surroundings.js").Host} host
 * @param {import("./tried.js").Tried} tried
 * @param {import("./types.js").TiebreakModule} module
 * @param {{goOn: () => void, startAgain: () => void}} ways
 */
export function trySummary(host, tried, module, ways) {
  const { share, thirds, apart } = tried.tally();
  const votes = tried.votes(module);
  const again = async () => {
    if (await ask(host, { title: words.again, paragraphs: [words.againLead], yes: words.again, danger: true })) ways.startAgain();
  };
  return element(
    "div",
    { class: "column summary" },
    element("h1", { tabindex: -1 }, words.title),
    element("p", { class: "lead" }, share ? words.share(share.agreed, share.total) : words.nothing),
    share && element("p", {}, words.interval(share.low, share.high), " ", words.coin[besideHalf(share)]),
    sureness(thirds),
    counted(apart),
    element(
      "div",
      { class: "row wrap foot" },
      button(texts.goOn, ways.goOn, { class: "primary" }),
      button(words.saveSamples, () => download("samples.jsonl", tried.samples())),
      button(words.saveVotes, () => download("votes.jsonl", votes), { disabled: votes === "" }),
      button(words.again, () => void again(), { class: "quiet" }),
    ),
  );
}

/** @param {import("./tally.js").Group[]} thirds */
function sureness(thirds) {
  if (thirds.length === 0) return element("section", {}, element("h2", {}, words.sureTitle), element("p", { class: "soft" }, words.tooFew(fewestForThirds)));
  const row = (/** @type {import("./tally.js").Group} */ third, /** @type {number} */ i) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, words.thirds[i]),
      element("td", {}, words.odds(third.from, third.to)),
      element("td", {}, words.of(third.agreed, third.total)),
      element("td", {}, words.range(third.low, third.high)),
    );
  const head = element("tr", {}, ...words.columns.map((name) => element("th", { scope: "col" }, name)));
  return element(
    "section",
    {},
    element("h2", { id: "sureness" }, words.sureTitle),
    element("table", { class: "figures", "aria-labelledby": "sureness" }, element("thead", {}, head), element("tbody", {}, ...thirds.map(row))),
    element("p", {}, words.trends[trend(thirds)]),
    element("p", { class: "soft" }, words.oddsNote),
  );
}

/** @param {ReturnType<typeof import("./tally.js").tally>["apart"]} apart */
function counted(apart) {
  const some = Object.entries(apart).filter(([, count]) => count > 0);
  if (some.length === 0) return null;
  return element("p", { class: "soft" }, words.apart(some.map(([reason, count]) => words.apartOf[reason](count))));
}
