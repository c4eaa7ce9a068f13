// The texts of the interface, so that a test names a control as the page does and not in words of its own.

import { pageModule } from "./page-module.js";

export const { texts } = await pageModule("texts.js");
