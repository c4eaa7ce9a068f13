// The texts of the interface, so that a test names a control as the page does and not in words of its own.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./site.js";

const source = await readFile(path.join(root, "web/app/texts.js"), "utf8");
// By its text, because the file lies in a folder that does not tell Node that it is a module.
export const { texts } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
