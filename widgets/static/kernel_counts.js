// A profile counted from the accesses of a launch that took none itself. No DOM here.

import { WARP, request, unpacked } from "./kernel_model.js";

/** @typedef {import("./kernel_model.js").Launch} Launch */
/** @typedef {{line: number, text: string, array: string, kind: string, space: string, requests: number,
 *   sectors: number, ideal_sectors: number, bank_passes: number, fewest_passes: number, coalescing: number,
 *   bankConflict: number}} LineCounts */

/**
 * What the accesses of each line cost, summed over the blocks that are shown.
 * @param {Launch} launch
 * @returns {LineCounts[]}
 */
export function lineCounts(launch) {
  /** @type {Map<string, LineCounts>} */
  const lines = new Map();
  for (const access of launch.frames.flatMap((frame) => frame.accesses)) {
    const array = launch.arrays[access.array];
    const key = `${access.line} ${array.name} ${access.kind}`;
    const row = lines.get(key) ?? emptyRow(launch, access, array);
    lines.set(key, row);
    for (const warp of new Set(unpacked(access.threads).map((thread) => Math.floor(thread / WARP)))) {
      const { sectors, ideal, passes, fewest } = request(access, array, warp);
      row.requests += 1;
      if (array.space === "global" || array.space === "constant") {
        row.sectors += sectors;
        row.ideal_sectors += ideal;
      } else if (array.space === "shared") {
        row.bank_passes += passes;
        row.fewest_passes += fewest;
      }
    }
  }
  for (const row of lines.values()) {
    row.coalescing = row.sectors ? row.ideal_sectors / row.sectors : 1;
    row.bankConflict = row.fewest_passes ? row.bank_passes / row.fewest_passes : 1;
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}

/**
 * @param {Launch} launch
 * @param {import("./kernel_model.js").Access} access
 * @param {import("./kernel_model.js").ArrayInfo} array
 * @returns {LineCounts}
 */
function emptyRow(launch, access, array) {
  const text = (launch.source[access.line - launch.firstLine] ?? "").trim();
  return { line: access.line, text, array: array.name, kind: access.kind, space: array.space, requests: 0, sectors: 0,
    ideal_sectors: 0, bank_passes: 0, fewest_passes: 0, coalescing: 1, bankConflict: 1 };
}
