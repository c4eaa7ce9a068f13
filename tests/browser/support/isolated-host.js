// Folders shown on loopback to a page that is alone in its process: threads and shared memory are denied to any other.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import path from "node:path";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".wasm": "application/wasm" };
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export class IsolatedHost {
  #server;
  #page;
  #folders;
  url = "";

  /**
   * @param {string} page what `/` shows
   * @param {Record<string, string>} folders by the first part of their addresses
   */
  static async open(page, folders) {
    const host = new IsolatedHost();
    host.#page = page;
    host.#folders = folders;
    host.#server = createServer((request, response) => {
      host.#answer(new URL(request.url, host.url).pathname, response).catch(() => response.writeHead(404).end());
    });
    host.#server.listen(0, "127.0.0.1");
    await once(host.#server, "listening");
    host.url = `http://127.0.0.1:${host.#server.address().port}/`;
    return host;
  }

  /**
   * @param {string} address
   * @param {import("node:http").ServerResponse} response
   */
  async #answer(address, response) {
    if (address === "/") return void response.writeHead(200, { "Content-Type": types[".html"], ...isolation }).end(this.#page);
    const [, name, ...rest] = address.split("/");
    const file = path.join(this.#folders[name], ...rest);
    const { size } = await stat(file);
    const type = types[path.extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Content-Length": size, ...isolation });
    createReadStream(file).pipe(response);
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
