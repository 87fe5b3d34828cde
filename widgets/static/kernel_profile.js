// The profile of a launch: what each line's accesses cost, in counts and never in seconds.

import { el } from "./dom.js";
import { lineCounts } from "./kernel_counts.js";
import { ACCESSES } from "./kernel_model.js";
import { t, tn } from "./text.js";
import { word } from "./words.js";

/** @typedef {import("./kernel_model.js").Launch} Launch */

const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

/** @param {Launch} launch */
export function kernelProfile(launch) {
  const { profile } = launch;
  const lines = profile ? profile.lines : lineCounts(launch);
  const branches = profile?.branches ?? [];
  if (!lines.length && !branches.length) return el("p", { class: "empty" }, t("No thread touched an array: there is nothing to count."));
  return el(
    "div",
    { class: "profile", tabindex: 0, role: "group", "aria-label": t("profile") },
    el("p", {}, profile ? intensity(profile) : tn("Counted from the block shown. ", "Counted from the {number} blocks shown. ", launch.blocks.length)
      + t("inspect(..., level=\"profile\") counts every block, the operations and the branches too.")),
    el("p", { class: "engine" }, t("{engine} engine · level {level}", { engine: word(launch.engine), level: launch.level })),
    table(
      [t("line"), t("code"), t("access"), t("warp requests"), t("32-byte sectors"), t("useful"), t("bank passes")],
      lines.map((/** @type {any} */ row) => [
        row.line,
        el("code", {}, row.text),
        `${ACCESSES[row.kind]} ${row.array}`,
        row.requests,
        row.space === "global" ? t("{count} ({fewest} would do)", { count: row.sectors, fewest: row.ideal_sectors }) : "",
        row.space === "global" ? grade(PERCENT.format(row.coalescing), row.coalescing < 0.5) : "",
        row.space === "shared" ? grade(t("{count} ({fewest} would do)", { count: row.bank_passes, fewest: row.fewest_passes }), row.bankConflict > 1.5) : "",
      ]),
    ),
    branches.length > 0 &&
      table(
        [t("line"), t("code"), t("warps that came by"), t("that split")],
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
  const sampled = profile.blocks_sampled < profile.blocks ? t(" ({sampled} of {blocks} blocks looked at)", { sampled: profile.blocks_sampled, blocks: profile.blocks }) : "";
  return t("{intensity} operations per byte of global memory{sampled}", { intensity: profile.intensity.toFixed(2), sampled });
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
