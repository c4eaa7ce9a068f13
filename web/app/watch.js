// What goes on around a study: whether the browser keeps anything, and whether there is a network.

import { texts } from "./texts.js";

/** @typedef {import("./shell.js").Shell} Shell */

/**
 * Tells at once when nothing can be kept, and holds the tab back while that would lose votes.
 * @param {Shell} shell
 */
export async function watchStorage(shell) {
  const state = await shell.module?.storage_state();
  if (!state || state.available || shell.signal.aborted) return;
  shell.notices.show("storage", texts.errors.noStorage, { urgent: true, lasting: true });
  addEventListener("beforeunload", (event) => {
    if ((shell.study?.session.progress().unsaved ?? 0) > 0) event.preventDefault();
  }, { signal: shell.signal });
}

/**
 * Says so for as long as there is no network.
 * @param {Shell} shell
 */
export function watchConnection(shell) {
  const look = () => {
    if (navigator.onLine) shell.notices.hide("offline");
    else shell.notices.show("offline", texts.errors.offline);
  };
  for (const change of ["online", "offline"]) addEventListener(change, look, { signal: shell.signal });
  look();
}
