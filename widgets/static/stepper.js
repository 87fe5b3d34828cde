// The Stepper: one recording, step by step.

import { Shell } from "./shell.js";
import { Side } from "./side.js";
import { PHASE_WORDS } from "./story.js";

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
  const { story } = side;
  shell = new Shell(root, host, {
    name: data.name,
    sides: [side],
    length: story.length,
    stretches: story.phases.map(({ phase, first, end }) => ({ name: PHASE_WORDS[phase].name, phase, first, end })),
    questions: data.questions,
    marks: story.marks,
    show: (step) => side.show(step),
    say: (step) => story.sentence(step),
  });
  return shell;
}
