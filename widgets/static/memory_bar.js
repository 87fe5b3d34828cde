// Bytes alive, and how many of them autograd holds, as a bar over the most that were ever alive.

import { el, replace } from "./dom.js";
import { bytes } from "./recording.js";
import { t } from "./text.js";

export class MemoryBar {
  /** @param {number} most the bytes of a full bar */
  constructor(most) {
    this.most = most;
    this.saved = el("i", { class: "saved" });
    this.rest = el("i", { class: "alive" });
    this.words = el("span", { class: "memory-words" });
    this.track = el("div", { class: "memory-track", role: "meter", "aria-label": t("memory"), "aria-valuemin": 0,
      "aria-valuemax": most, "aria-valuenow": 0 }, this.saved, this.rest);
    this.root = el("div", { class: "memory" }, el("b", {}, t("memory")), this.track, this.words);
  }

  /** @param {[number, number] | null} memory bytes alive, and those that autograd holds */
  show(memory) {
    const [alive, saved] = memory ?? [0, 0];
    this.root.hidden = memory === null;
    this.saved.style.width = `${(100 * saved) / this.most}%`;
    this.rest.style.width = `${(100 * Math.max(alive - saved, 0)) / this.most}%`;
    this.track.setAttribute("aria-valuenow", String(alive));
    this.track.setAttribute("aria-valuetext", t("{alive} alive, {saved} saved by autograd", { alive: bytes(alive), saved: bytes(saved) }));
    replace(this.words, t("{bytes} alive", { bytes: bytes(alive) }), saved > 0 && el("em", {}, t(" · {bytes} saved by autograd", { bytes: bytes(saved) })));
  }
}
