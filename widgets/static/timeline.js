// A timeline of coloured phases that is also the slider.

import { bands, legible, nameSide, spread } from "./bands.js";
import { button, el, replace } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("./bands.js").Stretch} Stretch */
/** @typedef {import("./bands.js").Mixed} Mixed */

const WIDTH = 600; // pixels, before the bar is on the page
const ROOM = 12; // pixels that a stretch needs on average to be seen
const MARK = 14; // pixels of a mark

export class Timeline {
  /**
   * @param {Stretch[]} stretches
   * @param {number} length how many steps
   * @param {(step: number, open?: boolean) => void} go `open`: what the step is closed in, too
   * @param {(step: number) => string} say the step in words
   * @param {import("./recording.js").Mark[]} marks
   */
  constructor(stretches, length, go, say, marks = []) {
    this.say = say;
    this.slider = el("input", {
      type: "range",
      min: -1,
      max: Math.max(length - 1, 0),
      value: -1,
      "aria-label": t("step"),
      oninput: () => go(Number(this.slider.value)),
    });
    this.length = length;
    this.hand = el("i", { class: "hand" });
    this.todo = el("i", { class: "todo" });
    this.bar = el("span", { class: "stretches" });
    this.marks = el("span", { class: "marks" });
    this.root = el(
      "div",
      { class: "timeline" },
      this.bar,
      this.todo,
      this.hand,
      this.slider,
      this.marks,
    );
    this.go = go;
    this.filled = { stretches: -1, marks: -1 };
    this.fill(stretches, marks, WIDTH);
    new ResizeObserver(() => this.fill(stretches, marks, this.root.clientWidth || WIDTH)).observe(this.root);
  }

  /**
   * Stretches and marks as they have room in `width` pixels.
   * @param {Stretch[]} stretches
   * @param {import("./recording.js").Mark[]} marks
   * @param {number} width
   */
  fill(stretches, marks, width) {
    const shown = legible(stretches, Math.max(Math.floor(width / ROOM), 1));
    const apart = spread(marks, (MARK * this.length) / width);
    if (this.filled.stretches !== shown.length) replace(this.bar, ...shown.map((stretch) => this.stretch(stretch)));
    const scale = width / Math.max(this.length, 1);
    shown.forEach((stretch, i) => {
      const part = /** @type {HTMLElement} */ (this.bar.children[i]);
      part.style.justifyContent = nameSide(stretch, apart.map(({ at }) => (at + 1) * scale), scale, MARK);
    });
    if (this.filled.marks !== apart.length) replace(this.marks, ...apart.map((mark) => this.mark(mark)));
    this.filled = { stretches: shown.length, marks: apart.length };
  }

  /** @param {Mixed} stretch */
  stretch({ name, phase, first, end, shares }) {
    const told = t("{name}: steps {first} to {end}", { name, first: first + 1, end });
    return el("span", { class: `stretch ${phase}`, style: `flex-grow:${end - first};${shares ? bands(shares) : ""}`, title: told }, el("b", {}, name));
  }

  /** @param {import("./recording.js").Mark} mark */
  mark({ at, kind, words }) {
    return button(t("go to step {at}: {words}", { at: at + 1, words }), kind === "fault" ? "!" : "▲", () => this.go(at, kind === "fault"), { class: `mark ${kind}`, style: `left:clamp(0px, calc(${this.share(at)} - ${MARK / 2 + 1}px), calc(100% - ${MARK}px))` });
  }

  /** How far along a step is. @param {number} step */
  share(step) {
    return `${(100 * (step + 1)) / Math.max(this.length, 1)}%`;
  }

  /** @param {number} step */
  show(step) {
    const share = this.share(step);
    this.slider.value = String(step);
    this.slider.setAttribute("aria-valuetext", this.say(step));
    this.hand.style.left = share;
    this.todo.style.left = share;
  }
}
