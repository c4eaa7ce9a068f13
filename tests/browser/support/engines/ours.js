// Runs in the bench's page: the page's own model, through the workers that people get.

import { TwoWorkers } from "/page/app/two-workers.js";
import { WorkerClient } from "/page/app/worker-client.js";

/** The reply's length is what is asked for, so a model that ends early spoils the figure. */
function whole(sample, wanted) {
  const tokens = sample.responses.map((response) => response.tokens);
  if (tokens.some((count) => count !== wanted)) throw new Error(`replies of ${tokens} tokens instead of ${wanted}`);
  return sample;
}

export class Engine {
  #client;
  #file;
  #seed = 0;

  /** @param {File} file */
  async load(file) {
    this.#file = file;
    this.#client = new TwoWorkers();
    await this.#client.load({ file });
  }

  /** Two responses; how many milliseconds they took. */
  async pair({ letters, mostTokens }) {
    const from = performance.now();
    const { sample } = await this.#client.pair({ prompt: letters, seed: (this.#seed += 1), max_tokens: mostTokens });
    whole(sample, mostTokens);
    return performance.now() - from;
  }

  /** From here on responses come alone, from one worker. */
  async alone() {
    this.#client.close();
    this.#client = new WorkerClient();
    await this.#client.load({ file: this.#file });
  }

  /** One response: its speed, and that of reading its prompt, in tokens a second. */
  async one({ letters, mostTokens }) {
    let read = 0;
    let first;
    const progress = ({ stage, done }) => {
      if (stage === "prefill") read = done;
      else first ??= { done, at: performance.now() };
    };
    const from = performance.now();
    const { sample } = await this.#client.pair({ prompt: letters, seed: (this.#seed += 1), max_tokens: mostTokens, only: 0 }, { progress });
    const to = performance.now();
    whole(sample, mostTokens);
    return {
      promptTokens: read,
      decode: first && ((mostTokens - first.done) * 1000) / (to - first.at),
      prefill: (read * 1000) / (to - from),
    };
  }
}
