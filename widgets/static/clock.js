// The clock above a Duet: one lane a side, one cell a beat, full where Python itself runs.

import { IDLE, activity } from "./beats.js";
import { el, replace } from "./dom.js";
import { runs } from "./search.js";
import { PHASE_WORDS } from "./recording.js";
import { t } from "./text.js";

/** @typedef {import("./recording.js").Recording} Recording */

export class Clock {
  /**
   * @param {Recording[]} recordings
   * @param {[number, number][]} beats
   */
  constructor(recordings, beats) {
    this.recordings = recordings;
    this.beats = beats;
    this.doing = recordings.map((recording, side) => activity(recording.data.phase, beats, side));
    this.words = recordings.map(() => el("p", { class: "now" }));
    this.hands = recordings.map(() => el("i", { class: "hand" }));
    const lanes = recordings.map((_, side) => {
      const cells = runs(this.doing[side]).map(([kind, first, end]) =>
        el("span", { class: `lane-part ${kind} ${pythonIn(kind) ? "python" : ""}`, style: `flex-grow:${end - first}` },
          laneWord(kind) && el("b", {}, laneWord(kind))),
      );
      return el("div", { class: "lane", "aria-hidden": "true" }, ...cells, this.hands[side]);
    });
    this.root = el(
      "section",
      { class: "clock", "aria-label": t("which Python lines execute when") },
      ...recordings.map((_, side) => el("div", { class: "clock-side" }, this.words[side], lanes[side])),
    );
  }

  /** @param {number} beat */
  show(beat) {
    this.recordings.forEach((recording, side) => {
      const step = beat < 0 ? -1 : this.beats[beat][side];
      const doing = beat < 0 ? "waiting" : this.doing[side][beat];
      replace(this.words[side], ...(doing in IDLE ? [el("b", {}, doing === "done" ? t("done") : t("waiting")), ` ${IDLE[doing]}`] : sentence(recording, step)));
      this.hands[side].style.left = `${(100 * (beat + 1)) / Math.max(this.beats.length, 1)}%`;
    });
  }
}

/** @param {string} kind */
function pythonIn(kind) {
  return kind === "forward" || kind === "trace" || kind === "optimize";
}

/** @param {string} kind */
function laneWord(kind) {
  return kind in IDLE ? "" : pythonIn(kind) ? t("Python") : kind === "run" ? t("graph") : t("autograd");
}

/** @param {Recording} recording @param {number} step */
function sentence(recording, step) {
  const words = PHASE_WORDS[recording.phase(step)];
  const place = recording.place(recording.data.line[step]);
  if (!recording.pythonRuns(step) || !place) return [el("b", {}, words.state.split(":")[0]), ` ${words.clock}`];
  return [el("b", {}, words.state.split(":")[0]), t(" {clock} · line {number} ", { clock: words.clock, number: place.number }), el("code", {}, place.text)];
}
