// Loads the wasm module.

import { moduleAddress } from "./instructions.js";

/** What keeps the page from running at all; `reason` tells which sentence to show. */
export class ModuleError extends Error {
  /**
   * @param {"fetch" | "browser"} reason
   * @param {unknown} cause
   */
  constructor(reason, cause) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.name = "module";
    this.reason = reason;
  }
}

/** @returns {Promise<import("./types.js").TiebreakModule>} */
export async function loadModule() {
  if (typeof WebAssembly !== "object") throw new ModuleError("browser", "no WebAssembly");
  try {
    const module = await import(moduleAddress);
    await module.default();
    return module;
  } catch (error) {
    throw new ModuleError(error instanceof WebAssembly.CompileError ? "browser" : "fetch", error);
  }
}
