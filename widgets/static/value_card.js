// One value: its name, type and flags, and its numbers, heat map or handle.

import { el } from "./dom.js";
import { heatMap } from "./heat_map.js";
import { numberGrid } from "./number_grid.js";
import { bytes } from "./recording.js";
import { t } from "./text.js";
import { word } from "./words.js";

/** @typedef {import("./recording.js").Value} Value */

/**
 * @param {Value} value
 * @param {{role?: string, kind?: "value" | "gradient"}} [options] `role` says what the value is to the step
 */
export function valueCard(value, { role = "", kind = "value" } = {}) {
  const name = [role, value.name].filter(Boolean).join(" ") || t("value");
  return el(
    "div",
    { class: `value-card ${kind}`, role: "group", "aria-label": `${name}, ${value.type}` },
    el(
      "header",
      {},
      role && el("span", { class: "role" }, role),
      value.name && value.name !== role && el("b", {}, value.name),
      el("span", { class: "type" }, value.type),
    ),
    body(value, name, kind),
    facts(value),
  );
}

/** @param {Value} value @param {string} name @param {string} kind */
function body(value, name, kind) {
  if (value.handle) return el("p", { class: "handle" }, el("code", {}, value.handle), t(" no value yet"));
  if (value.cells?.length === 1 && value.type.startsWith("scalar")) return el("p", { class: "scalar" }, value.short);
  if (value.cells) {
    const { rows = 0, columns = 0, cells } = value;
    return numberGrid({ rows, columns, cells }, name, kind);
  }
  if (value.heat) {
    const { rows = 0, columns = 0, heat, scale = "" } = value;
    return heatMap({ rows, columns, heat, scale }, name);
  }
  return null;
}

/** @param {Value} value */
function facts(value) {
  const said = [];
  if (value.heat && value.stats) said.push(t("min {min} · max {max} · mean {mean}", { min: value.stats[0], max: value.stats[1], mean: value.stats[2] }));
  if (value.nonfinite) said.push(t("{count} not finite", { count: value.nonfinite }));
  if (value.sampled) said.push(t("read {count} elements", { count: value.sampled }));
  if (value.bytes) said.push(bytes(value.bytes));
  if (value.flags) said.push(value.flags.map(word).join(" · "));
  return said.length ? el("footer", {}, ...said.flatMap((fact, i) => [i ? " · " : "", el("span", {}, fact)])) : null;
}
