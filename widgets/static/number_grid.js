// A small tensor as a table of its numbers.

import { el } from "./dom.js";

const WRAP = 4; // a vector goes on in the next row after this many numbers

/**
 * @param {{rows: number, columns: number, cells: string[]}} grid row-major cells
 * @param {string} label what the numbers are
 * @param {string} [kind] "gradient" colours them as one
 */
export function numberGrid({ rows, columns, cells }, label, kind = "value") {
  if (rows === 1 && columns > WRAP) [rows, columns] = [Math.ceil(columns / WRAP), WRAP];
  const line = (/** @type {number} */ row) =>
    el("tr", {}, ...cells.slice(row * columns, (row + 1) * columns).map((cell) => el("td", {}, cell)));
  return el(
    "table",
    { class: `number-grid ${kind}`, "aria-label": label },
    el("tbody", {}, ...Array.from({ length: rows }, (_, row) => line(row))),
  );
}
