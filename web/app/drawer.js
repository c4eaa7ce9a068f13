// The guidelines at the side. On a wide screen the pair stays in use beside them, on a narrow one they cover it.

import { button, element, freshId } from "./dom.js";
import { guidelinesText } from "./guidelines.js";
import { texts } from "./texts.js";

/** @type {HTMLDialogElement | undefined} */
let drawer;
/** @type {Element | null} */
let cameFrom = null;

/**
 * @param {import("./types.js").TiebreakModule} module
 * @param {import("./guidelines.js").Guidelines} guidelines
 */
export function openDrawer(module, guidelines) {
  if (drawer) return;
  cameFrom = document.activeElement;
  const id = freshId("drawer");
  const title = element("h2", { id, tabindex: -1 }, texts.guidelines.title);
  drawer = element(
    "dialog",
    { class: "drawer", "aria-labelledby": id },
    element("div", { class: "dialog-head" }, title, button(texts.close, () => closeDrawer(), { class: "quiet", key: "g" })),
    element("div", { class: "drawer-body", tabindex: 0, role: "group", "aria-labelledby": id }, guidelinesText(module, guidelines, 2)),
  );
  drawer.addEventListener("close", forget);
  document.body.append(drawer);
  if (matchMedia("(min-width: 60rem)").matches) drawer.show();
  else drawer.showModal();
  document.documentElement.classList.add("with-drawer");
  title.focus();
}

/** @returns {boolean} whether there was something to close */
export function closeDrawer() {
  if (!drawer) return false;
  drawer.close();
  return true;
}

function forget() {
  drawer?.remove();
  drawer = undefined;
  document.documentElement.classList.remove("with-drawer");
  if (cameFrom instanceof HTMLElement && cameFrom.isConnected) cameFrom.focus({ preventScroll: true });
}

/**
 * @param {import("./types.js").TiebreakModule} module
 * @param {import("./guidelines.js").Guidelines} guidelines
 */
export function toggleDrawer(module, guidelines) {
  if (!closeDrawer()) openDrawer(module, guidelines);
}
