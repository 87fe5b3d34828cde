// The words and colours of the Stepper and the Duet, each with what it means.

import { t } from "./text.js";

/** @typedef {import("./help.js").Sign} Sign */
/** @typedef {import("./help.js").Stop} Stop */

/** @type {Sign[]} */
const GRAPH = [
  { swatch: "solid", name: t("solid box"), means: t("it ran: the line under its name is its value") },
  { swatch: "dashed", name: t("dashed box"), means: t("a handle: the op is in the graph, and no number exists yet") },
  { swatch: "ghostly", name: t("pale box"), means: t("not there yet, drawn where it will be") },
  { swatch: "at-work", name: t("blue box or line"), means: t("what this step does") },
  { swatch: "decides", name: t("yellow box"), means: t("a decision that Python made, with the value that decided it") },
  { swatch: "learnt", name: t("violet box"), means: t("a parameter or a variable") },
  { swatch: "comes-in", name: t("green box"), means: t("an input") },
  { swatch: "gradients", name: t("orange arrow or number"), means: t("a gradient, which runs up the edges that values ran down") },
  { swatch: "", name: t("arrows of a loop"), means: t("the first iteration and the first call of a module show what they read; later ones show it as they run, and when you point at a box") },
  { swatch: "", name: t("alive"), means: t("bytes of the tensors that exist at this step") },
  { swatch: "", name: t("saved"), means: t("bytes, among those alive, that autograd keeps for the backward pass; freed when it has used them") },
  { swatch: "", name: t("! on the bar"), means: t("something is wrong with the program at that step: press it to read what, and what to do") },
  { swatch: "", name: t("▲ on the bar"), means: t("the step at which most memory is alive") },
  { swatch: "", name: t("find a node"), means: t("lights the boxes whose name, kind or value has these letters") },
  { swatch: "", name: t("all ops"), means: t("shows the framework's own ops too: Identity, constants, loop counters") },
  { swatch: "", name: t("fold repeats"), means: t("draws blocks that repeat as one block with a count") },
  { swatch: "", name: t("▸ and ▾"), means: t("a module or scope that is closed or open: double-click the box, or click the name") },
  { swatch: "", name: t("fit, all"), means: t("the graph as large as can be read, or the whole graph, however small") },
  { swatch: "", name: t("keys"), means: t("← and → step, space plays, Home and End go to the ends") },
];

/** @type {Sign[]} */
const BESIDE = [
  { swatch: "", name: t("clock"), means: t("above: what each side does at this moment; hatched where no Python line executes") },
  { swatch: "", name: t("waiting"), means: t("this side has not begun, or has traced its graph and not run it yet") },
];

/** @type {Stop[]} */
export const TOUR = [
  { at: ".controls", name: t("Step"), means: t("Press next, or the right arrow key: each step adds one op. The coloured bar is the whole run; drag along it.") },
  { at: ".panels", name: t("Follow"), means: t("Code, graph and values show the same step. Touch a line or a box and the others follow.") },
  { at: ".modes", name: t("Predict"), means: t("Turn it on and you are asked what comes before each step is shown.") },
];

/** @param {boolean} two whether it is a Duet @returns {Sign[]} */
export function legend(two) {
  return two ? [...BESIDE, ...GRAPH] : GRAPH;
}
