// The declared types are those of the code: an assignment fails where they part.

import type * as annotatorTypes from "../../../web/types/tiebreak-annotator.js";
import type * as frameTypes from "../../../web/types/frame.js";
import type * as tiebreakTypes from "../../../web/types/tiebreak.js";
import { TiebreakAnnotator } from "../../../web/tiebreak-annotator.js";
import { TiebreakFrame } from "../../../web/frame.js";
import { Model, ModelError, open } from "../../../web/tiebreak.js";

declare const frame: HTMLIFrameElement;
declare const client: TiebreakFrame;
declare const tag: TiebreakAnnotator;

const declaredOpen: typeof tiebreakTypes.open = open;
const load: typeof tiebreakTypes.Model.load = Model.load;
const problem: tiebreakTypes.ModelError = new ModelError("request", "");
const declaredFrame: Omit<frameTypes.TiebreakFrame, "addEventListener"> = client;
const declaredTag: Pick<annotatorTypes.TiebreakAnnotator, "open" | "results" | "saved"> = tag;
const made: TiebreakFrame = new TiebreakFrame(frame);
export { declaredFrame, declaredOpen, declaredTag, load, made, problem };
