// The Duet: two recordings in step, and a clock that tells when Python runs.

import { Clock } from "./clock.js";
import { runs } from "./search.js";
import { Shell } from "./shell.js";
import { Side } from "./side.js";
import { PHASE_WORDS } from "./story.js";

/** @typedef {{name: string, sides: import("./side.js").SideData[], beats: [number, number][], unmatched: string[],
 *   questions: import("./predict.js").Question[]}} DuetData */

/**
 * @param {HTMLElement} root
 * @param {DuetData} data `beats[i]` are the steps that the two sides show together (-1: not started)
 * @param {import("./shell.js").Host} host
 */
export function duet(root, data, host) {
  /** @type {Shell | undefined} */
  let shell = undefined;
  const sides = data.sides.map(
    (side, number) =>
      new Side(side, {
        jump: (step) => {
          shell?.playback.pause();
          shell?.playback.go(data.beats.findIndex((beat) => beat[number] >= step));
        },
        fetchScene: (opened, fold) => host.fetchScene(number, opened, fold),
      }),
  );
  const clock = new Clock(sides.map((side) => side.story), data.beats);
  const names = data.beats.map((beat) => beatName(sides, beat));
  shell = new Shell(root, host, {
    name: data.name,
    sides,
    above: clock.root,
    length: data.beats.length,
    stretches: runs(names).map(([name, first, end]) => ({ name, phase: stretchPhase(name), first, end })).map(named),
    questions: data.questions,
    show: (beat) => {
      sides.forEach((side, number) => side.show(beat < 0 ? -1 : data.beats[beat][number]));
      clock.show(beat);
    },
    say: (beat) => sides.map((side, i) => side.story.sentence(beat < 0 ? -1 : data.beats[beat][i])).join(" Beside it: "),
  });
  return shell;
}

/** @param {Side[]} sides @param {[number, number]} beat */
function beatName(sides, beat) {
  return sides.map((side, i) => (beat[i] < 0 ? "waiting" : side.story.phase(beat[i]))).join(" | ");
}

/** The phase that colours a stretch: the busier side's. @param {string} name */
function stretchPhase(name) {
  const [left, right] = name.split(" | ");
  return left === "waiting" || left === right ? right : left;
}

/** @param {import("./timeline.js").Stretch} stretch */
function named(stretch) {
  const [left, right] = stretch.name.split(" | ").map((phase) => PHASE_WORDS[/** @type {"run"} */ (phase)]?.name ?? phase);
  return { ...stretch, name: left === right ? left : `${left} | ${right}` };
}
