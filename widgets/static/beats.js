// The beats of a Duet: what each side is doing while both are shown together. No DOM here.

import { PHASES } from "./recording.js";
import { t } from "./text.js";

/** What a side that does nothing at a beat is waiting for, or why it waits no more. */
export const IDLE = /** @type {Record<string, string>} */ ({
  waiting: t("nothing has run here yet"),
  traced: t("tracing has ended; the graph has not run yet"),
  done: t("nothing runs here now"),
});

/**
 * For every beat what one side does: "waiting" before its first step, a phase, "traced" between the last step of
 * tracing and the first of the run, "done" after its last step.
 * @param {number[]} phases the side's phase numbers, by step
 * @param {[number, number][]} beats
 * @param {number} side
 */
export function activity(phases, beats, side) {
  const last = phases.length - 1;
  return beats.map((beat, i) => {
    const step = beat[side];
    if (step < 0) return "waiting";
    const stands = i > 0 && beats[i - 1][side] === step;
    if (stands && step === last) return "done";
    const phase = PHASES[phases[step]];
    return stands && phase === "trace" && PHASES[phases[step + 1]] !== "trace" ? "traced" : phase;
  });
}

/**
 * The phase that names and colours a beat: that of the side which is at work.
 * @param {string} left
 * @param {string} right
 */
export function joined(left, right) {
  const idle = (/** @type {string} */ word) => word in IDLE;
  if (idle(left)) return idle(right) ? [] : [right];
  return idle(right) || left === right ? [left] : [left, right];
}
