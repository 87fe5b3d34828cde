// One recording's panels: code, graph, values, memory; touch one and the others follow.

import { IDLE } from "./beats.js";
import { CodePanel } from "./code_panel.js";
import { button, el, replace, worded } from "./dom.js";
import { GraphPanel } from "./graph_panel.js";
import { MemoryBar } from "./memory_bar.js";
import { scenesFor, toggledWords } from "./scenes.js";
import { matching } from "./search.js";
import { splitter } from "./splitter.js";
import { PHASE_WORDS, Recording, momentAt, recordingIn, sumText } from "./recording.js";
import { t, tn } from "./text.js";
import { valueCard } from "./value_card.js";
import { word } from "./words.js";

const RAISED = 160; // characters of what the program raised, before its first step

/** @typedef {import("./recording.js").Scene} Scene */
/** @typedef {import("./recording.js").Sent & {scene: Scene, heading: string, folds: boolean}} SideData `folds`: some of it repeats */
/** @typedef {(opened: string[] | null, fold: boolean) => Promise<Scene | null>} FetchScene
 *   asks the kernel for a scene (`opened` null: as many scopes as fit); null where there is none */

export class Side {
  /**
   * @param {SideData} data
   * @param {{jump: (step: number) => void, fetchScene: FetchScene}} on
   */
  constructor(data, on) {
    this.on = on;
    this.recording = new Recording(recordingIn(data));
    this.folds = data.folds;
    this.step = -1;
    this.chosen = -1;
    /** @type {(box: number) => void} lights the partners of a box on the other side of a Duet */
    this.other = () => {};
    this.code = new CodePanel(this.recording, { hover: (line) => this.hoverLine(line), jump: (line) => this.jumpToLine(line) });
    this.graph = new GraphPanel({
      select: (box) => this.choose(box),
      hover: (box) => this.hoverBox(box),
      toggle: (path, open) => this.toggle(path, open),
    });
    this.scenes = scenesFor(data.scene, on.fetchScene);
    this.memory = new MemoryBar(this.recording.mostAlive);
    this.state = el("span", { class: "state" });
    this.message = el("p", { class: "message", role: "status" });
    this.heading = el("h3", {}, data.heading);
    this.values = el("div", { class: "values", role: "group", "aria-label": t("values, {heading}", { heading: data.heading }), tabindex: 0 });
    this.root = el(
      "section",
      { class: "side", "aria-label": data.heading },
      el("header", { class: "side-head" }, this.heading, this.state),
      this.panels(),
    );
    if (this.recording.data.omitted.length) this.say(t("Left out: {omitted}.", { omitted: this.recording.data.omitted.join("; ") }));
    else if (this.recording.length === 0) this.say(t("This recording has no steps: the program used no tensor."));
    this.draw(data.scene);
  }

  /** Code, graph and values, with a bar that shares the room out between the first two. */
  panels() {
    const panels = el("div", { class: "panels", style: `--columns:${Math.min(Math.max(this.code.columns, 14), 64)}` }, this.code.root);
    panels.append(splitter(panels, this.code.root), el("div", { class: "stage" }, this.graph.root, this.message),
      el("div", { class: "reading" }, this.values, this.memory.root));
    return panels;
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    this.graph.draw(scene);
    /** @type {Map<number, Set<number>>} */
    this.boxesOfLine = new Map();
    scene.box.forEach((box, step) => {
      const line = this.recording.data.line[step];
      if (line < 0 || box < 0) return;
      const boxes = this.boxesOfLine?.get(line) ?? new Set();
      this.boxesOfLine?.set(line, boxes.add(box));
    });
  }

  /** @param {number} step @param {string} [doing] what this side of a Duet does while the other one steps */
  show(step, doing = "") {
    this.step = step;
    this.code.show(step);
    this.graph.show(step, step < 0 ? "" : this.recording.data.turn[step]);
    this.memory.show(step < 0 ? [0, 0] : (this.recording.data.memory[step] ?? null));
    this.state.textContent = this.recording.whereabouts(step, doing);
    this.state.title = this.state.textContent;
    this.root.dataset.phase = step < 0 ? "before" : doing in IDLE ? doing : this.recording.phase(step);
    if (this.chosen >= 0) this.chooseNone();
    this.tell();
  }

  /** The value panel of the current step. */
  tell() {
    const { recording, step } = this;
    if (step < 0) {
      const hint = recording.length ? t("Press next, or the right arrow key, for the first step.") : t("There is no step to show.");
      const raised = recording.data.error.split("\n")[0].slice(0, RAISED);
      const meaning = raised && recording.length > 0 ? recording.detail(recording.length - 1).note : "";
      replace(
        this.values,
        raised && el("p", { class: "error" }, t("The program raised {error} The last step shows where.", { error: /[.!?]$/.test(raised) ? raised : `${raised}.` })),
        meaning && el("p", { class: "note" }, meaning),
        ...this.findings(),
        el("p", { class: "hint" }, hint),
      );
      return;
    }
    const detail = recording.detail(step);
    const cards = step >= 0 && recording.phase(step) === "backward" ? this.backward(detail) : this.forward(detail);
    const phase = PHASE_WORDS[recording.phase(step)].name;
    const title = el("p", { class: "what" }, el("b", {}, recording.data.op[step]), phase !== recording.data.op[step] && ` ${phase}`);
    replace(
      this.values,
      title,
      detail.error && el("p", { class: "error", role: "alert" }, detail.error),
      detail.error && detail.note && el("p", { class: "note" }, detail.note),
      ...(recording.findingsAt.get(step) ?? []).map((finding) => el("div", { class: "finding" },
        el("p", {}, el("b", {}, `! ${finding.kind}: `), ...worded(finding.sentence)), el("p", {}, el("b", {}, t("Try: ")), ...worded(finding.advice)))),
      detail.control && el("p", { class: "control" }, detail.control),
      ...cards,
      detail.saved && el("p", { class: "saved" }, t("autograd saves {saved}", { saved: detail.saved.join(", ") })),
      detail.freed && el("p", { class: "freed" }, t("freed: what {freed} had saved", { freed: detail.freed.join(", ") })),
      !detail.error && detail.note && el("p", { class: "note" }, detail.note),
    );
  }

  /** What is wrong with the program, each with a way to its step. */
  findings() {
    const { findings } = this.recording.data;
    if (!findings.length) return [];
    return [
      el("p", { class: "what" }, el("b", {}, tn("{number} finding", "{number} findings", findings.length))),
      el("ul", { class: "findings", "aria-label": t("findings") }, ...findings.map(({ step, line, kind, sentence }) => {
        const place = this.recording.place(line);
        const at = place ? t("line {number}", { number: place.number }) : t("step {step}", { step: step + 1 });
        return el("li", {}, button(t("go to step {step}: {sentence}", { step: step + 1, sentence }), el("span", {}, el("b", {}, `! ${at}, ${kind}: `), ...worded(sentence)), () => this.jumpInto(step)));
      })),
    ];
  }

  /** @param {import("./recording.js").Detail} detail */
  forward(detail) {
    const made = this.recording.values(detail.writes).map((value) => valueCard(value, { role: t("makes") }));
    const read = this.recording.values(detail.reads).map((value) => valueCard(value, { role: t("reads") }));
    return [...made, ...read];
  }

  /** Value and gradient side by side; a sum of gradients as it is made. @param {import("./recording.js").Detail} detail */
  backward(detail) {
    const { recording } = this;
    const made = detail.of ? recording.values(recording.detail(detail.of[0]).writes) : [];
    const gradients = recording.values(detail.gradients);
    const came = recording.values(detail.sum);
    const sum = came.length > 0 && el("p", { class: "sum" }, t("summed: "), el("b", {}, sumText(came.map((value) => value.short))),
      ` = ${gradients[0]?.short ?? "?"}`);
    const pair = el(
      "div",
      { class: "pair" },
      ...made.slice(0, 1).map((value) => valueCard(value, { role: t("value") })),
      ...gradients.map((value) => valueCard(bare(value), { role: t("gradient"), kind: "gradient" })),
    );
    const leaving = recording.values(detail.leaving).map((value) => valueCard(bare(value), { role: t("sends back"), kind: "gradient" }));
    const stored = recording.values(detail.writes).map((value) => valueCard(value, { role: t("now"), kind: "gradient" }));
    return [sum, pair, ...stored, ...leaving];
  }

  // One selection

  /** @param {number} line */
  hoverLine(line) {
    this.graph.light(line < 0 ? [] : [...(this.boxesOfLine?.get(line) ?? [])]);
  }

  /** @param {number} box */
  hoverBox(box) {
    const step = box < 0 ? -1 : (this.scene?.box.indexOf(box) ?? -1);
    this.code.light(step < 0 ? -1 : this.recording.data.line[step]);
    this.other(box);
  }

  /** @param {string} words */
  say(words) {
    replace(this.message, words && button(t("hide this line"), "×", () => this.say("")), words);
  }

  /** The next step of a line after this one, or its first. @param {number} line */
  jumpToLine(line) {
    const steps = this.recording.stepsOfLine.get(line) ?? [];
    const next = steps.find((step) => step > this.step) ?? steps[0];
    if (next !== undefined) this.on.jump(next);
  }

  /** Show the history of a box, with a way to each of its steps. @param {number} number */
  choose(number) {
    const box = this.scene?.boxes[number];
    if (!box) return;
    const steps = (this.scene?.box ?? []).flatMap((b, step) => (b === number ? [step] : []));
    this.chosen = number;
    this.graph.choose(number);
    this.other(number);
    const made = steps.find((step) => this.recording.phase(step) !== "backward"); // an input is not made by a step
    const holds = this.step < 0 ? "" : momentAt(box, this.step)[2];
    const place = made === undefined ? null : this.recording.place(this.recording.data.line[made]);
    const go = made !== undefined && button(t("go to step {step}", { step: made + 1 }), place ? t("made at step {step}, line {line}", { step: made + 1, line: place.number }) : t("made at step {step}", { step: made + 1 }),
      () => this.on.jump(made), { class: "made" });
    replace(
      this.values,
      el("p", { class: "what" }, el("b", {}, box.full), ` ${word(box.kind)}`),
      made === undefined && holds && holds !== box.kind && el("p", {}, el("code", {}, holds)),
      go,
      el("ol", { class: "history", "aria-label": t("history of {name}", { name: box.full }) }, ...steps.slice(0, 200).map((step) => this.past(step))),
      steps.length > 200 && el("p", {}, t("and {count} more steps", { count: steps.length - 200 })),
      button(t("close the history"), t("back to the step"), () => { this.chooseNone(); this.tell(); }, { class: "plain" }),
    );
    this.values.scrollTop = 0;
    if (made !== undefined) this.code.light(this.recording.data.line[made]);
  }

  /** @param {number} step */
  past(step) {
    const detail = this.recording.detail(step);
    const value = this.recording.values(detail.gradients ?? detail.writes)[0];
    return el("li", { class: step > this.step ? "later" : "" }, button(t("go to step {step}", { step: step + 1 }),
      `${step + 1} · ${this.recording.named(step).join(" · ")}${value && step <= this.step ? ` · ${value.short}` : ""}`,
      () => this.on.jump(step)));
  }

  chooseNone() {
    this.chosen = -1;
    this.graph.choose(-1);
    this.code.light(-1);
  }

  /** Light the boxes whose words match; returns how many. @param {string} query */
  find(query) {
    const boxes = this.scene?.boxes ?? [];
    const found = matching(boxes.map((box) => `${box.full} ${word(box.kind)} ${box.moments.map((m) => m[2]).join(" ")}`), query);
    this.graph.light(found);
    if (found.length) this.graph.view.follow(boxes[found[0]].at);
    return found.length;
  }

  /** Roll repeated blocks up, or unroll them. @param {boolean} fold */
  async refold(fold) {
    const found = await this.scenes.refold(fold);
    if (found) this.draw(found);
    else this.say(t("Folding repeats needs a running kernel: run the cell again."));
    return found !== null;
  }

  /** Go to a step, and into the parts that it is closed in. @param {number} step */
  jumpInto(step) {
    this.on.jump(step);
    return this.openCurrent();
  }

  /** Open the parts that the box of the current step is closed in, from the outside in, as far as they fit. */
  async openCurrent() {
    const { step } = this;
    const around = () => (this.step === step ? (this.scene?.boxes[this.scene.box[step]]?.scope ?? null) : null);
    for (let path = around(); path; path = around()) {
      const found = await this.scenes.toggle(path, true);
      if (!found) return; // a page with no kernel: the closed part shows where it is
      this.say(toggledWords(path[path.length - 1], found));
      if (!found.fits) return;
      this.draw(found.scene);
    }
  }

  /** @param {string[]} path @param {boolean} open */
  async toggle(path, open) {
    this.say("");
    const found = await this.scenes.toggle(path, open);
    if (found?.fits) {
      this.draw(found.scene);
      this.graph.reveal(path);
    }
    this.say(toggledWords(path[path.length - 1], found));
  }
}

/** A gradient without the name and the flags, which are the autograd engine's own. @param {import("./recording.js").Value} value */
function bare(value) {
  return { ...value, name: "", flags: undefined };
}
