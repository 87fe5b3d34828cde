// The Stepper: one recording, step by step.

import { Shell } from "./shell.js";
import { Side } from "./side.js";
import { PHASE_WORDS } from "./recording.js";

/** @typedef {import("./side.js").SideData & {name: string, questions: import("./predict.js").Question[]}} StepperData */

/**
 * @param {HTMLElement} root
 * @param {StepperData} data
 * @param {import("./shell.js").Host} host
 */
export function stepper(root, data, host) {
  /** @type {Shell | undefined} */
  let shell = undefined;
  const side = new Side(data, {
    jump: (step) => {
      shell?.playback.pause();
      shell?.playback.go(step);
    },
    fetchScene: (opened, fold) => host.fetchScene(0, opened, fold),
  });
  const { recording } = side;
  shell = new Shell(root, host, {
    name: data.name,
    sides: [side],
    length: recording.length,
    stretches: recording.phases.map(({ phase, first, end }) => ({ name: PHASE_WORDS[phase].name, phase, first, end })),
    questions: data.questions,
    marks: recording.marks,
    show: (step) => side.show(step),
    say: (step) => recording.sentence(step),
  });
  return shell;
}
