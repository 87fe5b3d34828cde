// The words and colours of KernelView, each with what it means.

/** @type {import("./help.js").Sign[]} */
export const LEGEND = [
  { swatch: "thread reading", name: "reading", means: "the thread reads an array in this frame" },
  { swatch: "thread writing", name: "writing", means: "the thread writes an array in this frame" },
  { swatch: "thread between", name: "between", means: "the thread is at work, and touches nothing in this frame" },
  { swatch: "thread waiting", name: "waiting", means: "the thread has come to a barrier and waits for the rest of its block" },
  { swatch: "thread done", name: "done", means: "the thread touches nothing any more" },
  { swatch: "thread hazard", name: "! red", means: "the thread has a part in a finding: open the finding to read what happened" },
  { swatch: "cell-read", name: "filled cell", means: "was read since the last barrier" },
  { swatch: "cell-written", name: "outlined cell", means: "was written since the last barrier" },
  { swatch: "", name: "number in a square", means: "the thread's number in its block; in a cell, the element's number in its array" },
  { swatch: "", name: "12×", means: "beside a line: how many reads and writes the shown threads made there" },
  { swatch: "", name: "finding", means: "something that makes the result wrong or undefined on a GPU (!), or is worth a look (▲)" },
  { swatch: "", name: "Profile", means: "what each line would cost on a GPU, counted and not timed" },
  { swatch: "", name: "keys", means: "← and → step, space plays, Home and End go to the ends; ↑ and ↓ move among threads or cells" },
];

/** @type {import("./help.js").Stop[]} */
export const TOUR = [
  { at: ".controls", name: "Step", means: "Press next, or the right arrow key: each frame is one access, made by all threads that come to it together." },
  { at: ".kernel-body", name: "Follow", means: "Point at a thread to see which cells it touches, or at a cell to see who touched it." },
  { at: ".findings", name: "Find", means: "What is wrong stands here. Open a finding: the view goes to its moment and says what to try." },
];
