// How often somebody and the judge agree, and whether the judge is right more often where it is surer.

/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {{choice: Choice, verdict: Choice | "unparsed", odds?: number}} Opinions */
/** @typedef {{agreed: number, total: number, low: number, high: number}} Share */
/** @typedef {Share & {from: number, to: number}} Group */

/** Of fewer pairs, a third says nothing. */
export const fewestForThirds = 12;
/** Of a normal distribution, 95 % lie within so many standard deviations. */
const z = 1.959964;

/**
 * A share with its 95 % interval (Wilson 1927), which also holds for few pairs and for shares near 0 and 1.
 * @param {number} agreed
 * @param {number} total above 0
 * @returns {Share}
 */
export function wilson(agreed, total) {
  const share = agreed / total;
  const shrink = 1 + z ** 2 / total;
  const middle = (share + z ** 2 / (2 * total)) / shrink;
  const half = (z / shrink) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return { agreed, total, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/**
 * Undefined where one of the two took no side.
 * @param {Choice} choice
 * @param {Choice | "unparsed"} verdict
 */
export function agreement(choice, verdict) {
  if (typeof choice !== "object" || typeof verdict !== "object") return undefined;
  if (choice.strength === 0 || verdict.strength === 0) return undefined;
  return Math.sign(choice.strength) === Math.sign(verdict.strength);
}

/**
 * Each pair counts once: as one that can be compared, or under the first reason why it cannot.
 * @param {Opinions[]} pairs
 */
export function tally(pairs) {
  const apart = { skips: 0, bothBad: 0, ties: 0, judgeTies: 0, judgeNone: 0 };
  /** @type {{agrees: boolean, odds: number}[]} */
  const compared = [];
  for (const { choice, verdict, odds } of pairs) {
    const agrees = agreement(choice, verdict);
    if (agrees !== undefined) compared.push({ agrees, odds: Math.abs(odds ?? 0) });
    else apart[reasonApart(choice, verdict)] += 1;
  }
  return { share: shareOf(compared), thirds: thirds(compared), apart };
}

/**
 * @param {Choice} choice
 * @param {Choice | "unparsed"} verdict
 */
function reasonApart(choice, verdict) {
  if (choice === "both_bad") return "bothBad";
  if (typeof choice !== "object") return "skips";
  if (choice.strength === 0) return "ties";
  return typeof verdict === "object" ? "judgeTies" : "judgeNone";
}

/** @param {{agrees: boolean}[]} pairs */
function shareOf(pairs) {
  if (pairs.length === 0) return undefined;
  return wilson(pairs.filter(({ agrees }) => agrees).length, pairs.length);
}

/**
 * From least to most sure, as many pairs in each as can be; none where there are too few.
 * @param {{agrees: boolean, odds: number}[]} pairs
 * @returns {Group[]}
 */
function thirds(pairs) {
  if (pairs.length < fewestForThirds) return [];
  const sorted = [...pairs].sort((a, b) => a.odds - b.odds);
  const cut = (/** @type {number} */ third) => Math.round((third * sorted.length) / 3);
  return [0, 1, 2].map((third) => {
    const part = sorted.slice(cut(third), cut(third + 1));
    const agreed = part.filter(({ agrees }) => agrees).length;
    return { ...wilson(agreed, part.length), from: part[0].odds, to: part[part.length - 1].odds };
  });
}

/**
 * Whether a share lies above or below a half, as far as its interval tells.
 * @param {Share} share
 */
export function besideHalf({ low, high }) {
  return low > 0.5 ? "above" : high < 0.5 ? "below" : "open";
}

/**
 * Whether agreement grows with the judge's sureness; open as long as the intervals of the outer thirds overlap.
 * @param {Group[]} groups
 */
export function trend(groups) {
  const [least, most] = [groups[0], groups[groups.length - 1]];
  return most.low > least.high ? "grows" : most.high < least.low ? "falls" : "open";
}
