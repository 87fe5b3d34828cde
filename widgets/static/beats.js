// The beats of a Duet: what each side is doing while both are shown together. No DOM here.

import { PHASES } from "./story.js";

/**
 * For every beat what one side does: "waiting" before its first step, a phase, "done" after its last step.
 * @param {number[]} phases the side's phase numbers, by step
 * @param {[number, number][]} beats
 * @param {number} side
 */
export function activity(phases, beats, side) {
  const last = phases.length - 1;
  return beats.map((beat, i) => {
    const step = beat[side];
    if (step < 0) return "waiting";
    return i > 0 && step === last && beats[i - 1][side] === last ? "done" : PHASES[phases[step]];
  });
}

/**
 * The phase that names and colours a beat: that of the side which is at work.
 * @param {string} left
 * @param {string} right
 */
export function joined(left, right) {
  const idle = (/** @type {string} */ word) => word === "waiting" || word === "done";
  if (idle(left)) return idle(right) ? [] : [right];
  return idle(right) || left === right ? [left] : [left, right];
}
