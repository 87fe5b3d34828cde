// The user's code: the line at work, the lines already run, and how often.

import { el } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("./recording.js").Recording} Recording */

const LEAST = 24; // characters of a line that are in one row, however far in it begins; a narrower panel scrolls sideways
const WORDS = /(#.*$)|("[^"]*"|'[^']*')|\b(def|return|if|elif|else|while|for|in|with|as|import|from|class|lambda|not|and|or|is|None|True|False|pass|yield|raise|try|except)\b|\b(\d[\d.e]*)\b/g;

export class CodePanel {
  /**
   * @param {Recording} recording
   * @param {{hover: (line: number) => void, jump: (line: number) => void}} on
   */
  constructor(recording, on) {
    this.recording = recording;
    const numbers = new Map(recording.data.lines.map(([file, line], i) => [`${file}:${line}`, i]));
    /** @type {Map<number, {row: HTMLElement, count: HTMLElement}>} */
    this.rows = new Map();
    /** @type {Map<number, HTMLElement>} the first line of the function that a line is in */
    this.heads = new Map();
    const most = Math.max(0, ...[...recording.visitsOfLine.values()].map((visits) => visits.length));
    this.counted = most > 1;
    const several = new Set(recording.data.sources.map((source) => source.file)).size > 1;
    const parts = recording.data.sources.map((source) =>
      el("div", { class: "source" }, several && el("p", { class: "file" }, source.file.split("/").pop()), ...this.lines(source, numbers, on)),
    );
    const empty = !parts.length && el("p", { class: "empty" }, t("The recording holds no source code."));
    this.root = el("div", { class: "code", role: "group", "aria-label": t("code"), tabindex: 0 }, empty, ...parts);
    /** @type {number} */
    this.current = -1;
    const digits = Math.max(2, ...recording.data.sources.map((source) => String(source.first + source.text.split("\n").length - 1).length));
    const counts = this.counted ? String(most).length + 2 : 0;
    this.root.style.setProperty("--digits", `${digits}ch`);
    this.root.style.setProperty("--counts", `${counts}ch`);
    const lines = recording.data.sources.flatMap((source) => dedented(source.text));
    this.root.style.setProperty("--least", `${common(lines.map((line) => line.search(/\S/))) + LEAST}ch`);
    /** characters that nearly every line has room in, with its number and count; a longer one wraps */
    this.columns = common(lines.map((line) => line.trimEnd().length)) + counts + digits - 2;
  }

  /**
   * The rows of a source; each that a step ran knows the `def` that it is in.
   * @param {{file: string, first: number, text: string}} source
   * @param {Map<string, number>} numbers
   * @param {{hover: (line: number) => void, jump: (line: number) => void}} on
   */
  lines(source, numbers, on) {
    const texts = dedented(source.text);
    const known = texts.map((_, i) => numbers.get(`${source.file}:${source.first + i}`));
    const rows = texts.map((text, i) => this.row(source.first + i, text, known[i], on));
    const heads = headsOf(texts);
    known.forEach((line, i) => line !== undefined && heads[i] >= 0 && this.heads.set(line, rows[heads[i]]));
    return rows;
  }

  /**
   * @param {number} number
   * @param {string} text
   * @param {number | undefined} line the recording's number for this line, if any step ran it
   * @param {{hover: (line: number) => void, jump: (line: number) => void}} on
   */
  row(number, text, line, on) {
    const count = el("span", { class: "count" });
    const code = el("code", { style: `--indent:${Math.max(text.search(/\S/), 0)}ch` }, ...coloured(text));
    const faults = this.recording.data.findings.filter((finding) => finding.line === line).map((finding) => finding.sentence);
    const row = el("div", { class: faults.length ? "line faulty" : "line", "data-line": number, title: faults.join(" ") || null },
      el("span", { class: "gutter" }, el("span", { class: "number" }, number), this.counted && count), code);
    if (line !== undefined) {
      this.rows.set(line, { row, count });
      row.classList.add("live");
      row.addEventListener("mouseenter", () => on.hover(line));
      row.addEventListener("mouseleave", () => on.hover(-1));
      row.addEventListener("click", () => on.jump(line));
    }
    return row;
  }

  /** @param {number} step */
  show(step) {
    const now = step < 0 ? -1 : this.recording.data.line[step];
    for (const [line, { row, count }] of this.rows) {
      const times = this.recording.visits(line, step);
      row.classList.toggle("ran", times > 0);
      row.classList.toggle("current", line === now);
      if (line === now) row.setAttribute("aria-current", "step");
      else if (line === this.current) row.removeAttribute("aria-current");
      const words = times > 1 ? `× ${times}` : "";
      if (count.textContent !== words) count.textContent = words;
    }
    if (now !== this.current) {
      this.heads.get(this.current)?.classList.remove("definition");
      this.heads.get(now)?.classList.add("definition");
      this.current = now;
      const row = this.rows.get(now)?.row;
      if (row) keepInView(this.root, row);
    }
  }

  /** Light one line up, from elsewhere. @param {number} line */
  light(line) {
    for (const [number, { row }] of this.rows) row.classList.toggle("lit", number === line);
  }
}

/** The lines of a text without the indentation that they have in common. @param {string} text */
export function dedented(text) {
  const lines = text.replace(/\n$/, "").split("\n");
  const shared = Math.min(...lines.map((line) => line.search(/\S/)).filter((indent) => indent >= 0), 80);
  return lines.map((line) => line.slice(shared));
}

/** Of each line, the index of the `def` that it is in, or -1. @param {string[]} texts */
export function headsOf(texts) {
  /** @type {{at: number, indent: number}[]} */
  const open = [];
  return texts.map((text, at) => {
    const indent = text.search(/\S/);
    while (indent >= 0 && open.length && open[open.length - 1].indent >= indent && !/^\s*\)/.test(text)) open.pop();
    const head = open[open.length - 1]?.at ?? -1;
    if (/^\s*(async\s+)?def\b/.test(text)) open.push({ at, indent });
    return head;
  });
}

/** What nine in ten of the positive numbers do not exceed. @param {number[]} numbers */
export function common(numbers) {
  const positive = numbers.filter((number) => number > 0).sort((a, b) => a - b);
  return positive.length ? positive[Math.ceil(positive.length * 0.9) - 1] : 0;
}

/**
 * Scroll `panel`, and nothing around it, until `row` shows.
 * @param {HTMLElement} panel
 * @param {HTMLElement} row
 */
export function keepInView(panel, row) {
  const above = row.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  const margin = 2 * row.offsetHeight; // of what comes before and after it
  if (above >= margin && above + row.offsetHeight + margin <= panel.clientHeight) return;
  panel.scrollTop += above - (panel.clientHeight - row.offsetHeight) / 2;
}

/** @param {string} text */
function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(WORDS)) {
    const kind = match[1] ? "comment" : match[2] ? "string" : match[3] ? "keyword" : "number-literal";
    parts.push(...breakable(text.slice(end, match.index)), el("span", { class: kind }, match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, ...breakable(text.slice(end) || (end ? "" : " "))];
}

/** A text that may wrap before each dot and after each opening bracket. @param {string} text */
function breakable(text) {
  return text.split(/(?=\.)|(?<=[([])/).flatMap((part, i) => (i ? [el("wbr", {}), part] : [part]));
}
