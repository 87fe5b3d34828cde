// The graph: laid out once, revealed by step. Only what changes between two steps touches the page.

import appearance from "../../graphviz_tools/drawing/appearance.json" with { type: "json" };
import { Changes } from "./changes.js";
import { button, el, replace, svg } from "./dom.js";
import { EDGE, PanZoom } from "./pan_zoom.js";
import { flowAt, momentAt } from "./recording.js";
import { t } from "./text.js";
import { word } from "./words.js";

/** @typedef {import("./recording.js").Scene} Scene */
/** @typedef {import("./recording.js").Box} Box */
/** @typedef {import("./recording.js").Moment} Moment */
/** @typedef {{select: (box: number) => void, hover: (box: number) => void, toggle: (path: string[], open: boolean) => void}} GraphEvents */

const CORNER = /** @type {Record<string, number>} */ (appearance.corner);
const REPEATED = new Set(appearance.repeated);
const READABLE = 1; // the scale from which no letter has less than 11 pixels
const TITLE = 22; // pixels that a frame's title takes
const BESIDE = new Set(["parameter", "variable", "constant"]); // kinds of what a program keeps, not of what it does
const EARLY = 8; // boxes of the first steps, of which the first view shows most
const PREFERRED = 3; // boxes that the first of them counts for
const TALL = 0.5; // of the panel: a frame higher than this keeps its title in sight
const LABEL = 9; // characters that fit beside an arrow
let drawings = 0;

export class GraphPanel {
  /** @param {GraphEvents} on */
  constructor(on) {
    this.on = on;
    this.id = `duet-${Date.now().toString(36)}-${drawings++}`;
    this.content = svg("g", { class: "content" });
    this.canvas = svg("svg", { class: "canvas", role: "group", "aria-label": t("computation graph") }, this.heads(), this.content);
    this.view = new PanZoom(this.canvas, this.content, () => this.keepTitles());
    this.tools = el(
      "div",
      { class: "tools" },
      button(t("zoom in"), "+", () => this.view.zoom(1.25)),
      button(t("zoom out"), "−", () => this.view.zoom(0.8)),
      button(t("fit the graph, as large as can be read"), t("fit"), () => this.start()),
      button(t("show all of the graph, however small"), t("all"), () => this.showAll()),
    );
    this.root = el("div", { class: "graph" }, this.canvas, this.tools);
    this.step = -1;
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("focusin", (event) => this.seek(/** @type {Element} */ (event.target)));
    this.all = false;
    this.hovered = -1;
    this.chosen = -1;
    new ResizeObserver(() => this.resized()).observe(this.root);
  }

  /** Arrow heads, in the colours that arrows have. */
  heads() {
    const head = (/** @type {string} */ name, size = 7) =>
      svg(
        "marker",
        { id: `${this.id}-${name}`, class: `tip ${name}`, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: size,
          markerHeight: size, markerUnits: "userSpaceOnUse", orient: "auto" },
        svg("path", { d: "M0 1L10 5L0 9Z" }),
      );
    return svg("defs", {}, head("plain"), head("ghostly"), head("accent", 9), head("gradient", 11));
  }

  /** Draw a scene in place of the one before. @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    this.view.size(scene.width, scene.height);
    this.boxes = scene.boxes.map((box, i) => this.box(box, i));
    this.links = scene.links.map((link) => this.link(link));
    this.frames = scene.frames.map((frame) => this.frame(frame));
    /** @type {number[][]} */
    this.around = scene.boxes.map(() => []);
    scene.links.forEach((link, i) => {
      this.around?.[link.from].push(i);
      this.around?.[link.to].push(i);
    });
    replace(
      this.content,
      svg("g", {}, ...this.frames.map((frame) => frame.group)),
      svg("g", {}, ...this.links.map((link) => link.group)),
      svg("g", {}, ...this.boxes.map((box) => box.group)),
      svg("g", {}, ...this.frames.map((frame) => frame.close)),
    );
    /** @type {(Moment | null)[]} */
    this.shown = scene.boxes.map(() => null);
    this.current = -1;
    this.hovered = -1;
    this.chosen = -1;
    this.changes = new Changes(scene);
    this.fresh = true;
    this.show(this.step);
    this.start();
  }

  /** As large as can be read, at what happens now; before the first step, where that and most else is seen. */
  start() {
    this.all = false;
    this.view.fit(READABLE);
    if (this.step >= 0) return this.followCurrent();
    const early = this.earlyBoxes();
    const labels = (this.scene?.frames ?? []).filter((frame) => early.some((box) => inside(box.at, frame.at))).map(labelled);
    const [first] = early;
    const given = (this.scene?.boxes ?? []).filter((box) => box.kind === "input").slice(0, EARLY);
    this.view.begin([...[...early, ...given].map((box) => box.at), ...labels, ...(first ? Array(PREFERRED).fill(first.at) : [])]);
    if (first) this.view.follow(first.at, false, EDGE);
  }

  /** The boxes of the first steps, in their order. */
  earlyBoxes() {
    const { box = [], boxes = [] } = this.scene ?? {};
    const known = [...new Set(box.filter((number) => number >= 0))].map((number) => boxes[number]);
    const works = known.filter(({ kind }) => !BESIDE.has(kind));
    return (works.length ? works : known).slice(0, EARLY);
  }

  showAll() {
    this.all = true;
    this.view.fit();
  }

  /** Bring a part into sight: its frame where it is open, else its box. @param {string[]} path */
  reveal(path) {
    const name = path.join("/");
    const part = this.scene?.frames.find((frame) => frame.path.join("/") === name) ?? this.scene?.boxes.find((box) => box.scope?.join("/") === name);
    if (!part) return;
    this.view.follow(part.at, false);
    const { box = [], boxes = [] } = this.scene ?? {};
    const first = box.find((number) => number >= 0 && !BESIDE.has(boxes[number].kind) && inside(boxes[number].at, part.at));
    if (first !== undefined) this.view.follow(boxes[first].at, false);
  }

  /** Bring what the Tab key reaches into sight; the browser has scrolled to where it was. @param {Element} reached */
  seek(reached) {
    const [at, room] = [reached, this.canvas].map((element) => element.getBoundingClientRect());
    if (at.left >= room.left && at.top >= room.top && at.right <= room.right && at.bottom <= room.bottom) return;
    const box = this.boxes?.findIndex(({ group }) => group === reached) ?? -1;
    const frame = this.frames?.findIndex(({ close }) => close === reached) ?? -1;
    if (box >= 0) this.view.follow(/** @type {Scene} */ (this.scene).boxes[box].at, false);
    if (frame >= 0) this.view.follow(labelled(/** @type {Scene} */ (this.scene).frames[frame]), false);
    requestAnimationFrame(() => this.canvas.scrollIntoView({ block: "nearest" }));
  }

  /** The title of an open frame stays in sight while some of the frame is, below the title of the frame around it. That
   * of a low frame moves sideways only: it would cover the boxes of a frame that is nearly out of sight. */
  keepTitles() {
    const { x, y, scale } = this.view;
    /** @type {Map<string, {top: number, stuck: boolean}>} */
    const kept = new Map();
    for (const [i, frame] of this.scene?.frames.entries() ?? []) {
      const [left, top, width, height] = frame.at;
      const above = frame.path.map((_, n) => kept.get(frame.path.slice(0, n).join("/"))).filter((each) => each?.stuck).pop();
      const edge = Math.max(-y / scale, above ? above.top + TITLE : -Infinity);
      const right = clamp(-x / scale - left, width - labelled(frame)[2] - 4);
      const tall = height * scale > TALL * this.canvas.clientHeight;
      const down = tall ? clamp(edge - top, height - TITLE - 4) : 0;
      kept.set(frame.path.join("/"), { top: top + down, stuck: down > 0 });
      const { close } = /** @type {NonNullable<typeof this.frames>} */ (this.frames)[i];
      close.style.transform = right || down ? `translate(${right}px, ${down}px)` : "";
      close.classList.toggle("stuck", right > 0 || down > 0);
    }
  }

  /** A narrower or wider panel shows what it showed: all, as large as can be read, or the learner's own place. */
  resized() {
    if (this.view.touched) this.followCurrent();
    else if (this.all) this.showAll();
    else this.start();
  }

  /** @param {import("./recording.js").Frame} frame */
  frame(frame) {
    const [left, top, width, height] = frame.at;
    const label = svg("text", { x: left + 8, y: top + 17 }, `▾ ${short(frame.label)}`);
    const close = svg(
      "g",
      { class: "toggle", role: "button", tabindex: 0, "aria-label": t("close {label}", { label: frame.label }),
        onclick: () => this.on.toggle(frame.path, false) },
      svg("rect", { x: left + 2, y: top + 4, width: labelled(frame)[2], height: 18, rx: 5 }),
      label,
    );
    const border = svg("rect", { class: "border", x: left, y: top, width, height, rx: 8 });
    return { group: svg("g", { class: `frame ${frame.kind}` }, border), close, label, state: "" };
  }

  /** @param {import("./recording.js").Link} link */
  link(link) {
    const line = svg("path", { class: "line", d: link.d });
    const back = link.back ? svg("path", { class: "back", d: link.back, pathLength: 100 }) : null;
    const label = svg("text", { class: "passing" });
    return { group: svg("g", { class: `link ${link.kind} ${link.quiet ? "quiet" : ""}` }, line, back, label), line, back, label, state: "" };
  }

  /** @param {Box} box @param {number} number */
  box(box, number) {
    const [left, top, width, height] = box.at;
    const centre = left + width / 2;
    const texts = ["title", "under", "gradient"].map((name) => svg("text", { class: name, x: centre, "text-anchor": "middle" }));
    texts[0].textContent = box.title + (box.scope ? " ▸" : "");
    const group = svg(
      "g",
      {
        class: `box ${box.kind} ${box.held ? "held " : ""}ghost`,
        "data-box": box.key,
        role: "button",
        tabindex: -1,
        onclick: () => this.on.select(number),
        ondblclick: () => box.scope && this.on.toggle(box.scope, true),
        onmouseenter: () => this.hover(number),
        onmouseleave: () => this.hover(-1),
      },
      svg("rect", { x: left, y: top, width, height, rx: CORNER[box.kind] ?? CORNER.other }),
      ...texts.flatMap((text) => [text, " "]), // the space keeps lines apart where the box is read aloud
    );
    group.prepend(svg("title", {}, box.full));
    return { group, texts, middle: top + (height - box.foot) / 2 };
  }

  /** @param {number} step @param {string} [turn] the iteration that runs, in words */
  show(step, turn = "") {
    const { scene, shown } = this;
    const near = this.fresh ? null : this.changes?.between(this.step, step);
    this.step = step;
    this.turn = turn;
    if (!scene || !shown) return;
    const links = new Set(near?.links ?? scene.links.keys());
    for (const i of near?.boxes ?? scene.boxes.keys()) {
      const moment = momentAt(scene.boxes[i], step);
      if (moment === shown[i]) continue;
      if ((shown[i]?.[1] === "ghost") !== (moment[1] === "ghost")) for (const link of this.around?.[i] ?? []) links.add(link);
      shown[i] = moment;
      this.write(i, moment);
    }
    this.fresh = false;
    for (const i of links) this.dress(i, step);
    this.mark(step < 0 ? -1 : (scene.box[step] ?? -1));
  }

  /** @param {number} number @param {Moment} moment */
  write(number, moment) {
    const { group, texts, middle } = /** @type {NonNullable<typeof this.boxes>} */ (this.boxes)[number];
    const box = /** @type {Scene} */ (this.scene).boxes[number];
    const [, status, under, gradient, freed] = moment;
    group.classList.toggle("ghost", status === "ghost");
    group.classList.toggle("handle", status === "handle");
    group.classList.toggle("failed", status === "failed");
    group.classList.toggle("freed", freed === 1);
    texts[1].textContent = box.held && gradient ? "" : under; // inside another box there is room for one
    texts[2].textContent = gradient;
    const said = texts.filter((text) => text.textContent);
    const pitch = box.held ? 12 : 15;
    said.forEach((text, row) => text.setAttribute("y", String(middle + (row - (said.length - 1) / 2) * pitch + 4)));
    const read = texts.map((text) => text.textContent).filter(Boolean).join(" ");
    const state = { ghost: t("not there yet"), handle: t("a handle"), done: "", failed: t("failed") }[status];
    const more = [word(box.kind), state, freed ? t("its saved tensors are freed") : "", box.scope ? t("press o to open") : ""];
    group.setAttribute("aria-label", [read, ...more].filter(Boolean).join(", "));
  }

  /** Give a link its look. @param {number} number @param {number} step */
  dress(number, step) {
    const { scene, links, shown } = this;
    if (!scene || !links || !shown) return;
    const link = scene.links[number];
    const parts = links[number];
    const flow = flowAt(link, step);
    const ghost = shown[link.from]?.[1] === "ghost" || shown[link.to]?.[1] === "ghost";
    const into = !ghost && flow.state === "none" && link.to === this.current && link.kind !== "autograd";
    const pointed = !ghost && [this.hovered, this.chosen].some((box) => box === link.from || box === link.to);
    const state = [link.quiet && "quiet", link.quiet && pointed && "pointed", ghost && "ghost", into && "into", flow.state !== "none" && flow.state]
      .filter(Boolean).join(" ");
    parts.label.textContent = flow.state === "flowing" && flow.text.length <= LABEL ? flow.text : "";
    if (parts.label.textContent && parts.back) {
      const at = parts.back.getPointAtLength?.(parts.back.getTotalLength() / 2);
      if (at) for (const [name, value] of [["x", at.x + 7], ["y", at.y + 4]]) parts.label.setAttribute(String(name), String(value));
    }
    if (state === parts.state) return;
    parts.state = state;
    parts.group.setAttribute("class", `link ${link.kind} ${state}`);
    const head = ghost ? "ghostly" : link.kind === "autograd" ? "gradient" : into ? "accent" : "plain";
    parts.line.setAttribute("marker-end", `url(#${this.id}-${head})`);
    parts.back?.setAttribute("marker-end", `url(#${this.id}-gradient)`);
  }

  /** Make `number` the current box. @param {number} number */
  mark(number) {
    const before = this.current ?? -1;
    this.current = number;
    for (const i of [before, number]) {
      this.boxes?.[i]?.group.classList.toggle("current", i === number);
    }
    this.dressAround(before, number);
    if (before !== number || number >= 0) this.roam(number >= 0 ? number : 0);
    if (before !== number) this.followCurrent();
    const box = number >= 0 ? this.scene?.boxes[number] : null;
    this.scene?.frames.forEach((frame, i) => {
      const active = Boolean(box && inside(box.at, frame.at));
      const turn = active && REPEATED.has(frame.kind) && this.turn ? ` · ${this.turn} ●` : "";
      const parts = this.frames?.[i];
      if (!parts || parts.state === `${active}${turn}`) return;
      parts.state = `${active}${turn}`;
      parts.group.classList.toggle("active", active);
      parts.close.classList.toggle("active", active);
      parts.label.textContent = `▾ ${short(frame.label)}${turn}`;
    });
  }

  followCurrent() {
    const box = this.step < 0 ? this.earlyBoxes()[0] : this.scene?.boxes[this.current ?? -1];
    if (box) this.view.follow(this.whole(box));
  }

  /** What to bring into sight with a box: the largest thing around it that has room. @param {Box} box */
  whole(box) {
    const holders = box.held ? (this.scene?.boxes ?? []).filter((other) => other.foot && inside(box.at, other.at)) : [];
    const around = [...holders, ...(this.scene?.frames ?? []).filter((frame) => inside(box.at, frame.at))];
    const fitting = around.map(({ at }) => at).filter((at) => this.view.holds(at));
    return fitting.reduce((most, at) => (at[2] * at[3] > most[2] * most[3] ? at : most), box.at);
  }

  /** Only one box is a stop of the Tab key; the up and down keys move it. @param {number} number */
  roam(number) {
    this.boxes?.[this.stop ?? -1]?.group.setAttribute("tabindex", "-1");
    this.boxes?.[number]?.group.setAttribute("tabindex", "0");
    this.stop = number;
  }

  /** @param {number[]} boxes */
  light(boxes) {
    const lit = new Set(boxes);
    this.boxes?.forEach(({ group }, i) => group.classList.toggle("lit", lit.has(i)));
  }

  /** @param {number} number */
  hover(number) {
    const before = this.hovered;
    this.hovered = number;
    this.dressAround(before, number);
    this.on.hover(number);
  }

  /** Give the links of boxes their look. @param {...number} boxes */
  dressAround(...boxes) {
    for (const box of boxes) for (const link of this.around?.[box] ?? []) this.dress(link, this.step);
  }

  /** @param {number} number */
  choose(number) {
    const before = this.chosen;
    this.chosen = number;
    this.dressAround(before, number);
    this.boxes?.forEach(({ group }, i) => group.classList.toggle("chosen", i === number));
    const box = this.scene?.boxes[number];
    if (box) this.view.follow(box.at);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {Element} */ (event.target);
    const press = event.key === "Enter" || event.key === " ";
    if (press && target.closest(".toggle")) {
      /** @type {SVGElement} */ (target.closest(".toggle")).dispatchEvent(new MouseEvent("click"));
    } else if (target.closest(".box") && this.scene && this.boxes) {
      const at = this.boxes.findIndex(({ group }) => group === target.closest(".box"));
      const box = this.scene.boxes[at];
      if (event.key === "Enter") this.on.select(at);
      else if (event.key === "o" && box.scope) this.on.toggle(box.scope, true);
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const next = at + (event.key === "ArrowDown" ? 1 : -1);
        if (!this.boxes?.[next]) return;
        this.roam(next);
        this.view.follow(this.scene.boxes[next].at);
        this.boxes[next].group.focus({ preventScroll: true });
      } else return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** @param {number} value @param {number} most */
function clamp(value, most) {
  return Math.max(0, Math.min(value, most));
}

/** Where a frame's label is. @param {import("./recording.js").Frame} frame @returns {import("./recording.js").Rectangle} */
function labelled({ label, at: [left, top] }) {
  return [left, top, 8 + 6.4 * Math.min(label.length + 2, 31), 22];
}

/** A frame's label, cut to what it has room for. @param {string} label */
function short(label) {
  return label.length > 28 ? `${label.slice(0, 27)}…` : label;
}

/** @param {import("./recording.js").Rectangle} inner @param {import("./recording.js").Rectangle} outer */
function inside([left, top], [x, y, width, height]) {
  return left >= x && top >= y && left <= x + width && top <= y + height;
}
