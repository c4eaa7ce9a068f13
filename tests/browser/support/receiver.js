// A host that shows the page and takes results: what `tiebreak serve` answers, and an address for POST and PUT beside it.

import { once } from "node:events";
import { createServer, request as ask } from "node:http";

/** @typedef {{method: string, type: string, cookie: string | undefined, body: string, status: number}} Taken */

export class Receiver {
  /** What was sent, and how it was answered. @type {Taken[]} */
  taken = [];
  /** The next answers; after them it is 200. 0 takes the votes and never answers. @type {number[]} */
  statuses = [];
  /** Sent with every answer. @type {Record<string, string>} */
  headers = {};
  #server;
  url = "";

  /** @param {string} site where the page's files come from */
  static async open(site) {
    const receiver = new Receiver();
    receiver.#server = createServer((request, response) => {
      if (request.url === "/results") receiver.#take(request, response);
      else pass(site, request, response, receiver.headers);
    });
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    receiver.url = `http://127.0.0.1:${receiver.#server.address().port}/`;
    return receiver;
  }

  async #take(request, response) {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    const status = this.statuses.shift() ?? 200;
    this.taken.push({ method: request.method, type: request.headers["content-type"], cookie: request.headers.cookie, body, status });
    if (status !== 0) response.writeHead(status, this.headers).end();
  }

  /** The votes of all batches that were taken, in their order. */
  get votes() {
    const bodies = this.taken.filter(({ status }) => status === 200).map(({ body }) => body);
    return bodies.join("");
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Answers with what the site says. */
export function pass(site, request, response, headers = {}) {
  const onward = ask(new URL(request.url, site), { method: request.method }, (answer) => {
    response.writeHead(answer.statusCode, { ...answer.headers, ...headers });
    answer.pipe(response);
  });
  onward.on("error", () => response.writeHead(502).end());
  onward.end();
}
