// The element; README.md tells of its attributes, events, parts and properties.

import type { Choice, Progress, StudyData } from "../app/types.js";

export type ReadyDetail = { study: string; annotator: string } & Progress;
/** `vote` is the stored record, a line of JSON. */
export type VoteDetail = { number: number; turn: number; choice: Choice; vote: string };
/** `votes` are all records as JSON lines. */
export type DoneDetail = { code?: string; url?: string; receipt: string; votes: string };
export type ErrorDetail = { message: string };

export interface AnnotatorEvents {
  ready: CustomEvent<ReadyDetail>;
  vote: CustomEvent<VoteDetail>;
  progress: CustomEvent<Progress>;
  done: CustomEvent<DoneDetail>;
  error: CustomEvent<ErrorDetail>;
}

export class TiebreakAnnotator extends HTMLElement {
  /** Opens a study that is at hand; the attributes tell who annotates. */
  open(data: StudyData): void;
  /** All votes of the open study as JSON lines; empty where none is open. */
  results(): string;
  /** Says that votes up to this number are safe with you. */
  saved(upto: number): Promise<void>;
  addEventListener<Type extends keyof AnnotatorEvents>(
    type: Type, listener: (event: AnnotatorEvents[Type]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "tiebreak-annotator": TiebreakAnnotator;
  }
}
