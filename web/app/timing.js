// How long a pair was in front of somebody who was there.

/** After so long without a sign of life the time no longer counts. */
const idleAfterMs = 30_000;
const signs = ["pointermove", "pointerdown", "keydown", "wheel", "scroll", "touchstart"];

/** Counts from when it is made. Durations come from the monotonic clock, so a clock that jumps changes nothing. */
export class Stopwatch {
  #shownAtWall = Date.now();
  #shownAt = performance.now();
  #mark = performance.now();
  #lastSign = performance.now();
  #activeMs;
  #changes = 0;
  /** @type {number | undefined} */
  #firstInputMs;
  #stop = new AbortController();

  /**
   * @param {EventTarget} stage where signs of life are heard
   * @param {AbortSignal} signal ends it, if nobody stops it before
   * @param {number} activeMs what was counted before a reload
   */
  constructor(stage, signal, activeMs = 0) {
    this.#activeMs = activeMs;
    const options = { capture: true, passive: true, signal: AbortSignal.any([signal, this.#stop.signal]) };
    for (const sign of signs) stage.addEventListener(sign, () => this.#sign(), options);
    document.addEventListener("visibilitychange", () => this.#turn(), options);
  }

  #sign() {
    this.#count();
    this.#lastSign = performance.now();
  }

  /** Hidden time was not counted as it went by; time before it was. */
  #turn() {
    if (document.visibilityState === "hidden") this.#count(true);
    else this.#mark = this.#lastSign = performance.now();
  }

  #count(evenIfHidden = false) {
    const now = performance.now();
    const until = Math.min(now, this.#lastSign + idleAfterMs);
    const visible = evenIfHidden || document.visibilityState === "visible";
    if (visible && until > this.#mark) this.#activeMs += until - this.#mark;
    this.#mark = now;
  }

  activeMs() {
    this.#count();
    return Math.round(this.#activeMs);
  }

  input() {
    this.#firstInputMs ??= Math.round(performance.now() - this.#shownAt);
  }

  change() {
    this.#changes += 1;
  }

  stop() {
    this.#stop.abort();
  }

  /**
   * @param {import("./types.js").InputKind} input
   * @returns {import("./types.js").Timing}
   */
  timing(input) {
    const elapsed = Math.round(performance.now() - this.#shownAt);
    return {
      shown_at_ms: this.#shownAtWall,
      decided_at_ms: this.#shownAtWall + elapsed,
      active_ms: this.activeMs(),
      interaction: {
        first_input_ms: this.#firstInputMs,
        changes: this.#changes,
        input,
        viewport: [Math.round(innerWidth), Math.round(innerHeight)],
      },
    };
  }
}

/**
 * What made a click: a key press makes one without a position.
 * @param {MouseEvent} event
 * @returns {import("./types.js").InputKind}
 */
export function inputOf(event) {
  if (event.detail === 0) return "key";
  return /** @type {PointerEvent} */ (event).pointerType === "touch" ? "touch" : "pointer";
}
