// The parent's side of a frame; README.md tells of the messages.

import type { StudyData } from "../app/types.js";
import type { AnnotatorEvents } from "./tiebreak-annotator.js";

export class TiebreakFrame extends EventTarget {
  /** The address in `src` tells the origin that is spoken with. */
  constructor(frame: HTMLIFrameElement);
  /** An address that the frame may fetch, or the study itself. */
  open(study: string | StudyData, who?: { annotator?: string; slot?: number; language?: string }): void;
  setTheme(theme: "light" | "dark" | "auto"): void;
  /** All votes so far as JSON lines. Rejects when the frame is removed or loaded anew before it has answered. */
  results(): Promise<string>;
  saved(upto: number): void;
  closeStudy(): void;
  disconnect(): void;
  addEventListener<Type extends keyof AnnotatorEvents>(
    type: Type, listener: (event: AnnotatorEvents[Type]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}
