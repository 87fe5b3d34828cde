// The few pictures on buttons, drawn here because fonts do not all have them.

import { svg } from "./dom.js";

const PATHS = {
  first: "M2 1h2v12H2zM13 1v12L5 7z",
  back: "M11 1v12L3 7z",
  play: "M3 1l9 6-9 6z",
  pause: "M2 1h4v12H2zM8 1h4v12H8z",
  next: "M2 1l7 6-7 6zM10 1h2v12h-2z",
  last: "M1 1l6 6-6 6zM6 1l6 6-6 6zM12 1h2v12h-2z",
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 14 14", width: 12, height: 12, "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}
