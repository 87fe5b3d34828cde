// A timeline of coloured phases that is also the slider.

import { button, el } from "./dom.js";
import { t } from "./text.js";

/** @typedef {{name: string, phase: string, first: number, end: number}} Stretch */

export class Timeline {
  /**
   * @param {Stretch[]} stretches
   * @param {number} length how many steps
   * @param {(step: number) => void} go
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
    this.root = el(
      "div",
      { class: "timeline" },
      ...stretches.map(({ name, phase, first, end }) =>
        el("span", { class: `stretch ${phase}`, style: `flex-grow:${end - first}`, title: t("{name}: steps {first} to {end}", { name, first: first + 1, end }) },
          el("b", {}, name)),
      ),
      this.todo,
      this.hand,
      this.slider,
      ...marks.map(({ at, kind, words }) =>
        button(t("go to step {at}: {words}", { at: at + 1, words }), kind === "fault" ? "!" : "▲", () => go(at), { class: `mark ${kind}`, style: `left:${this.share(at)}` })),
    );
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
