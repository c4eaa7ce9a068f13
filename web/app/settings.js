// Appearance, keys, what is stored, and how to get rid of it.

import { ask, openDialog } from "./dialogs.js";
import { button, element, freshId } from "./dom.js";
import { loadingScreen, messageOf } from "./errors.js";
import { keySwitch, openKeyList } from "./keys.js";
import { dropStudy, emptyShelf } from "./shelf.js";
import { bytes, texts } from "./texts.js";

/** @typedef {import("./shell.js").Shell} Shell */

/** @param {Shell} shell */
export function openSettings(shell) {
  const state = element("p", { class: "soft" });
  void describeStorage(shell, state);
  const dialog = openDialog(shell.host, texts.settings.title, [
    themes(shell.host.preferences),
    keySwitch(shell.host.preferences),
    element("div", { class: "row" }, button(texts.settings.keyList, () => { dialog.close(); openKeyList(shell.host); }, { key: "?" })),
    element("h3", {}, texts.settings.device),
    state,
    shell.study ? loadFile(shell, () => dialog.close()) : element("span", { hidden: true }),
    element(
      "div",
      { class: "row wrap" },
      shell.study && button(texts.settings.eraseStudy, () => { dialog.close(); void eraseStudy(shell); }, { class: "danger-quiet" }),
      shell.host.ownsPage && button(texts.settings.erase, () => { dialog.close(); void eraseAll(shell); }, { class: "danger-quiet" }),
    ),
    element("p", { class: "soft version" }, shell.module ? texts.settings.version(shell.module.versions().tiebreak) : ""),
  ]);
}

/** @param {import("./preferences.js").Preferences} preferences */
function themes(preferences) {
  const name = freshId("theme");
  const group = element("fieldset", { class: "segments" }, element("legend", {}, texts.settings.theme));
  for (const theme of /** @type {const} */ (["system", "light", "dark"])) {
    const input = element("input", { type: "radio", name, value: theme, onchange: () => preferences.setTheme(theme) });
    input.checked = preferences.theme === theme;
    group.append(element("label", {}, input, element("span", {}, texts.settings.themes[theme])));
  }
  return group;
}

/**
 * @param {Shell} shell
 * @param {HTMLElement} place
 */
async function describeStorage(shell, place) {
  const state = await shell.module?.storage_state();
  if (!state) return;
  if (!state.available) {
    place.textContent = texts.errors.noStorage;
    return;
  }
  const usage = state.usage === undefined ? "" : `${texts.settings.usage(bytes(state.usage))} `;
  place.textContent = usage + (state.persisted ? texts.settings.persisted : texts.settings.notPersisted);
}

/**
 * @param {Shell} shell
 * @param {() => void} done
 */
function loadFile(shell, done) {
  const input = element("input", { type: "file", class: "hidden", accept: ".jsonl,.ndjson,.json,.txt" });
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    const { study } = shell;
    if (!file || !study) return;
    done();
    if (!(await study.saver.fromFile(file)) || study.signal.aborted) return;
    study.delivery?.voted();
    study.goOn();
  });
  return element("label", { class: "file-button" }, input, element("span", {}, texts.save.load));
}

/** @param {Shell} shell */
function unsavedWarning(shell) {
  const unsaved = shell.study?.session.progress().unsaved ?? 0;
  return unsaved > 0 ? [texts.settings.eraseUnsaved(unsaved)] : [];
}

/** @param {Shell} shell */
async function eraseStudy(shell) {
  const study = shell.study;
  if (!study) return;
  const paragraphs = [texts.settings.eraseStudyLead, ...unsavedWarning(shell)];
  if (!(await ask(shell.host, { title: texts.settings.eraseTitle, paragraphs, yes: texts.settings.eraseConfirm, danger: true }))) return;
  // The screen goes first: what it saves on leaving has to be erased as well.
  shell.show(loadingScreen());
  study.delivery?.close();
  let said = texts.settings.erased;
  try {
    await study.session.erase();
    await dropFile(shell, study.info.id);
  } catch (error) {
    said = texts.settings.notErased(messageOf(error));
  }
  shell.host.preferences.forget(study.info.id, study.info.annotator);
  await leave(shell, said);
}

/**
 * The study's file goes as well, unless somebody else has begun it on this device.
 * @param {Shell} shell
 * @param {string} id
 */
async function dropFile(shell, id) {
  const begun = (await shell.module?.stored_studies()) ?? [];
  if (shell.host.ownsPage && !begun.some(({ study }) => study === id)) await dropStudy(id);
}

/** @param {Shell} shell */
export async function eraseAll(shell) {
  const paragraphs = [texts.settings.eraseAllLead, ...unsavedWarning(shell)];
  if (!(await ask(shell.host, { title: texts.settings.eraseTitle, paragraphs, yes: texts.settings.eraseConfirm, danger: true }))) return;
  shell.show(loadingScreen());
  // What the study still stores or sends has to be over before.
  await shell.setStudy(undefined);
  let said = texts.settings.erased;
  try {
    await shell.module?.erase_all();
  } catch (error) {
    said = texts.settings.notErased(messageOf(error));
  }
  await emptyShelf();
  shell.host.preferences.forget();
  await leave(shell, said);
}

/**
 * @param {Shell} shell
 * @param {string} said
 */
async function leave(shell, said) {
  await shell.setStudy(undefined);
  if (shell.signal.aborted) return;
  shell.toStart();
  shell.notices.show("erased", said);
}
