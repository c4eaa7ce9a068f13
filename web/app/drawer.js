// The guidelines at the side. On a wide page the pair stays in use beside them, elsewhere they cover it.

import { button, element, freshId } from "./dom.js";
import { guidelinesText } from "./guidelines.js";
import { texts } from "./texts.js";

export class Drawer {
  #host;
  /** @type {HTMLDialogElement | undefined} */
  #dialog;
  /** @type {Element | null} */
  #cameFrom = null;

  /** @param {import("./surroundings.js").Host} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * @param {import("./types.js").TiebreakModule} module
   * @param {import("./guidelines.js").Guidelines} guidelines
   */
  toggle(module, guidelines) {
    if (!this.close()) this.#open(module, guidelines);
  }

  /**
   * @param {import("./types.js").TiebreakModule} module
   * @param {import("./guidelines.js").Guidelines} guidelines
   */
  #open(module, guidelines) {
    const { frame, place } = this.#host;
    this.#cameFrom = this.#host.activeElement();
    const id = freshId("drawer");
    const title = element("h2", { id, tabindex: -1 }, texts.guidelines.title);
    const text = guidelinesText(this.#host, module, guidelines, 2);
    this.#dialog = element(
      "dialog",
      { class: "drawer", part: "dialog", "aria-labelledby": id },
      element("div", { class: "dialog-head" }, title, button(texts.close, () => this.close(), { class: "quiet", key: "g" })),
      element("div", { class: "drawer-body", tabindex: 0, role: "group", "aria-labelledby": id }, text),
    );
    this.#dialog.addEventListener("close", () => this.#forget());
    place.append(this.#dialog);
    if (this.#host.hasSide()) {
      this.#dialog.show();
      frame.classList.add("with-drawer");
    } else this.#dialog.showModal();
    title.focus();
  }

  /** @returns {boolean} whether there was something to close */
  close() {
    if (!this.#dialog) return false;
    this.#dialog.close();
    return true;
  }

  #forget() {
    this.#dialog?.remove();
    this.#dialog = undefined;
    this.#host.frame.classList.remove("with-drawer");
    if (this.#cameFrom instanceof HTMLElement && this.#cameFrom.isConnected) this.#cameFrom.focus({ preventScroll: true });
  }
}
