// The page's beginning: load the module, read the address, show the first screen.

import { errorScreen, loadingScreen, messageOf } from "./errors.js";
import { identityFrom } from "./identity.js";
import { loadModule } from "./module.js";
import { Shell } from "./shell.js";
import { fetchStudy, listenToDrops, startScreen } from "./start.js";
import { openStudy, watchStorage } from "./study.js";
import { direction, language, texts } from "./texts.js";
import { tryScreen } from "./try.js";

const parameters = new URLSearchParams(location.search);

async function begin() {
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
  const loading = loadModule();
  const study = parameters.get("study");
  // Both are on their way at the same time; a failure is looked at when its turn has come.
  const fetching = study ? fetchStudy(study) : undefined;
  fetching?.catch(() => {});
  try {
    await run(await loading, fetching);
  } catch (error) {
    const shell = open(undefined, () => location.reload());
    shell.show(errorScreen(error, { again: () => location.reload() }));
  }
}

/**
 * @param {import("./types.js").TiebreakModule | undefined} module
 * @param {() => void} toStart
 */
function open(module, toStart) {
  const shell = new Shell(module, toStart);
  document.body.replaceChildren(shell.element);
  return shell;
}

/**
 * @param {import("./types.js").TiebreakModule} module
 * @param {ReturnType<typeof fetchStudy> | undefined} fetching
 */
async function run(module, fetching) {
  const shell = open(module, () => showStart());
  listen(shell);
  const identity = identityOrError(shell);
  if (!identity) return;
  const showTry = () => {
    history.replaceState(null, "", "#try");
    shell.show(tryScreen(shell));
  };
  const showStart = () => {
    if (location.hash) history.replaceState(null, "", location.pathname);
    shell.show(startScreen(shell, identity, showTry));
  };
  listenToDrops(shell, identity);
  if (fetching) return showStudy(shell, identity, fetching);
  if (location.hash === "#try") showTry();
  else showStart();
}

/** @param {Shell} shell */
function identityOrError(shell) {
  try {
    return identityFrom(parameters);
  } catch (error) {
    shell.show(errorScreen(error, {}));
    return undefined;
  }
}

/**
 * @param {Shell} shell
 * @param {import("./types.js").Identity} identity
 * @param {ReturnType<typeof fetchStudy>} fetching
 */
async function showStudy(shell, identity, fetching) {
  shell.show(loadingScreen());
  try {
    const { bytes, address } = await fetching;
    await openStudy(shell, bytes, identity, address);
  } catch (error) {
    shell.show(errorScreen(error, { again: () => location.reload(), start: shell.toStart }));
  }
}

/** @param {Shell} shell */
function listen(shell) {
  void watchStorage(shell);
  const connection = () => {
    if (navigator.onLine) shell.notices.hide("offline");
    else shell.notices.show("offline", texts.errors.offline);
  };
  addEventListener("online", connection);
  addEventListener("offline", connection);
  connection();
  // A message without an error is a browser's remark, such as that of an observer that was called too often.
  addEventListener("error", (event) => { if (event.error) unexpected(shell, event.error); });
  addEventListener("unhandledrejection", (event) => unexpected(shell, event.reason));
}

/**
 * @param {Shell} shell
 * @param {unknown} error
 */
function unexpected(shell, error) {
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
