// Measures the kernels in Chromium: bash tests/benches/kernels.sh

import { readFile } from "node:fs/promises";
import { launch } from "./support/browser.js";

/** In the order of the enumerations in crates/kernels. */
const sets = ["portable", "AVX2", "AVX-512 VNNI", "simd128", "relaxed SIMD by twos", "relaxed SIMD by fours"];
const formats = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"];
const nested = formats.indexOf("Q2_K");
const rows = [1, 4, 32];
/** [inputs, outputs] of SmolLM2-135M, and a size that stays in the cache. */
const shapes = [[576, 576], [576, 1536], [1536, 576], [576, 49152]];
const [fromMemory, fromCache] = [64e6, 300e3];

/**
 * Runs in the page: products a second in GMAC/s, of the third best of many passes.
 * @param {{bytes: string, cases: number[][], budgetMs: number}} options
 */
async function measure({ bytes, cases, budgetMs }) {
  const binary = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(binary, {});
  const { prepare, pass } = instance.exports;
  return cases.map((given) => {
    const [, , inputs, outputs, rows] = given;
    const matrices = prepare(...given);
    if (matrices === 0) return null;
    const time = (passes) => {
      const started = performance.now();
      for (let i = 0; i < passes; i += 1) pass();
      return performance.now() - started;
    };
    // Until the browser has compiled it for good.
    for (const end = performance.now() + budgetMs / 4; performance.now() < end;) pass();
    // So many that the browser's clock, which is coarse, can tell.
    let passes = 1;
    while (time(passes) < 6) passes *= 2;
    const found = [];
    const end = performance.now() + budgetMs;
    while (found.length < 4 || performance.now() < end) found.push(time(passes) / passes);
    // The clock of a busy machine leaps at times: the best two may be none.
    const best = found.sort((a, b) => a - b)[2];
    return (matrices * inputs * outputs * rows) / best / 1e6;
  });
}

const [simd, relaxed] = await Promise.all(process.argv.slice(2, 4).map((file) => readFile(file, "base64")));
const browser = await launch();
console.log(`Chromium ${browser.version()}; GMAC/s at ${rows.join(", ")} rows, one thread`);

/** A line for each case, with all numbers of rows. */
async function print(title, bytes, lines, memory) {
  console.log(`\n${title}`);
  const cases = lines.flatMap(([set, format, inputs, outputs]) => rows.map((n) => [set, format, inputs, outputs, n, memory]));
  const page = await browser.newPage();
  const found = await page.evaluate(measure, { bytes, cases, budgetMs: 400 });
  await page.close();
  for (const [i, [set, format, inputs, outputs]] of lines.entries()) {
    const figures = found.slice(i * rows.length, (i + 1) * rows.length).map((figure) => (figure === null ? "-" : figure.toFixed(1)).padStart(6));
    console.log(`${sets[set].padEnd(22)} ${formats[format].padEnd(5)} ${String(inputs).padStart(5)} ${String(outputs).padStart(6)} ${figures.join(" ")}`);
  }
}

const [q4, q8] = [formats.indexOf("Q4_0"), formats.indexOf("Q8_0")];
const each = (set) => [q8, q4].flatMap((format) => shapes.map((shape) => [set, format, ...shape]));
await print("weights from memory", simd, each(3), fromMemory);
await print("weights from memory, relaxed SIMD", relaxed, each(4), fromMemory);
const cached = (set) => formats.map((_, format) => [set, format, format < nested ? 576 : 768, 256]);
await print("weights in the cache", relaxed, [0, 3, 4, 5].flatMap(cached), fromCache);
await browser.close();
