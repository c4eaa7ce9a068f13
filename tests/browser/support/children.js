// Processes that must not outlive the tests, also where those are broken off.

/** @type {Set<() => void>} */
const ends = new Set();

/**
 * @param {() => void} end ends a process at once
 * @returns {() => void} says that it has ended
 */
export function endsWithUs(end) {
  ends.add(end);
  return () => ends.delete(end);
}

process.on("exit", () => { for (const end of ends) end(); });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
