// Which of the two builds of the wasm module this browser takes.

/** A module with one function, which holds one instruction of relaxed SIMD. */
const probe = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11];

const isRelaxed = typeof WebAssembly === "object" && WebAssembly.validate(new Uint8Array(probe));

/** Where its script is. It is no literal, because the file exists only after a build. */
export const moduleAddress = new URL(isRelaxed ? "../pkg/relaxed/tiebreak_wasm.js" : "../pkg/tiebreak_wasm.js", import.meta.url).href;
