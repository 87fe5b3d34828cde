// The lower edge of a widget, which is dragged, or moved with the arrow keys, to make it higher; remembered.

import { el } from "./dom.js";
import { t } from "./text.js";

const LEAST = 380; // pixels: below it a panel shows nothing
const MOST = 1600;
const NUDGE = 24; // pixels a key press

/**
 * @param {HTMLElement} shell what gets the height
 * @param {string} name the kind of widget: each kind remembers its own
 */
export function heightHandle(shell, name) {
  const key = `duet-height-${name}`;
  const handle = el("div", { class: "height-handle", role: "separator", tabindex: 0, "aria-orientation": "horizontal",
    "aria-label": t("height of the widget"), "aria-valuemin": LEAST, "aria-valuemax": MOST, "aria-valuenow": 600,
    title: t("drag, or press the up and down keys, to make it higher or lower; double-click for the usual height") });
  const size = (/** @type {number} */ height) => {
    const kept = Math.round(Math.min(Math.max(height, LEAST), MOST));
    shell.style.setProperty("--duet-height", `${kept}px`);
    handle.setAttribute("aria-valuenow", String(kept));
    remember(key, String(kept));
  };
  const before = Number(recall(key));
  if (before) size(before);
  handle.addEventListener("dblclick", () => {
    shell.style.removeProperty("--duet-height");
    remember(key, "");
  });
  handle.addEventListener("pointerdown", (start) => {
    const from = shell.offsetHeight;
    const move = (/** @type {PointerEvent} */ event) => size(from + event.clientY - start.clientY);
    handle.setPointerCapture(start.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
    start.preventDefault();
  });
  handle.addEventListener("keydown", (event) => {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (way === undefined) return;
    size(shell.offsetHeight + way * NUDGE);
    event.preventDefault();
    event.stopPropagation();
  });
  return handle;
}

/** @param {string} key */
function recall(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // a page that may keep nothing, as in a frame of another site
  }
}

/** @param {string} key @param {string} value */
function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It holds until the page is closed.
  }
}
