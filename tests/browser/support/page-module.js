// A module of the page that imports nothing, so that a test can look at it without a browser.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./site.js";

/** @param {string} name of a file in web/app */
export async function pageModule(name) {
  const source = await readFile(path.join(root, "web/app", name), "utf8");
  // By its text, because the file lies in a folder that does not tell Node that it is a module.
  return import(`data:text/javascript,${encodeURIComponent(source)}`);
}
