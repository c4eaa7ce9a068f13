// What the annotator stands in.

/** What the annotator tells whoever is around it. */
export type TellType = "ready" | "vote" | "progress" | "done" | "error";

/** What surrounds the annotator: a page of its own, or an element in somebody else's. */
export interface Host {
  /** Whether all around is the annotator's own: then it may lead to the start, keep studies, and erase everything. */
  readonly ownsPage: boolean;
  /** Whether events and messages carry the votes themselves. */
  readonly wantsVotes: boolean;
  /** Carries what the styles ask for: the theme, whether keys are on, the open drawer. */
  readonly frame: HTMLElement;
  /** Where the shell and its dialogs are put. */
  readonly place: HTMLElement;
  /** Where key presses and other signs of life are heard. */
  readonly stage: EventTarget;
  /** Ends listeners with the host. */
  readonly signal: AbortSignal;
  readonly preferences: import("./preferences.js").Preferences;
  activeElement(): Element | null;
  setTitle(title: string): void;
  toTop(): void;
  /** Moves the focus, where that is not taken from somebody else. */
  focus(target: HTMLElement): void;
  /** Whether the guidelines have room beside the pair. */
  hasSide(): boolean;
  tell(type: TellType, detail: object): void;
}
