// A recorded kernel launch over time: the source, the blocks and their threads, the arrays that they touch.

import { keepInView } from "./code_panel.js";
import { button, el, keepFocus, replace, svg } from "./dom.js";
import { heightHandle } from "./height_handle.js";
import { Help } from "./help.js";
import { KernelArrays } from "./kernel_arrays.js";
import { KernelBlocks } from "./kernel_blocks.js";
import { LEGEND, TOUR } from "./kernel_legend.js";
import { ACCESSES, epochOfBlocks, epochs, sentence, toucher, touches } from "./kernel_model.js";
import { kernelProfile } from "./kernel_profile.js";
import { Playback } from "./playback.js";
import { t, tn } from "./text.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./kernel_model.js").Launch} Launch */
/** @typedef {import("./kernel_model.js").Finding} Finding */

export class KernelView {
  /** @param {Launch} launch @param {(frame: number) => void} moved */
  constructor(launch, moved) {
    this.launch = launch;
    this.moved = moved;
    this.frame = -1;
    this.blocks = new KernelBlocks(launch, (block, thread) => this.pointAtThread(block, thread));
    this.arrays = new KernelArrays(launch, (place) => this.pointAtCell(place), (block) => this.blocks.name(block));
    this.lines = new Map(launch.source.map((text, i) => [launch.firstLine + i, this.line(launch.firstLine + i, text)]));
    this.code = el("div", { class: "code kernel-code", role: "group", "aria-label": t("kernel"), tabindex: 0 }, ...this.lines.values());
    this.status = el("p", { class: "status", role: "status" });
    this.threads = svg("svg", { class: "threads-to-cells", "aria-hidden": "true" });
    this.playback = new Playback(launch.frames.length, (frame) => this.show(frame));
    this.timeline = new Timeline(stretches(launch), launch.frames.length, (frame) => this.playback.go(frame), (frame) => this.say(frame));
    this.steps = el("div", { class: "kernel-body" }, this.code, this.blocks.root, this.arrays.root, this.threads);
    this.profile = el("div", { class: "kernel-profile", hidden: true }, kernelProfile(launch));
    this.root = el(
      "section",
      { class: "shell player kernel-view", "aria-label": t("kernel {kernel}", { kernel: launch.kernel }), tabindex: -1, onkeydown: (/** @type {KeyboardEvent} */ event) => this.playback.key(event) },
      this.header(),
      this.steps,
      this.profile,
      this.findings(),
      this.status,
      el("footer", { class: "controls", hidden: launch.nothing !== "" }, this.playback.root, this.timeline.root),
    );
    const help = new Help(this.root, LEGEND, TOUR);
    this.root.querySelector(".head")?.append(help.opener);
    this.root.append(heightHandle(this.root, "KernelView"));
    keepFocus(this.root);
    this.playback.go(Math.min(0, launch.frames.length - 1));
  }

  header() {
    const { launch } = this;
    const tabs = [[t("show steps"), t("Steps")], [t("show profile"), t("Profile")]].map(([label, name], i) =>
      button(label, name, () => this.tab(i === 1), { class: "mode", "aria-pressed": String(i === 0) }),
    );
    this.tabs = tabs;
    const count = launch.findings.length;
    const verdict = count ? tn("{number} finding", "{number} findings", count) : t("no findings");
    const blocks = tn("{size} block", "{size} blocks", total(launch.grid), { size: dims(launch.grid) });
    const threads = tn("{size} thread", "{size} threads", total(launch.block), { size: dims(launch.block) });
    const shape = t("{blocks} of {threads}", { blocks, threads });
    return el(
      "header",
      { class: "head" },
      el("b", {}, launch.kernel),
      ...tabs,
      el("span", { class: "shape" }, shape),
      el("span", { class: count ? "verdict bad" : "verdict good" }, count ? `! ${verdict}` : `✓ ${verdict}`),
    );
  }

  /** @param {boolean} profile */
  tab(profile) {
    this.steps.hidden = profile;
    this.profile.hidden = !profile;
    this.tabs?.forEach((each, i) => each.setAttribute("aria-pressed", String((i === 1) === profile)));
  }

  /** @param {number} number @param {string} text */
  line(number, text) {
    const guilty = this.launch.findings.some((finding) => finding.line === number);
    const count = this.launch.counts[number];
    const label = count ? t("{count} accesses", { count }) : "";
    return el(
      "div",
      { class: `line ${guilty ? "hazard" : ""}`, "data-line": number },
      el("span", { class: "number" }, guilty ? `! ${number}` : number),
      el("code", {}, text || " "),
      el("span", { class: "count", title: label }, count ? `${count}×` : ""),
    );
  }

  findings() {
    const { findings, notes, printed } = this.launch;
    return el(
      "div",
      { class: "findings" },
      ...findings.map((finding) =>
        el(
          "details",
          { class: finding.severity, ontoggle: (/** @type {Event} */ event) => this.openFinding(finding, event) },
          el("summary", {}, el("b", {}, `${finding.severity === "error" ? "!" : "▲"} ${finding.kind}`), finding.line ? t(" line {line}: ", { line: finding.line }) : " ", el("span", { class: "sentence" }, finding.sentence)),
          el("p", {}, el("code", {}, finding.text)),
          el("p", {}, el("b", {}, t("Try: ")), finding.hint),
        ),
      ),
      ...notes.map((note) => el("p", { class: "note" }, note)),
      this.launch.accessesLeftOut > 0 && el("p", { class: "note" }, t("{count} accesses are not shown.", { count: this.launch.accessesLeftOut })),
      printed && el("pre", { class: "printed" }, printed),
    );
  }

  /** Opening a finding goes to the moment when it happened. @param {Finding} finding @param {Event} event */
  openFinding(finding, event) {
    if (!(/** @type {HTMLDetailsElement} */ (event.target).open)) return;
    const at = this.launch.frames.findIndex(
      ({ accesses }) => accesses.some((access) => access.line === finding.line && access.block === finding.card),
    );
    if (at >= 0) this.playback.go(at);
  }

  /** @param {number} frame */
  show(frame) {
    this.frame = frame;
    const epoch = epochOfBlocks(this.launch, frame);
    this.blocks.show(frame, epoch);
    this.arrays.show(frame);
    const now = this.launch.frames[frame]?.line;
    for (const [number, row] of this.lines) {
      row.classList.toggle("current", number === now);
      if (number === now) keepInView(this.code, row);
    }
    this.timeline?.show(frame);
    this.status.textContent = this.say(frame);
    this.threads.replaceChildren();
    this.moved(frame);
  }

  /** @param {number} frame */
  say(frame) {
    if (this.launch.nothing) return ""; // the line is shown in place of the blocks
    if (frame < 0) return t("Before the first access.");
    return `${sentence(this.launch, frame)}.`;
  }

  /** @param {number} block @param {number | null} thread */
  pointAtThread(block, thread) {
    if (thread === null) return this.unpoint();
    const places = touches(this.launch, this.frame, block, thread).map((each) => ({ ...each, block }));
    this.blocks.light([{ block, thread }]);
    this.arrays.light(places);
    const from = this.blocks.square(block, thread);
    this.connect(places.map((place) => [from, this.arrays.cell(place), place.kind]));
    const what = places.map((place) => {
      const name = this.arrays.name(place);
      return place.kind === "read" ? t("reads {name}", { name }) : t("writes {name}", { name });
    }).join(", ");
    this.status.textContent = `${this.blocks.threadName(block, thread)} ${what || t("touches nothing in this frame")}.`;
  }

  /** @param {import("./kernel_arrays.js").Place | null} place */
  pointAtCell(place) {
    if (place === null) return this.unpoint();
    const found = toucher(this.launch, this.frame, place.array, place.index, place.block);
    this.arrays.light([place]);
    this.blocks.light(found);
    this.connect(found.slice(0, 8).map((each) => [this.blocks.square(each.block, each.thread), this.arrays.cell(place), each.kind]));
    const words = found.slice(0, 4).map((each) => t("{thread} ({kind}, line {line})", { thread: this.blocks.threadName(each.block, each.thread), kind: ACCESSES[each.kind], line: each.line }));
    const more = found.length > 4 ? t(" and {count} more", { count: found.length - 4 }) : "";
    this.status.textContent = `${this.arrays.name(place)}: ${words.join(", ") || t("nobody so far")}${more}.`;
  }

  unpoint() {
    this.blocks.light([]);
    this.arrays.light([]);
    this.threads.replaceChildren();
    this.status.textContent = this.say(this.frame);
  }

  /** Lines from threads to cells. @param {[Element | undefined, Element | undefined, string][]} pairs */
  connect(pairs) {
    const home = this.steps.getBoundingClientRect();
    const middle = (/** @type {Element} */ node) => {
      const box = node.getBoundingClientRect();
      return [box.x + box.width / 2 - home.x, box.y + box.height / 2 - home.y];
    };
    const lines = pairs.flatMap(([from, to, kind]) => {
      if (!from || !to) return [];
      const [x1, y1] = middle(from);
      const [x2, y2] = middle(to);
      return [svg("line", { x1, y1, x2, y2, class: kind })];
    });
    replace(this.threads, ...lines);
  }

  destroy() {
    this.playback.stop();
  }
}

/** One stretch of the timeline for each run of frames between two barriers. @param {Launch} launch */
function stretches(launch) {
  return epochs(launch).map(({ epoch, start, stop }, i) => ({
    name: epoch === 0 ? t("start") : t("after barrier {epoch}", { epoch }),
    phase: i % 2 ? "trace" : "run",
    first: start,
    end: stop,
  }));
}

/** @param {number[]} shape */
function dims(shape) {
  const used = shape.reduce((last, size, i) => (size > 1 ? i + 1 : last), 1);
  return shape.slice(0, used).join("×");
}

/** How many blocks or threads there are. @param {number[]} shape */
function total(shape) {
  return shape.reduce((product, size) => product * size, 1);
}
