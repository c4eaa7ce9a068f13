// The texts of the interface, so that a test names a control as the page does and not in words of its own.

export { texts } from "../../../web/app/texts.js";
