// The words and colours of the Stepper and the Duet, each with what it means.

/** @typedef {import("./help.js").Sign} Sign */
/** @typedef {import("./help.js").Stop} Stop */

/** @type {Sign[]} */
const GRAPH = [
  { swatch: "solid", name: "solid box", means: "it ran: the line under its name is its value" },
  { swatch: "dashed", name: "dashed box", means: "a handle: the op is in the graph, and no number exists yet" },
  { swatch: "ghostly", name: "pale box", means: "not there yet, drawn where it will be" },
  { swatch: "at-work", name: "blue box or line", means: "what this step does" },
  { swatch: "decides", name: "yellow box", means: "a decision that Python made, with the value that decided it" },
  { swatch: "learnt", name: "violet box", means: "a parameter or a variable" },
  { swatch: "comes-in", name: "green box", means: "an input" },
  { swatch: "gradients", name: "orange arrow or number", means: "a gradient, which runs up the edges that values ran down" },
  { swatch: "", name: "alive", means: "bytes of the tensors that exist at this step" },
  { swatch: "", name: "saved", means: "bytes, among those alive, that autograd keeps for the backward pass; freed when it has used them" },
  { swatch: "", name: "! on the bar", means: "something is wrong with the program at that step: press it to read what, and what to do" },
  { swatch: "", name: "▲ on the bar", means: "the step at which most memory is alive" },
  { swatch: "", name: "find a node", means: "lights the boxes whose name, kind or value has these letters" },
  { swatch: "", name: "all ops", means: "shows the framework's own ops too: Identity, constants, loop counters" },
  { swatch: "", name: "fold repeats", means: "draws blocks that repeat as one block with a count" },
  { swatch: "", name: "▸ and ▾", means: "a module or scope that is closed or open: double-click the box, or click the name" },
  { swatch: "", name: "fit, all", means: "the graph as large as can be read, or the whole graph, however small" },
  { swatch: "", name: "keys", means: "← and → step, space plays, Home and End go to the ends" },
];

/** @type {Sign[]} */
const BESIDE = [
  { swatch: "", name: "clock", means: "above: what each side does at this moment; hatched where no Python line executes" },
  { swatch: "", name: "waiting", means: "this side has not begun, or has traced its graph and not run it yet" },
];

/** @type {Stop[]} */
export const TOUR = [
  { at: ".controls", name: "Step", means: "Press next, or the right arrow key: each step adds one op. The coloured bar is the whole run; drag along it." },
  { at: ".panels", name: "Follow", means: "Code, graph and values show the same step. Touch a line or a box and the others follow." },
  { at: ".modes", name: "Predict", means: "Turn it on and you are asked what comes before each step is shown." },
];

/** @param {boolean} two whether it is a Duet @returns {Sign[]} */
export function legend(two) {
  return two ? [...BESIDE, ...GRAPH] : GRAPH;
}
