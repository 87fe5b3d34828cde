// The profile of a launch: what each line's accesses cost, in counts and never in seconds.

import { el } from "./dom.js";
import { lineCounts } from "./kernel_counts.js";

/** @typedef {import("./kernel_model.js").Story} Story */

const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

/** @param {Story} story */
export function kernelProfile(story) {
  const { profile } = story;
  const lines = profile ? profile.lines : lineCounts(story);
  const branches = profile?.branches ?? [];
  if (!lines.length && !branches.length) return el("p", { class: "empty" }, "No thread touched an array: there is nothing to count.");
  return el(
    "div",
    { class: "profile", tabindex: 0, role: "group", "aria-label": "profile" },
    el("p", {}, profile ? intensity(profile) : `Counted from the ${story.blocks.length === 1 ? "block" : `${story.blocks.length} blocks`} shown. `
      + "inspect(..., level=\"profile\") counts every block, the operations and the branches too."),
    el("p", { class: "engine" }, `${story.engine} engine · level ${story.level}`),
    table(
      ["line", "code", "access", "warp requests", "32-byte sectors", "useful", "bank passes"],
      lines.map((/** @type {any} */ row) => [
        row.line,
        el("code", {}, row.text),
        `${row.kind} ${row.array}`,
        row.requests,
        row.space === "global" ? `${row.sectors} (${row.ideal_sectors} would do)` : "",
        row.space === "global" ? grade(PERCENT.format(row.coalescing), row.coalescing < 0.5) : "",
        row.space === "shared" ? grade(`${row.bank_passes} (${row.fewest_passes} would do)`, row.bankConflict > 1.5) : "",
      ]),
    ),
    branches.length > 0 &&
      table(
        ["line", "code", "warps that came by", "that split"],
        branches.map((/** @type {any} */ row) => [
          row.line,
          el("code", {}, row.text),
          row.warps,
          grade(String(row.divergent), row.divergent * 2 > row.warps),
        ]),
      ),
  );
}

/** @param {any} profile */
function intensity(profile) {
  const sampled = profile.blocks_sampled < profile.blocks ? ` (${profile.blocks_sampled} of ${profile.blocks} blocks looked at)` : "";
  return `${profile.intensity.toFixed(2)} operations per byte of global memory${sampled}`;
}

/** A figure, with a mark and not only a colour where it is poor. @param {string} text @param {boolean} poor */
function grade(text, poor) {
  return poor ? el("b", { class: "poor" }, `▲ ${text}`) : text;
}

/** @param {string[]} heads @param {import("./dom.js").Child[][]} rows */
function table(heads, rows) {
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell))))),
  );
}
