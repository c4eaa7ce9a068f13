// `<tiebreak-annotator>`: loading this file is all that a page needs for it.

import { TiebreakAnnotator } from "./app/guest.js";

if (!customElements.get("tiebreak-annotator")) customElements.define("tiebreak-annotator", TiebreakAnnotator);

export { TiebreakAnnotator };
