// Measures the page's model beside wllama: bash tests/benches/browser.sh [--rounds N]

import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { launch } from "./support/browser.js";
import { EngineVisit, figureOf } from "./support/engine-visit.js";
import { IsolatedHost } from "./support/isolated-host.js";
import { Figures } from "./support/measure.js";
import { RendererMemory } from "./support/renderer-memory.js";
import { root } from "./support/site.js";

/** What the design wants of ours, as a multiple of wllama's. */
const goals = { decode_tokens_per_s: "≥ 3, aim 5", prefill_tokens_per_s: "≥ 3, aim 5", pairs_per_min: "≥ 4, aim 8", memory_mb: "≤ 1" };
/** Figures of which the smaller one is better. */
const isLess = { memory_mb: true };
const types = ["q8_0", "q4_0"];
/** How an engine is loaded, and the ways in which it can write a pair. */
const ours = { name: "ours", script: "ours", ways: ["as the page does"] };
const wllama = (threads) => ({ name: `wllama, threads: ${threads}`, script: "wllama", threads, ways: ["one after the other", "both at once"] });
const peers = [wllama(1), wllama(2)];
const page = '<!doctype html><title>Bench</title><link rel="icon" href="data:,"><input type="file">';

/** Opens a page of its own each time: memory that a page once had it does not give back. */
async function visit(browser, engine, type, take) {
  const context = await browser.newContext();
  context.setDefaultTimeout(600_000);
  try {
    await take(new EngineVisit(await context.newPage(), figures, engine, type));
  } finally {
    await context.close();
  }
}

const speed = (engine, type) => visit(compiled, engine, type, async (at) => {
  await at.load(host.url, modelFile(type));
  await at.pairs();
  await at.singles();
});

/** In a browser and at a time of its own: to read the memory takes time. */
const memory = (engine, type) => visit(usual, engine, type, async (at) => {
  const watched = await RendererMemory.watch(usual);
  await at.load(host.url, modelFile(type));
  await at.pair();
  at.add("memory_mb", (await watched.end()) / 1e6);
});

/** The figure of the engine, and of the way, that is best. */
function best(summary, type, figure, engines) {
  const found = engines.flatMap(({ name, ways }) => ["", ...ways].map((way) => ({ name: way === "" ? name : `${name}, ${way}`, ...summary[figureOf(type, figure, name, way)] })));
  const sign = isLess[figure] ? 1 : -1;
  return found.filter(({ median }) => median !== undefined).sort((a, b) => sign * (a.median - b.median))[0];
}

function row(summary, type, figure) {
  const [own, peer] = [best(summary, type, figure, [ours]), best(summary, type, figure, peers)];
  return { type, figure, ours: own, wllama: peer, ratio: Math.round((own.median / peer.median) * 100) / 100, goal: goals[figure] };
}

function show({ type, figure, ours: own, wllama: peer, ratio, goal }) {
  const spread = ({ median, min, max }) => `${String(median).padStart(7)} (${min} – ${max})`.padEnd(26);
  console.log(`${type}  ${figure.padEnd(21)} ${spread(own)} ${spread(peer)} ${String(ratio).padStart(5)}  ${goal.padEnd(11)} ${peer.name}`);
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "6" }, models: { type: "string" }, wllama: { type: "string" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error("usage: browser.sh [--rounds N], N a whole number from 1");
  process.exit(2);
}
const modelFile = (type) => path.resolve(values.models, `random-smollm2-135m-${type}.gguf`);
const usual = await launch();
// Everything compiled as it is after some use: how long that takes depends on what else the processors do, and is not measured here.
const compiled = await launch("--js-flags=--no-liftoff");
const machine = { processor: os.cpus()[0]?.model.trim() ?? "unknown", processors: os.cpus().length, chromium: usual.version() };
console.error(`processor: ${machine.processor}, ${machine.processors} of them; Chromium ${machine.chromium}`);
const engineScripts = path.join(import.meta.dirname, "support/engines");
const host = await IsolatedHost.open(page, { page: path.join(root, "web/dist"), engines: engineScripts, wllama: path.resolve(values.wllama) });
const figures = new Figures();
/** The ways of wllama that are still measured: after the first round only those that were the fastest in some figure. */
const left = Object.fromEntries(types.map((type) => [type, peers]));
const speeds = Object.keys(goals).filter((figure) => !isLess[figure]);
const isBest = (peer, type) => speeds.some((figure) => best(figures.summary(), type, figure, peers)?.name.startsWith(peer.name));
try {
  for (let round = 1; round <= rounds; round += 1) {
    for (const type of types) {
      console.error(`round ${round} of ${rounds}: ${type}, memory`);
      for (const engine of [ours, peers[0]]) await memory(engine, type);
      // Ours before each of the others, so that what else the machine does falls on both.
      for (const engine of left[type].flatMap((peer) => [ours, peer])) {
        console.error(`round ${round} of ${rounds}: ${type}, ${engine.name}`);
        await speed(engine, type);
      }
      if (round === 1) left[type] = peers.filter((peer) => isBest(peer, type));
    }
  }
} finally {
  host.close();
  await usual.close();
  await compiled.close();
}
const summary = figures.summary();
const rows = types.flatMap((type) => Object.keys(goals).map((figure) => row(summary, type, figure)));
console.log(`type  ${"figure".padEnd(21)} ${"ours, median (range)".padEnd(26)} ${"wllama".padEnd(26)} ratio  goal        wllama's best`);
rows.forEach(show);
console.log(JSON.stringify({ ...machine, rounds, rows, figures: Object.entries(summary).map(([name, figure]) => ({ of: JSON.parse(name), ...figure })) }));
