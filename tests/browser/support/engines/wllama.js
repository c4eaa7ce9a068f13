// Runs in the bench's page: wllama on the CPU, with the threads that it is given.

import { Wllama } from "/wllama/index.js";

/** As the models' template writes a conversation. */
const rendered = (letters) => `<|im_start|>user\n${letters}<|im_end|>\n<|im_start|>assistant\n`;

/**
 * The models' tokens for bytes that are no character alone: a random model writes them anywhere, and wllama's worker ends with an exception
 * (`invalid UTF-8 byte`) where a text is not whole.
 */
const halfCharacters = Array.from({ length: 128 }, (_, i) => [3 + 128 + i, false]);

export class Engine {
  #wllama = new Wllama({ default: new URL("/wllama/wasm/wllama.wasm", location.href).href }, { suppressNativeLog: true });
  #seed = 0;

  /**
   * @param {File} file
   * @param {{threads: number}} how
   */
  async load(file, { threads }) {
    // Without its own host it would fetch a second build from elsewhere.
    this.#wllama.setCompat(null);
    // The least context that holds two responses to a prompt, and the longest prompt.
    await this.#wllama.loadModel([file], { n_ctx: 512, n_threads: threads, n_gpu_layers: 0, n_parallel: 2 });
    if (this.#wllama.getNumThreads() !== threads) throw new Error(`${this.#wllama.getNumThreads()} threads instead of ${threads}`);
  }

  async #complete({ letters, mostTokens, cached }) {
    const answer = await this.#wllama.createCompletion({ prompt: rendered(letters), max_tokens: mostTokens, seed: (this.#seed += 1), cache_prompt: cached, ignore_eos: true, logit_bias: halfCharacters });
    const { timings } = answer;
    if (timings.predicted_n !== mostTokens) throw new Error(`a reply of ${timings.predicted_n} tokens instead of ${mostTokens}`);
    return timings;
  }

  /** Two responses; how many milliseconds they took. The second one finds its prompt in the cache, or both are read and written at once. */
  async pair({ letters, mostTokens, way }) {
    const from = performance.now();
    const first = this.#complete({ letters, mostTokens, cached: true });
    if (way !== "both at once") await first;
    await Promise.all([first, this.#complete({ letters, mostTokens, cached: true })]);
    return performance.now() - from;
  }

  /** It needs no other state for one response. */
  async alone() {}

  /** One response: its speed, and that of reading its prompt, in tokens a second, as wllama tells them. */
  async one({ letters, mostTokens }) {
    const { prompt_n, prompt_per_second, predicted_per_second } = await this.#complete({ letters, mostTokens, cached: false });
    return { promptTokens: prompt_n, decode: predicted_per_second, prefill: prompt_per_second };
  }
}
