// The page's beginning: load the module, read the address, show the first screen.

import { messageOf, showError } from "./errors.js";
import { PageHost } from "./host.js";
import { identityFrom } from "./identity.js";
import { loadModule } from "./module.js";
import { answerParent } from "./parent.js";
import { Shell } from "./shell.js";
import { fetchStudy, listenToDrops, openFetched, startScreen } from "./start.js";
import { direction, language, speak, texts } from "./texts.js";
import { tryScreen } from "./try.js";
import { watchConnection, watchStorage } from "./watch.js";

/** @typedef {import("./types.js").Identity} Identity */
/** @typedef {import("./types.js").TiebreakModule} TiebreakModule */

const parameters = new URLSearchParams(location.search);
const host = new PageHost();
const reload = () => location.reload();

/** What the page shows now. @type {Shell} */
let shell;

async function begin() {
  const loading = loadModule();
  const study = parameters.get("study");
  // Both are on their way at the same time; a failure is looked at when its turn has come.
  const fetching = study ? fetchStudy(study) : undefined;
  fetching?.catch(() => {});
  await speak(parameters.get("language"));
  try {
    await run(await loading, fetching);
  } catch (error) {
    put(new Shell(host, undefined, reload));
    showError(shell, error, { again: reload });
  }
}

/** @param {Shell} next */
function put(next) {
  void shell?.close();
  shell = next;
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
  document.body.replaceChildren(shell.element);
  void watchStorage(shell);
  watchConnection(shell);
}

/**
 * @param {TiebreakModule} module
 * @param {ReturnType<typeof fetchStudy> | undefined} fetching
 */
async function run(module, fetching) {
  put(new Shell(host, module, () => showStart(identity)));
  listen();
  const identity = identityOrError();
  if (!identity) return;
  listenToDrops(() => shell, identity);
  const isToldWhat = answerParent(host.link, () => shell, async (wanted) => {
    await Promise.all([shell.close(), speak(wanted)]);
    put(new Shell(host, module, () => showStart(identity)));
  });
  if (fetching) await openFetched(shell, identity, fetching, reload);
  else if (isToldWhat) return;
  else if (location.hash === "#try") showTry();
  else showStart(identity);
}

function showTry() {
  history.replaceState(null, "", "#try");
  shell.show(tryScreen(shell));
}

/** @param {Identity | undefined} identity */
function showStart(identity) {
  if (location.hash) history.replaceState(null, "", location.pathname);
  if (identity) shell.show(startScreen(shell, identity, showTry));
}

function identityOrError() {
  try {
    return identityFrom(parameters);
  } catch (error) {
    showError(shell, error, {});
    return undefined;
  }
}

function listen() {
  // A message without an error is a browser's remark, such as that of an observer that was called too often.
  addEventListener("error", (event) => { if (event.error) unexpected(event.error); });
  addEventListener("unhandledrejection", (event) => unexpected(event.reason));
}

/** @param {unknown} error */
function unexpected(error) {
  shell.notices.show("unexpected", texts.errors.unexpected(messageOf(error)), { urgent: true });
  shell.tell("error", { message: messageOf(error) });
}

/** After the first visit the page works without a network; where that is not possible it works with one. */
function registerServiceWorker() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(new URL("../service-worker.js", import.meta.url)).catch(() => {});
}

void begin();
addEventListener("load", registerServiceWorker);
