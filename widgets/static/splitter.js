// A bar between two panels that is dragged, or moved with the arrow keys, to give one of them more room.

import { el } from "./dom.js";
import { t } from "./text.js";

const NUDGE = 24; // pixels a key press
const LEAST = 110;

/**
 * @param {HTMLElement} panels the grid whose `--code` is the width of its first panel
 * @param {HTMLElement} first that panel
 */
export function splitter(panels, first) {
  const most = () => Math.max(panels.clientWidth * 0.7, LEAST);
  const bar = el("div", { class: "splitter", role: "separator", tabindex: 0, "aria-orientation": "vertical",
    "aria-label": t("width of the code"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 34,
    title: t("drag, or press the up and down keys, to resize; double-click for as wide as the code") });
  const say = () => bar.setAttribute("aria-valuenow", String(Math.round((100 * first.offsetWidth) / Math.max(panels.clientWidth, 1))));
  const size = (/** @type {number} */ width) => {
    panels.style.setProperty("--code", `${Math.min(Math.max(width, LEAST), most())}px`);
    say();
  };
  bar.addEventListener("focus", say);
  bar.addEventListener("dblclick", () => {
    panels.style.removeProperty("--code");
    say();
  });
  bar.addEventListener("pointerdown", (start) => {
    const from = first.offsetWidth;
    const move = (/** @type {PointerEvent} */ event) => size(from + event.clientX - start.clientX);
    bar.setPointerCapture(start.pointerId);
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
    start.preventDefault();
  });
  bar.addEventListener("keydown", (event) => {
    // Left and right step through the program everywhere, so the other two arrows move the bar.
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (way === undefined) return;
    size(first.offsetWidth + way * NUDGE);
    event.preventDefault();
    event.stopPropagation();
  });
  return bar;
}
