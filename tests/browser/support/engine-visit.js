// One engine, one model, one page: what browser.sh asks of each, and how it is counted.

const lengths = { prompt: 64, longPrompt: 256, response: 96, warm: 24 };
/** Tokens that the models' template writes around a prompt. */
const templateTokens = 17;
/** Letters that their tokenizer joins with no other: each is a token. */
const alphabet = "bcdfgjkmpquvwxyz";

let prompts = 0;
/** Another prompt each time, so that nothing of it is in a cache. @param {number} tokens */
function prompt(tokens) {
  prompts += 1;
  const letter = (_, i) => alphabet[(prompts * 5 + i * ((prompts % 7) + 1)) % alphabet.length];
  return Array.from({ length: tokens - templateTokens }, letter).join("");
}

/** A figure's name. @param {...string} parts the model's type, what is measured, the engine, and which way it took */
export const figureOf = (...parts) => JSON.stringify(parts);

export class EngineVisit {
  #page;
  #figures;
  #engine;
  #type;

  /**
   * @param {import("playwright-core").Page} page
   * @param {import("./measure.js").Figures} figures
   * @param {{name: string, script: string, ways: string[]}} engine a script of `engines/`, and the ways in which it can write a pair
   * @param {string} type of the model's weights
   */
  constructor(page, figures, engine, type) {
    this.#page = page;
    this.#figures = figures;
    this.#engine = engine;
    this.#type = type;
  }

  /**
   * @param {string} figure
   * @param {number} value
   * @param {string} [way]
   */
  add(figure, value, way = "") {
    console.error(`  ${[figure, way].join(" ").trim()}: ${value.toFixed(1)}`);
    this.#figures.add(figureOf(this.#type, figure, this.#engine.name, way), value);
  }

  /**
   * @param {string} address
   * @param {string} model its file, which the page gets as if somebody had chosen it
   */
  async load(address, model) {
    await this.#page.goto(address);
    await this.#page.locator("input").setInputFiles(model);
    await this.#page.evaluate(async (engine) => {
      const { Engine } = await import(`/engines/${engine.script}.js`);
      globalThis.engine = new Engine();
      await globalThis.engine.load(document.querySelector("input").files[0], engine);
    }, this.#engine);
  }

  /** Two responses; how many milliseconds they took. */
  pair(way = this.#engine.ways[0], mostTokens = lengths.response) {
    return this.#ask("pair", { letters: prompt(lengths.prompt), mostTokens, way });
  }

  async pairs() {
    // The second worker begins, and caches are filled.
    await this.pair(this.#engine.ways[0], lengths.warm);
    for (const way of this.#engine.ways) this.add("pairs_per_min", 60_000 / (await this.pair(way)), way);
  }

  async singles() {
    await this.#ask("alone");
    await this.#one(lengths.prompt, lengths.warm);
    this.add("decode_tokens_per_s", (await this.#one(lengths.prompt, lengths.response)).decode);
    this.add("prefill_tokens_per_s", (await this.#one(lengths.longPrompt, 1)).prefill);
  }

  async #one(promptTokens, mostTokens) {
    const found = await this.#ask("one", { letters: prompt(promptTokens), mostTokens });
    if (found.promptTokens !== promptTokens) throw new Error(`${this.#engine.name}: a prompt of ${found.promptTokens} tokens instead of ${promptTokens}`);
    return found;
  }

  /** @param {string} method of the engine */
  #ask(method, order) {
    return this.#page.evaluate(([name, given]) => globalThis.engine[name](given), [method, order]);
  }
}
