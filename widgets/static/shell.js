// What the Stepper and the Duet share: the header with its modes, the controls under the panels, the keys.

import { button, el, keepFocus } from "./dom.js";
import { heightHandle } from "./height_handle.js";
import { Help } from "./help.js";
import { TOUR, legend } from "./legend.js";
import { Playback } from "./playback.js";
import { Predict } from "./predict.js";
import { t } from "./text.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./side.js").Side} Side */
/** @typedef {import("./predict.js").Question} Question */
/** @typedef {import("./predict.js").Score} Score */
/** @typedef {{step: number, speed: number, predict: boolean, score: Score}} State */
/**
 * What a widget asks of what it runs in: a notebook's model, or a page.
 * @typedef {{state: State, stepped: (step: number) => void, scored: (score: Score) => void,
 *   predicting: (on: boolean) => void, fetchScene: (side: number, opened: string[] | null, fold: boolean) => Promise<import("./recording.js").Scene | null>,
 *   paced: (speed: number) => void, folds: boolean, page: (() => void) | null,
 *   allOps: {on: boolean, toggle: () => void} | null}} Host `allOps` where a static graph's plumbing can be shown
 */

export class Shell {
  /**
   * @param {HTMLElement} root
   * @param {Host} host
   * @param {{name: string, sides: Side[], length: number, stretches: import("./timeline.js").Stretch[],
   *   questions: Question[], show: (step: number) => void, say: (step: number) => string, above?: HTMLElement | null,
   *   marks?: import("./recording.js").Mark[]}} parts
   */
  constructor(root, host, parts) {
    this.host = host;
    this.parts = parts;
    this.spoken = el("p", { class: "spoken", "aria-live": "polite" });
    this.predict = new Predict(parts.questions, host.state.score, {
      reveal: () => this.playback.go(this.playback.step + 1),
      scored: host.scored,
    });
    this.playback = new Playback(parts.length, (step) => this.show(step), (next) => this.predict.ask(next), host.paced);
    this.timeline = new Timeline(parts.stretches, parts.length, (step, open = false) => this.jump(step, open), parts.say, parts.marks);
    this.steps = button(t("step through"), t("Step"), () => this.turn(false), { class: "mode" });
    const asks = parts.questions.length > 0;
    this.predicts = button(asks ? t("predict each step") : t("predict each step: nothing here to ask about"), t("Predict"),
      () => asks && this.turn(true), { class: "mode", "aria-disabled": asks ? null : "true" });
    this.root = el(
      "div",
      { class: "shell player", role: "application", "aria-label": parts.name, tabindex: -1 },
      this.header(),
      parts.above,
      el("div", { class: "sides" }, ...parts.sides.map((side) => side.root)),
      this.predict.root, // above the controls, which stay at the bottom edge
      el("footer", { class: "controls" }, this.playback.root, this.timeline.root, el("span", { class: "keys", "aria-hidden": "true" }, t("← → space"))),
      this.spoken,
    );
    const help = new Help(this.root, legend(parts.sides.length > 1), TOUR);
    this.root.querySelector(".head")?.append(help.opener);
    this.root.append(heightHandle(this.root, parts.name));
    keepFocus(this.root);
    this.root.addEventListener("keydown", (event) => {
      this.predict.key(event);
      if (!event.defaultPrevented) this.playback.key(event);
    });
    root.append(this.root);
    this.playback.setSpeed(host.state.speed);
    this.turn(host.state.predict);
    this.playback.go(host.state.step);
  }

  header() {
    const found = el("span", { class: "found", role: "status" });
    const search = el("input", {
      type: "search",
      placeholder: t("find a node"),
      "aria-label": t("find a node"),
      oninput: () => {
        const count = this.parts.sides.reduce((sum, side) => sum + side.find(search.value), 0);
        found.textContent = search.value.trim() ? t("{count} found", { count }) : "";
      },
    });
    const { allOps } = this.host;
    const all = allOps && button(t("show the framework's own ops too: Identity, constants, loop counters"), t("all ops"), allOps.toggle,
      { class: "tool all-ops", "aria-pressed": String(allOps.on) });
    const repeats = this.parts.sides.some((side) => side.folds);
    const fold = button(repeats ? t("fold repeated blocks") : t("fold repeated blocks: nothing repeats here"), t("fold repeats"),
      () => repeats && this.fold(fold), { class: "tool", "aria-pressed": "false", "aria-disabled": repeats ? null : "true" });
    return el(
      "header",
      { class: "head" },
      el("h2", {}, this.parts.name),
      el("div", { class: "modes", role: "group", "aria-label": t("mode") }, this.steps, this.predicts),
      el("span", { class: "space" }),
      found,
      search,
      all,
      this.host.folds && fold,
      this.host.page && button(t("save as a page that needs no kernel"), t("⤓ HTML"), this.host.page, { class: "tool" }),
    );
  }

  /** @param {HTMLElement} pressed */
  async fold(pressed) {
    const folded = pressed.getAttribute("aria-pressed") !== "true";
    const done = await Promise.all(this.parts.sides.map((side) => side.refold(folded)));
    if (!done.includes(true)) return;
    pressed.setAttribute("aria-pressed", String(folded));
  }

  /** @param {boolean} predict */
  turn(predict) {
    this.predict.turn(predict);
    this.root.classList.toggle("predicting", predict);
    this.predicts.setAttribute("aria-pressed", String(predict));
    this.steps.setAttribute("aria-pressed", String(!predict));
    this.host.predicting(predict);
  }

  /** @param {number} step */
  show(step) {
    this.predict.passed(step);
    this.parts.show(step);
    this.timeline.show(step);
    if (!this.playback.playing) this.spoken.textContent = this.parts.say(step);
    this.host.stepped(step);
  }

  /** @param {number} step @param {boolean} open what it is closed in, too */
  jump(step, open) {
    this.playback.pause();
    this.playback.go(step);
    if (open) for (const side of this.parts.sides) side.openCurrent();
  }

  stop() {
    this.playback.stop();
  }
}
