// A small tensor as a table of its numbers.

import { el } from "./dom.js";

const LINE = 40; // characters, after which a vector goes on in the next row

/** How many numbers of a vector are in a row. @param {string[]} cells */
export function perRow(cells) {
  const widest = Math.max(1, ...cells.map((cell) => cell.length));
  return Math.max(2, Math.min(cells.length, Math.floor(LINE / (widest + 2))));
}

/**
 * @param {{rows: number, columns: number, cells: string[]}} grid row-major cells
 * @param {string} label what the numbers are
 * @param {string} [kind] "gradient" colours them as one
 */
export function numberGrid({ rows, columns, cells }, label, kind = "value") {
  if (rows === 1 && columns > perRow(cells)) {
    columns = perRow(cells);
    rows = Math.ceil(cells.length / columns);
  }
  const line = (/** @type {number} */ row) =>
    el("tr", {}, ...cells.slice(row * columns, (row + 1) * columns).map((cell) => el("td", {}, cell)));
  return el(
    "table",
    { class: `number-grid ${kind}`, "aria-label": label },
    el("tbody", {}, ...Array.from({ length: rows }, (_, row) => line(row))),
  );
}
