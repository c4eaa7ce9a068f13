// Agreement with the judge, computed without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { agreement, besideHalf, tally, trend, wilson } from "../../web/app/tally.js";

/** A pair on which both took a side. */
const pair = (agrees, odds) => ({ choice: { strength: -2 }, verdict: { strength: agrees ? -1 : 1 }, odds });

test("Wilson's interval keeps to its definition", () => {
  // Its ends are the shares p for which the share found is just z standard errors of p away.
  for (const [agreed, total] of [[14, 20], [1, 3], [50, 200], [19, 20]]) {
    const { low, high } = wilson(agreed, total);
    for (const end of [low, high]) {
      const errors = Math.abs(agreed / total - end) / Math.sqrt((end * (1 - end)) / total);
      assert.ok(Math.abs(errors - 1.959964) < 1e-6, `${agreed} of ${total}: ${errors}`);
    }
    assert.ok(low < agreed / total && agreed / total < high);
  }
  assert.ok(wilson(0, 5).low < 1e-9 && wilson(5, 5).high > 1 - 1e-9);
  assert.ok(wilson(5, 5).low < 0.6, "five of five are no certainty");
});

test("two agree where both are for the same side", () => {
  for (const [choice, verdict, expected] of [
    [{ strength: -3 }, { strength: -1 }, true],
    [{ strength: 1 }, { strength: -1 }, false],
    [{ strength: 0 }, { strength: 1 }, undefined],
    [{ strength: 2 }, { strength: 0 }, undefined],
    ["both_bad", { strength: 1 }, undefined],
    [{ strength: 2 }, "unparsed", undefined],
  ]) assert.equal(agreement(choice, verdict), expected, JSON.stringify([choice, verdict]));
});

test("what cannot be compared is counted apart, each pair once", () => {
  const strength = (strength) => ({ strength });
  const { share, apart, thirds } = tally([
    pair(true, 0.1),
    pair(false, -0.2),
    { choice: "skip", verdict: "unparsed" },
    { choice: "both_bad", verdict: strength(0) },
    { choice: strength(0), verdict: strength(0) },
    { choice: strength(0), verdict: strength(1) },
    { choice: strength(1), verdict: strength(0) },
    { choice: strength(1), verdict: "unparsed" },
  ]);
  assert.deepEqual([share.agreed, share.total], [1, 2]);
  assert.deepEqual(apart, { skips: 1, bothBad: 1, ties: 2, judgeTies: 1, judgeNone: 1 });
  assert.deepEqual(thirds, [], "too few to say");
  assert.equal(tally([]).share, undefined);
});

test("thirds go from least to most sure and hold every pair", () => {
  assert.equal(tally(Array.from({ length: 11 }, () => pair(true, 1))).thirds.length, 0);
  for (const count of [12, 13, 14, 30]) {
    const pairs = Array.from({ length: count }, (_, i) => pair(i % 2 === 0, (i % 3 === 0 ? -1 : 1) * (count - i)));
    const { thirds, share } = tally(pairs);
    assert.equal(thirds.reduce((sum, { total }) => sum + total, 0), count);
    assert.equal(thirds.reduce((sum, { agreed }) => sum + agreed, 0), share.agreed);
    assert.ok(thirds.every(({ from, to }) => from <= to) && thirds[0].to < thirds[1].from && thirds[1].to < thirds[2].from);
    assert.ok(thirds.every(({ total }) => Math.abs(total - count / 3) <= 1), "the thirds are alike");
  }
});

test("nothing is said that the intervals do not say", () => {
  const made = (agreements) => tally(agreements.map((agrees, i) => pair(agrees, i))).thirds;
  const block = (agrees, count) => Array(count).fill(agrees);
  assert.equal(trend(made([...block(false, 10), ...block(true, 20)])), "grows");
  assert.equal(trend(made([...block(true, 20), ...block(false, 10)])), "falls");
  assert.equal(trend(made([...block(false, 3), ...block(true, 9)])), "open");
  assert.deepEqual([wilson(19, 20), wilson(1, 20), wilson(11, 20)].map(besideHalf), ["above", "below", "open"]);
});
