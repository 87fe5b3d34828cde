// Going through steps: buttons, keys, speed, and the clock that plays.

import appearance from "../../graphviz_tools/drawing/appearance.json" with { type: "json" };
import { button, el, replace } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./text.js";

const SPEEDS = appearance.speeds;
const SECONDS = 0.9; // a step at speed 1

export class Playback {
  /**
   * @param {number} length how many steps; step -1 is before the first
   * @param {(step: number) => void} show
   * @param {(next: number) => boolean} [ask] true when a question must be answered before `next` is shown
   * @param {(speed: number) => void} [paced] told the speed that was chosen
   */
  constructor(length, show, ask = () => false, paced = () => {}) {
    this.length = length;
    this.onShow = show;
    this.ask = ask;
    this.paced = paced;
    this.step = -1;
    this.speed = 1;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.play = button(t("play (space)"), icon("play"), () => this.toggle(), { class: "play", disabled: length === 0 });
    this.pace = button(t("speed, press to change"), "1×", () => this.faster(), { class: "pace" });
    this.backs = [button(t("first step (Home)"), icon("first"), () => this.go(-1)), button(t("back (left arrow)"), icon("back"), () => this.back())];
    this.nexts = [button(t("next (right arrow)"), icon("next"), () => this.next()), button(t("last step (End)"), icon("last"), () => this.go(length - 1))];
    this.root = el("div", { class: "playback", role: "group", "aria-label": t("playback") }, ...this.backs, this.play, ...this.nexts, this.pace);
  }

  get playing() {
    return this.timer !== undefined;
  }

  /** @param {number} step */
  go(step) {
    this.step = Math.min(Math.max(step, -1), this.length - 1);
    // Not `disabled`: a button that is disabled while it has the focus loses it.
    for (const b of this.backs) b.setAttribute("aria-disabled", String(this.step < 0));
    for (const b of this.nexts) b.setAttribute("aria-disabled", String(this.step >= this.length - 1));
    this.onShow(this.step);
  }

  back() {
    this.pause();
    this.go(this.step - 1);
  }

  next() {
    if (this.step >= this.length - 1) return this.pause();
    if (this.ask(this.step + 1)) return this.pause();
    this.go(this.step + 1);
  }

  toggle() {
    if (this.playing) return this.pause();
    if (this.step >= this.length - 1) this.go(-1);
    this.tick();
  }

  tick() {
    this.timer = setTimeout(() => this.tick(), (1000 * SECONDS) / this.speed);
    this.face();
    this.next();
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.face();
  }

  face() {
    const label = this.playing ? t("pause (space)") : t("play (space)");
    replace(this.play, icon(this.playing ? "pause" : "play"));
    this.play.setAttribute("aria-label", label);
    this.play.title = label;
  }

  faster() {
    this.setSpeed(SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length]);
    this.paced(this.speed);
  }

  /** @param {number} speed steps run this many times as fast */
  setSpeed(speed) {
    this.speed = speed;
    this.pace.textContent = `${speed}×`;
  }

  /** The keys of the whole widget. @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.altKey || event.ctrlKey || event.metaKey || target.closest("input:not([type=range]), textarea, select")) return;
    const onButton = target.closest("button, [role=button]") !== null;
    if (event.key === "ArrowRight") this.next();
    else if (event.key === "ArrowLeft") this.back();
    else if (event.key === "Home") this.go(-1);
    else if (event.key === "End") this.go(this.length - 1);
    else if (event.key === " " && !onButton) this.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has plans of its own for these keys
  }

  stop() {
    this.pause();
  }
}
