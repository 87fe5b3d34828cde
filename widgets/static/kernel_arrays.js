// The arrays of a launch as grids of cells, tinted by the reads and outlined by the writes of the current epoch.

import appearance from "../../graphviz_tools/drawing/appearance.json" with { type: "json" };
import { el, numberWidth, svg } from "./dom.js";
import { gridCursor } from "./grid_cursor.js";
import { cellName, hasValues, touched, valuesAt } from "./kernel_model.js";
import { t } from "./text.js";
import { word } from "./words.js";

/** @typedef {import("./kernel_model.js").Launch} Launch */
/** @typedef {{array: number, block: number | null, index: number}} Place */

const HEIGHT = 20;
const TALL = 33; // of a cell with the number of its element above its value
const GAP = 2;
const ROW = 16; // cells a row of an array of one dimension
const WIDEST = 32; // and of any other
const CELLS = appearance.cells;

export class KernelArrays {
  /**
   * @param {Launch} launch
   * @param {(place: Place | null) => void} point called when a cell is pointed at
   * @param {(block: number) => string} blockName
   */
  constructor(launch, point, blockName) {
    this.launch = launch;
    this.point = point;
    // A shared or local array is drawn once for each shown block, a global one once.
    this.strips = launch.arrays.flatMap((array, number) =>
      array.space === "global" || array.space === "constant"
        ? [this.strip(number, null, "")]
        : launch.blocks.map((_, block) => this.strip(number, block, t(" of block {name}", { name: blockName(block) }))),
    );
    const shared = (/** @type {{block: number | null}} */ strip) => strip.block !== null;
    const below = [...this.strips.filter((strip) => !shared(strip)), ...this.strips.filter(shared)]; // each block's own come last
    this.root = el("div", { class: "arrays" }, ...below.map((strip) => strip.root));
  }

  /** @param {number} number @param {number | null} block @param {string} owner */
  strip(number, block, owner) {
    const array = this.launch.arrays[number];
    const size = array.shape.reduce((a, b) => a * b, 1);
    const share = Math.max(1, Math.ceil(size / CELLS));
    const last = array.shape[array.shape.length - 1] ?? 1;
    const columns = Math.max(1, share === 1 && array.shape.length > 1 && last <= WIDEST ? last : Math.min(ROW, size));
    const count = Math.ceil(size / share);
    const valued = share === 1 && hasValues(this.launch, number);
    const longest = valued ? this.longest(number) : 0;
    const width = Math.max(numberWidth(size - 1), 11 + 7 * longest);
    const height = valued ? TALL : HEIGHT;
    const cells = Array.from({ length: count }, (_, i) => {
      const x = (i % columns) * (width + GAP) + 1;
      const y = Math.floor(i / columns) * (height + GAP) + 1;
      return svg("g", { class: valued ? "cell valued" : "cell" }, svg("rect", { x, y, width, height, rx: 1 }),
        svg("text", { class: "index", x: x + width / 2, y: y + 13 }, i * share),
        valued && svg("text", { class: "value", x: x + width / 2, y: y + height - 6 }));
    });
    const grid = svg(
      "svg",
      { width: columns * (width + GAP) + 2, height: Math.ceil(count / columns) * (height + GAP) + 2, role: "img", tabindex: 0 },
      ...cells,
    );
    gridCursor(grid, cells, (i) => this.point(i === null ? null : { array: number, block, index: i * share }));
    const note = share > 1 ? t(", {share} elements a cell", { share }) : "";
    const type = `${word(array.space)}${owner} · ${array.dtype}[${array.shape.join(", ")}]${note}`;
    const root = el("div", { class: "strip" }, el("p", {}, el("b", {}, array.name), " ", el("span", {}, type)), grid);
    return { root, grid, cells, number, block, share, valued, name: `${array.name}${owner}` };
  }

  /** How many letters the longest value of an array has. @param {number} number */
  longest(number) {
    const later = this.launch.frames.flatMap(({ accesses }) => accesses.filter((access) => access.array === number).flatMap((access) => access.values ?? []));
    return [...(this.launch.arrays[number].before ?? []), ...later].reduce((most, text) => Math.max(most, text.length), 0);
  }

  /** @param {number} frame */
  show(frame) {
    for (const strip of this.strips) {
      /** @type {Map<number, {reads: number, writes: number}>} */
      const sums = new Map();
      for (const [index, { reads, writes }] of touched(this.launch, frame, strip.number, strip.block)) {
        const cell = Math.floor(index / strip.share);
        const sum = sums.get(cell) ?? { reads: 0, writes: 0 };
        sums.set(cell, { reads: sum.reads + reads, writes: sum.writes + writes });
      }
      const most = Math.max(1, ...[...sums.values()].map(({ reads }) => reads));
      const values = strip.valued ? valuesAt(this.launch, frame, strip.number, strip.block) : null;
      let read = 0;
      let written = 0;
      strip.cells.forEach((cell, i) => {
        const { reads, writes } = sums.get(i) ?? { reads: 0, writes: 0 };
        read += reads;
        written += writes;
        if (values) cell.lastElementChild?.replaceChildren(values.get(i) ?? "?");
        cell.style.setProperty("--heat", String(reads ? 0.25 + (0.75 * reads) / most : 0));
        cell.classList.toggle("hot", reads * 2 > most);
        cell.classList.toggle("written", writes > 0);
      });
      strip.grid.setAttribute("aria-label", t("array {name}: {read} reads and {written} writes since the last barrier", { name: strip.name, read, written }));
    }
  }

  /** The cell of an element, for lines and lights. @param {Place} place */
  cell(place) {
    const strip = this.strips.find(
      (each) => each.number === place.array && (each.block === null || each.block === place.block),
    );
    return strip?.cells[Math.floor(place.index / strip.share)];
  }

  /** Light cells up. @param {Place[]} places */
  light(places) {
    const wanted = new Set(places.map((place) => this.cell(place)));
    for (const strip of this.strips) {
      for (const cell of strip.cells) cell.classList.toggle("lit", wanted.has(cell));
    }
  }

  /** @param {Place} place */
  name(place) {
    return cellName(this.launch.arrays[place.array], place.index);
  }
}
