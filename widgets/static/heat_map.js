// A large tensor as a grid of coloured cells: blue below zero, orange above, a cross where there is no number.

import appearance from "../../graphviz_tools/drawing/appearance.json" with { type: "json" };
import { el } from "./dom.js";
import { t } from "./text.js";

const { low, zero, high, notFinite, notFiniteByte } = appearance.heat;
const SCALE = `background:linear-gradient(90deg,${[low, zero, high].map((colour) => `rgb(${colour})`)})`;

/**
 * The colour of a cell: `byte` is 0 for minus the largest magnitude, 127 for zero, 254 for plus the largest.
 * @param {number} byte
 */
export function heatColour(byte) {
  if (byte === notFiniteByte) return notFinite;
  const share = (byte - 127) / 127;
  const end = share < 0 ? low : high;
  return zero.map((from, i) => Math.round(from + (end[i] - from) * Math.sqrt(Math.abs(share))));
}

/**
 * @param {{rows: number, columns: number, heat: string, scale: string}} map one base64 byte a cell, row-major
 * @param {string} label
 */
export function heatMap({ rows, columns, heat, scale }, label) {
  const cells = Uint8Array.from(atob(heat), (c) => c.charCodeAt(0));
  const size = Math.max(3, Math.min(9, Math.floor(144 / Math.max(rows, columns))));
  const canvas = el("canvas", {
    width: columns,
    height: rows,
    role: "img",
    "aria-label": t("{label}: heat map of {rows} by {columns} samples from minus {scale} to {scale}", { label, rows, columns, scale }),
    style: `width:${columns * size}px;height:${rows * size}px`,
  });
  const context = canvas.getContext("2d");
  if (context) {
    const image = context.createImageData(columns, rows);
    cells.forEach((byte, i) => image.data.set([...heatColour(byte), 255], 4 * i));
    context.putImageData(image, 0, 0);
  }
  return el(
    "figure",
    { class: "heat-map" },
    canvas,
    el("figcaption", {}, el("span", {}, `−${scale}`), el("i", { class: "heat-scale", style: SCALE }), el("span", {}, `+${scale}`)),
  );
}
