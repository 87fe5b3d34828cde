// The blocks of a launch as cards, each a grid of numbered threads, drawn by what they are doing.

import { el, numberWidth, svg } from "./dom.js";
import { gridCursor } from "./grid_cursor.js";
import { threadName, threadStates, threadsAtFault } from "./kernel_model.js";
import { t, tn } from "./text.js";

/** @typedef {import("./kernel_model.js").Launch} Launch */

const HEIGHT = 24; // pixels: large enough to hit
const GAP = 2;
const ROW = 8; // squares a row of a block of one dimension: four rows are a warp
const WIDEST = 16; // squares a row of any other
const SQUARES = 256; // a card never has more; beyond that, neighbours share a square
const ORDER = /** @type {const} */ (["writing", "reading", "between", "waiting", "done"]);
/** @type {Record<string, string>} */
const STATES = { writing: t("writing"), reading: t("reading"), between: t("between"), waiting: t("waiting"), done: t("done") };

export class KernelBlocks {
  /**
   * @param {Launch} launch
   * @param {(block: number, thread: number | null) => void} point called when a thread is pointed at
   */
  constructor(launch, point) {
    this.launch = launch;
    this.share = Math.ceil(launch.threads / SQUARES);
    this.atFault = threadsAtFault(launch).map((threads) => new Set([...threads].map((thread) => Math.floor(thread / this.share))));
    const row = launch.threads === launch.block[0] ? ROW : WIDEST;
    this.columns = Math.min(row, launch.block[0], Math.ceil(launch.threads / this.share));
    this.cards = launch.blocks.map((_, block) => this.card(block, point));
    const left = launch.blocksLeftOut > 0 ? tn("and {number} more block", "and {number} more blocks", launch.blocksLeftOut) : "";
    const more = (launch.nothing || left) && el("p", { class: launch.nothing ? "nothing" : "more" }, launch.nothing || left);
    this.root = el("div", { class: "cards" }, ...this.cards.map((card) => card.root), more);
  }

  /** @param {number} block @param {(block: number, thread: number | null) => void} point */
  card(block, point) {
    const count = Math.ceil(this.launch.threads / this.share);
    const rows = Math.ceil(count / this.columns);
    const width = numberWidth(this.launch.threads - 1, 1);
    const squares = Array.from({ length: count }, (_, i) => {
      const x = (i % this.columns) * (width + GAP) + 1;
      const y = Math.floor(i / this.columns) * (HEIGHT + GAP) + 1;
      const box = svg("rect", { x, y, width, height: HEIGHT, rx: 3 });
      const number = svg("text", { x: x + width / 2, y: y + HEIGHT - 8 });
      const root = svg("g", { class: "thread", "data-thread": i * this.share }, box, number);
      return { root, number };
    });
    const grid = svg(
      "svg",
      { width: this.columns * (width + GAP) + 2, height: rows * (HEIGHT + GAP) + 2, role: "img", tabindex: 0, class: "thread-grid" },
      ...squares.map((square) => square.root),
    );
    gridCursor(grid, squares.map((square) => square.root), (i) => point(block, i === null ? null : i * this.share));
    const epoch = el("span", { class: "epoch-of" });
    const root = el("div", { class: "card" }, el("p", {}, t("block {name} ", { name: this.name(block) }), epoch), grid);
    return { root, grid, squares, epoch };
  }

  /** @param {number} block */
  name(block) {
    const used = this.launch.grid.reduce((last, size, i) => (size > 1 ? i + 1 : last), 1);
    const at = this.launch.blocks[block].slice(0, used);
    return used === 1 ? String(at[0]) : `(${at.join(", ")})`;
  }

  /** @param {number} frame @param {number[]} epochs the epoch of each block */
  show(frame, epochs) {
    threadStates(this.launch, frame).forEach((states, block) => {
      const card = this.cards[block];
      /** @type {Record<string, number>} */
      const counts = {};
      card.squares.forEach((square, i) => {
        const group = states.slice(i * this.share, (i + 1) * this.share);
        const state = ORDER.find((each) => group.includes(each)) ?? "done";
        counts[state] = (counts[state] ?? 0) + 1;
        square.root.setAttribute("class", `thread ${state} ${this.marked(block, i) ? "hazard" : ""}`);
        square.number.textContent = `${this.marked(block, i) ? "!" : ""}${i * this.share}`;
      });
      const words = Object.entries(counts).map(([state, count]) => `${count} ${STATES[state]}`);
      card.grid.setAttribute("aria-label", t("block {name}, threads: {states}", { name: this.name(block), states: words.join(", ") }));
      card.epoch.textContent = epochs[block] ? t("after barrier {epoch}", { epoch: epochs[block] }) : "";
    });
  }

  /** @param {number} block @param {number} square */
  marked(block, square) {
    return this.atFault[block].has(square);
  }

  /** The square of a thread. @param {number} block @param {number} thread */
  square(block, thread) {
    return this.cards[block]?.squares[Math.floor(thread / this.share)]?.root;
  }

  /** Light threads up. @param {{block: number, thread: number}[]} threads */
  light(threads) {
    const wanted = new Set(threads.map(({ block, thread }) => this.square(block, thread)));
    for (const card of this.cards) {
      for (const square of card.squares) square.root.classList.toggle("lit", wanted.has(square.root));
    }
  }

  /** @param {number} block @param {number} thread */
  threadName(block, thread) {
    const last = Math.min(thread + this.share, this.launch.threads) - 1;
    const name = threadName(this.launch, thread);
    const words = this.share > 1 ? t("threads {thread} to {last}", { thread, last }) : name;
    return t("{words} of block {name}", { words, name: this.name(block) });
  }
}
