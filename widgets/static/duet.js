// The Duet: two recordings in step, and a clock that tells when Python runs.

import { activity, joined } from "./beats.js";
import { Clock } from "./clock.js";
import { runs } from "./search.js";
import { Shell } from "./shell.js";
import { Side } from "./side.js";
import { PHASE_WORDS } from "./recording.js";
import { t } from "./text.js";

/** @typedef {{name: string, sides: import("./side.js").SideData[], beats: [number, number][],
 *   partners: [number, number, number][], alone: string[][], questions: import("./predict.js").Question[]}} DuetData */

// Why the other side has no such op, as far as can be said.
const WITHOUT = [
  t("The graph has no op that makes the same, or makes it by other ops"),
  t("No line on the other side makes the same: the graph works it out by ops of its own"),
];

/**
 * @param {HTMLElement} root
 * @param {DuetData} data `beats[i]` are the steps that the two sides show together (-1: not started), and
 *   `partners` the left steps that do what right steps build and run
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
  // Steps that pair, from each side: what is touched on one side lights up on the other.
  const pairs = data.partners.flatMap(([eager, built, ran]) => [[eager, built], ...(ran < 0 ? [] : [[eager, ran]])]);
  sides.forEach((side, number) => {
    side.other = (box) => {
      const steps = pairs.filter((pair) => side.scene?.box[pair[number]] === box).map((pair) => pair[1 - number]);
      sides[1 - number].graph.light(steps.map((step) => sides[1 - number].scene?.box[step] ?? -1));
    };
    if (data.alone[number].length) side.say(`${WITHOUT[number]}: ${[...new Set(data.alone[number])].join(", ")}.`);
  });
  const clock = new Clock(sides.map((side) => side.recording), data.beats);
  const doing = sides.map((side, number) => activity(side.recording.data.phase, data.beats, number));
  const work = doing[0].map((phase, beat) => joined(phase, doing[1][beat]).join(" "));
  shell = new Shell(root, host, {
    name: data.name,
    sides,
    above: clock.root,
    length: data.beats.length,
    stretches: runs(work).map(([phases, first, end]) => ({ name: named(phases.split(" ").filter(Boolean)), phase: phases.split(" ")[0], first, end })),
    questions: data.questions,
    show: (beat) => {
      sides.forEach((side, number) => side.show(beat < 0 ? -1 : data.beats[beat][number], beat < 0 ? "waiting" : doing[number][beat]));
      clock.show(beat);
    },
    say: (beat) => sides.map((side, i) => side.recording.sentence(beat < 0 ? -1 : data.beats[beat][i])).join(t(" Beside it: ")),
  });
  return shell;
}

/** A word for a stretch of the timeline. @param {string[]} phases */
function named(phases) {
  return phases.map((phase) => PHASE_WORDS[/** @type {"run"} */ (phase)].name).join(" | ") || t("idle");
}
