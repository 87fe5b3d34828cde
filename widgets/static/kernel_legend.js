// The words and colours of KernelView, each with what it means.

import { t } from "./text.js";

/** @type {import("./help.js").Sign[]} */
export const LEGEND = [
  { swatch: "thread reading", name: t("reading"), means: t("the thread reads an array in this frame") },
  { swatch: "thread writing", name: t("writing"), means: t("the thread writes an array in this frame") },
  { swatch: "thread between", name: t("between"), means: t("the thread is at work, and touches nothing in this frame") },
  { swatch: "thread waiting", name: t("waiting"), means: t("the thread has come to a barrier and waits for the rest of its block") },
  { swatch: "thread done", name: t("done"), means: t("the thread touches nothing any more") },
  { swatch: "thread hazard", name: t("! red"), means: t("the thread has a part in a finding: open the finding to read what happened") },
  { swatch: "cell-read", name: t("filled cell"), means: t("was read since the last barrier") },
  { swatch: "cell-written", name: t("outlined cell"), means: t("was written since the last barrier") },
  { swatch: "", name: t("number in a square"), means: t("the thread's number in its block; in a cell, the element's number in its array") },
  { swatch: "", name: t("bold in a cell"), means: t("the element's value after this frame; ? where nothing was written yet") },
  { swatch: "", name: "12×", means: t("beside a line: how many reads and writes the shown threads made there") },
  { swatch: "", name: t("finding"), means: t("something that makes the result wrong or undefined on a GPU (!), or is worth a look (▲)") },
  { swatch: "", name: t("Profile"), means: t("what each line would cost on a GPU, counted and not timed") },
  { swatch: "", name: t("keys"), means: t("← and → step, space plays, Home and End go to the ends; ↑ and ↓ move among threads or cells") },
];

/** @type {import("./help.js").Stop[]} */
export const TOUR = [
  { at: ".controls", name: t("Step"), means: t("Press next, or the right arrow key: each frame is one access, made by all threads that come to it together.") },
  { at: ".kernel-body", name: t("Follow"), means: t("Point at a thread to see which cells it touches, or at a cell to see who touched it.") },
  { at: ".findings", name: t("Find"), means: t("What is wrong is listed here. Open a finding: the view goes to its moment and says what to try.") },
];
