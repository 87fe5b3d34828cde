// A recording as the widget got it, with the questions that views ask of it. No DOM here.

import appearance from "../../graphviz_tools/drawing/appearance.json" with { type: "json" };
import { lastAt, runs } from "./search.js";
import { t, tn } from "./text.js";

/** @typedef {keyof typeof appearance.phases} Phase */

const DIGITS = 3; // of a number of bytes
const MOST_PARTS = 4; // of a sum that are all said

export const PHASES = /** @type {Phase[]} */ (Object.keys(appearance.phases));

/** What each phase is called, and who is at work in it. */
export const PHASE_WORDS = /** @type {typeof appearance.phases} */ (Object.fromEntries(
  Object.entries(appearance.phases).map(([phase, { name, state, clock }]) => [phase, { name: t(name), state: t(state), clock: t(clock) }]),
));

/** @typedef {{name: string, type: string, short: string, handle?: string, shape?: string, stats?: string[],
 *   nonfinite?: number, sampled?: number, rows?: number, columns?: number, cells?: string[], heat?: string,
 *   scale?: string, flags?: string[], bytes?: number}} Value */
/** @typedef {{reads?: number[], writes?: number[], gradients?: number[], leaving?: number[], sum?: number[],
 *   saved?: string[], freed?: string[], control?: string, error?: string, note?: string, function?: string,
 *   of?: number[]}} Detail */
/** @typedef {{step: number, line: number, kind: string, sentence: string, advice: string}} Finding */
/** @typedef {{at: number, kind: "fault" | "peak", words: string}} Mark of a step on the timeline */
/** @typedef {{title: string, framework: string, versions: Record<string, string>, error: string, omitted: string[], findings: Finding[],
 *   sources: {file: string, first: number, text: string}[], lines: [string, number][], phase: number[], op: string[],
 *   line: number[], turn: string[], memory: ([number, number] | null)[],
 *   peak: {at: number, words: string} | null, details: Detail[], values: Value[]}} RecordingData */
/** @typedef {{recording: RecordingData} | {story: RecordingData}} Sent */
/** @typedef {[number, "ghost" | "handle" | "done" | "failed", string, string, number]} Moment step, status, subtitle, gradient,
 *   freed */
/** @typedef {[number, number, number, number]} Rectangle left, top, width, height */
/** @typedef {{key: string, kind: string, title: string, full: string, scope: string[] | null, at: Rectangle,
 *   foot: number, held: boolean, moments: Moment[]}} Box `foot`: the height kept for boxes inside it, as a `held` one */
/** @typedef {{from: number, to: number, kind: string, d: string, back: string, flows: [number, string][], quiet: boolean}} Link `quiet`: repeats another; drawn while in use or pointed at */
/** @typedef {{path: string[], kind: string, label: string, at: Rectangle}} Frame */
/** @typedef {{key: string, opened: string[], width: number, height: number, boxes: Box[], links: Link[],
 *   frames: Frame[], box: number[]}} Scene */

/** The recording in what Python sent, which notebooks that were saved earlier call its story. @param {Sent} data */
export const recordingIn = (data) => ("recording" in data ? data.recording : data.story);

export class Recording {
  /** @param {RecordingData} data */
  constructor(data) {
    /** @type {RecordingData} a notebook that an earlier version saved has no findings and no peak */
    this.data = Object.assign({ findings: [], peak: null }, data);
    this.length = data.op.length;
    this.phases = runs(data.phase).map(([phase, first, end]) => ({ phase: PHASES[phase], first, end }));
    this.mostAlive = Math.max(1, ...data.memory.map((memory) => memory?.[0] ?? 0));
    /** @type {Map<number, number[]>} */
    this.stepsOfLine = new Map();
    /** @type {Map<number, number[]>} the steps at which Python comes to a line */
    this.visitsOfLine = new Map();
    /** @type {Map<number, Finding[]>} */
    this.findingsAt = new Map();
    for (const finding of this.data.findings) note(this.findingsAt, finding.step, finding);
    let before = -1;
    data.line.forEach((line, step) => {
      if (line >= 0) note(this.stepsOfLine, line, step);
      if (!this.pythonRuns(step)) return;
      if (line >= 0 && line !== before) note(this.visitsOfLine, line, step);
      before = line;
    });
  }

  /** The steps with findings, and the one at which most memory is alive, where memory was measured. @returns {Mark[]} */
  get marks() {
    const faults = [...this.findingsAt].map(([at, found]) =>
      ({ at, kind: /** @type {const} */ ("fault"), words: found.map((finding) => `${finding.kind}: ${finding.sentence}`).join(" ") }));
    const { peak } = this.data;
    return peak ? [...faults, { at: peak.at, kind: "peak", words: t("most memory is alive here: {words}", { words: peak.words }) }] : faults;
  }

  /** @param {number} step */
  phase(step) {
    return PHASES[this.data.phase[Math.min(Math.max(step, 0), this.length - 1)] ?? 0];
  }

  /** @param {number} step @returns {Detail} */
  detail(step) {
    return this.data.details[step] ?? {};
  }

  /** @param {number[] | undefined} places @returns {Value[]} */
  values(places) {
    return (places ?? []).map((place) => this.data.values[place]);
  }

  /**
   * How often Python has come to a line by `step`. A line of a traced function runs while tracing only.
   * @param {number} line @param {number} step
   */
  visits(line, step) {
    return lastAt(this.visitsOfLine.get(line) ?? [], step, (visit) => visit) + 1;
  }

  /** Whether Python itself is at work in `step`. @param {number} step */
  pythonRuns(step) {
    const phase = this.phase(step);
    return phase !== "run" && phase !== "backward";
  }

  /** The line's file, number and text, or null. @param {number} line */
  place(line) {
    if (line < 0) return null;
    const [file, number] = this.data.lines[line];
    const source = this.data.sources.find((s) => {
      const count = s.text.split("\n").length;
      return s.file === file && number >= s.first && number < s.first + count;
    });
    const text = source ? source.text.split("\n")[number - source.first].trim() : "";
    return { file, number, text };
  }

  /** Phase and op of a step, once where the op is called as the phase is. @param {number} step */
  named(step) {
    return [...new Set([PHASE_WORDS[this.phase(step)].name, this.data.op[step]])];
  }

  /** The place of a step, in words. @param {number} step @param {string} [doing] in a Duet, "traced" or "done" */
  whereabouts(step, doing = "") {
    if (step < 0) return tn("not started · {number} step", "not started · {number} steps", this.length);
    if (doing === "traced") return t("tracing has ended · step {step} of {count}", { step: step + 1, count: this.length });
    if (doing === "done") return t("done · all {count} steps", { count: this.length });
    const phase = this.phase(step);
    const words = phase === "trace" ? PHASE_WORDS.trace.state : phase === "run" ? PHASE_WORDS.run.state : PHASE_WORDS[phase].name;
    return t("{words} · step {step} of {count}", { words, step: step + 1, count: this.length });
  }

  /** One sentence about a step, for those who cannot see it and for the value panel's title. @param {number} step */
  sentence(step) {
    if (step < 0) return t("Before the first step.");
    const detail = this.detail(step);
    const made = this.values(detail.writes)[0] ?? this.values(detail.gradients)[0];
    const place = this.place(this.data.line[step]);
    const line = place ? t(", line {number}", { number: place.number }) : "";
    const value = made ? `: ${made.handle ?? made.short}` : "";
    return t("Step {step} of {count}, {named}{line}{value}", { step: step + 1, count: this.length, named: this.named(step).join(", "), line, value });
  }
}

/** @template T @param {Map<number, T[]>} lists @param {number} key @param {T} item */
function note(lists, key, item) {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/**
 * What a box shows at `step`.
 * @param {Box} box
 * @param {number} step
 */
export function momentAt(box, step) {
  return box.moments[Math.max(lastAt(box.moments, step, (moment) => moment[0]), 0)];
}

/**
 * The gradient that runs back over a link at `step`: its text, "spent" after it ran, or "".
 * @param {Link} link
 * @param {number} step
 * @returns {{state: "none" | "flowing" | "spent", text: string}}
 */
export function flowAt(link, step) {
  const last = lastAt(link.flows, step, (flow) => flow[0]);
  if (last < 0) return { state: "none", text: "" };
  const now = link.flows.filter((flow) => flow[0] === step).map((flow) => flow[1]);
  return now.length ? { state: "flowing", text: now.join(" + ") } : { state: "spent", text: "" };
}

/**
 * The parts of a sum in words; where one part is as another, and there are many, how many they are.
 * @param {string[]} parts
 */
export function sumText(parts) {
  if (parts.length <= MOST_PARTS) return parts.join(" + ");
  const groups = runs(parts).map(([part, first, end]) => (end - first > 1 ? `${end - first} × ${part}` : part));
  return groups.length <= MOST_PARTS ? groups.join(" + ") : [...groups.slice(0, MOST_PARTS - 1), "…", groups[groups.length - 1]].join(" + ");
}

/**
 * `count` bytes in a few characters, as Python's `bytes_text` says them.
 * @param {number} count
 */
export function bytes(count) {
  const unit = 10 ** Math.max(String(count).length - DIGITS, 0);
  const rounded = Math.floor((count + Math.floor(unit / 2)) / unit) * unit;
  const power = Math.min(Math.floor((String(rounded).length - 1) / 3), appearance.byteUnits.length - 1);
  return `${rounded / 1000 ** power} ${appearance.byteUnits[power]}`;
}
