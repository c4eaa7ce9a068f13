// A host that shows the page, and a model whose way over the network can be broken.

import { once } from "node:events";
import { createServer } from "node:http";
import { pass } from "./receiver.js";

/** @typedef {{range: string | undefined, condition: string | undefined, status: number, sent: number}} Asked */

export class ModelHost {
  /** What was asked for, and how many bytes of it were sent. @type {Asked[]} */
  asked = [];
  /** The next answer ends, or stands still, after so many bytes. @type {{after: number, stands?: boolean} | undefined} */
  breaks;
  takesRanges = true;
  /** @type {string | undefined} */
  tag = '"one"';
  url = "";
  #server;

  /**
   * @param {string} site where the page's files come from
   * @param {Buffer} bytes of `/hosted.gguf`
   */
  static async open(site, bytes) {
    const host = new ModelHost();
    host.bytes = bytes;
    host.#server = createServer((request, response) => {
      if (request.url === "/hosted.gguf") host.#give(request, response);
      else pass(site, request, response);
    });
    host.#server.listen(0, "127.0.0.1");
    await once(host.#server, "listening");
    host.url = `http://127.0.0.1:${host.#server.address().port}/`;
    return host;
  }

  #give(request, response) {
    const { range, "if-range": condition } = request.headers;
    const [, from] = range?.match(/^bytes=(\d+)-$/) ?? [];
    const isPart = from !== undefined && this.takesRanges && condition === this.tag;
    const body = this.bytes.subarray(isPart ? Number(from) : 0);
    const headers = { "Content-Length": body.length, ...(this.tag ? { ETag: this.tag } : {}) };
    if (isPart) headers["Content-Range"] = `bytes ${from}-${this.bytes.length - 1}/${this.bytes.length}`;
    response.writeHead(isPart ? 206 : 200, headers);
    const breaks = this.breaks;
    this.breaks = undefined;
    const part = body.subarray(0, breaks?.after ?? body.length);
    this.asked.push({ range, condition, status: isPart ? 206 : 200, sent: part.length });
    if (!breaks) response.end(part);
    // An error throws away what a stream holds and nobody has read yet: the page gets a moment to read it.
    else response.write(part, () => { if (!breaks.stands) setTimeout(() => response.destroy(), 700); });
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
