// widgets/static/dom.js
var SVG = "http://www.w3.org/2000/svg";
function el(tag, attributes = {}, ...children) {
  return (
    /** @type {any} */
    fill(document.createElement(tag), attributes, children)
  );
}
function svg(tag, attributes = {}, ...children) {
  return (
    /** @type {any} */
    fill(document.createElementNS(SVG, tag), attributes, children)
  );
}
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== void 0 && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child || child === 0).map((child) => (
    /** @type {any} */
    child
  )));
  return node;
}
function replace(node, ...children) {
  node.replaceChildren(...children.filter((child) => child || child === 0).map((child) => (
    /** @type {any} */
    child
  )));
}
function button(label, face, press, attributes = {}) {
  const worded2 = typeof face === "string" && /[\p{L}\d]/u.test(face) && !label.includes(face);
  const name = worded2 ? `${face}: ${label}` : label;
  return el("button", { type: "button", title: label, "aria-label": name, onclick: press, ...attributes }, face);
}
function worded(sentence2) {
  return sentence2.split("`").map((part, i) => i % 2 ? el("code", {}, part) : part);
}
function settle(root) {
  root.classList.add("duet");
  root.addEventListener("focusin", (event) => {
    event.target.dataset.lmSuppressShortcuts = "true";
  });
}
function keepFocus(root) {
  let holder = null;
  const there = (node) => root.contains(node) && !node.closest("[hidden], :disabled");
  root.addEventListener("focusin", (event) => {
    holder = /** @type {HTMLElement} */
    event.target;
  });
  root.addEventListener("focusout", (event) => queueMicrotask(() => {
    const left = (
      /** @type {HTMLElement} */
      event.target
    );
    if (holder === left && there(left)) holder = null;
  }));
  new MutationObserver(() => {
    if (!holder || there(holder)) return;
    holder = null;
    root.focus({ preventScroll: true });
  }).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden", "disabled"] });
}
function calm() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}

// graphviz_tools/drawing/appearance.json
var appearance_default = {
  phases: {
    forward: { name: "forward", state: "Python runs", clock: "one op at a time" },
    backward: { name: "backward", state: "autograd runs", clock: "no Python: its engine walks the graph back" },
    trace: { name: "tracing", state: "tracing: no numbers exist yet", clock: "Python runs once, to build the graph" },
    run: { name: "running the graph", state: "the graph runs", clock: "no Python line executes" },
    optimize: { name: "optimize", state: "Python runs", clock: "the optimizer's step" }
  },
  corner: { input: 16, output: 16, parameter: 2, variable: 2, constant: 2, other: 7 },
  byteUnits: ["B", "kB", "MB", "GB"],
  repeated: ["loop", "cond", "body"],
  cells: 256,
  speeds: [0.5, 1, 2, 4, 8],
  heat: { low: [0, 90, 181], zero: [245, 245, 245], high: [213, 94, 0], notFinite: [207, 34, 46], notFiniteByte: 255 },
  storedType: "application/vnd.graph-duet.view+json",
  cacheSigns: { traced: "●", reused: "○", raised: "✗" }
};

// widgets/static/search.js
function lastAt(items, step, stepOf) {
  let low2 = 0;
  let high2 = items.length;
  while (low2 < high2) {
    const middle = low2 + high2 >> 1;
    if (stepOf(items[middle]) <= step) low2 = middle + 1;
    else high2 = middle;
  }
  return low2 - 1;
}
function runs(values) {
  const found = [];
  for (let i = 0; i < values.length; i++) {
    const last = found[found.length - 1];
    if (last && last[0] === values[i]) last[2] = i + 1;
    else found.push([values[i], i, i + 1]);
  }
  return found;
}
function matching(texts2, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return texts2.flatMap((text, i) => words.every((word2) => text.toLowerCase().includes(word2)) ? [i] : []);
}

// widgets/static/text.js
var FORMS = (
  /** @type {const} */
  ["zero", "one", "two", "few", "many", "other"]
);
var texts = read(
  /** @type {{graphDuetTexts?: Texts | Catalogue}} */
  globalThis.graphDuetTexts
);
function t(text, values = {}) {
  return filled(texts ? texts.gettext(text) : text, values);
}
function tn(one, many, number, values = {}) {
  return filled(texts ? texts.ngettext(one, many, number) : number === 1 ? one : many, { number, ...values });
}
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => name in values ? String(values[name]) : whole);
}
function read(given) {
  if (!given) return null;
  if (typeof given.gettext === "function") return (
    /** @type {Texts} */
    given
  );
  const catalogue = (
    /** @type {Catalogue} */
    given
  );
  const rules = new Intl.PluralRules(catalogue[""].language.replace("_", "-"));
  const forms = FORMS.filter((form) => rules.resolvedOptions().pluralCategories.includes(form));
  return {
    gettext: (text) => catalogue[text]?.[0] || text,
    ngettext: (one, many, n) => {
      const found = catalogue[one];
      return found?.[Math.min(forms.indexOf(rules.select(n)), found.length - 1)] || (n === 1 ? one : many);
    }
  };
}

// widgets/static/recording.js
var DIGITS = 3;
var MOST_PARTS = 4;
var PHASES = (
  /** @type {Phase[]} */
  Object.keys(appearance_default.phases)
);
var PHASE_WORDS = (
  /** @type {typeof appearance.phases} */
  Object.fromEntries(
    Object.entries(appearance_default.phases).map(([phase, { name, state, clock }]) => [phase, { name: t(name), state: t(state), clock: t(clock) }])
  )
);
var recordingIn = (data) => "recording" in data ? data.recording : data.story;
var Recording = class {
  /** @param {RecordingData} data */
  constructor(data) {
    this.data = Object.assign({ findings: [], peak: null }, data);
    this.length = data.op.length;
    this.phases = runs(data.phase).map(([phase, first, end]) => ({ phase: PHASES[phase], first, end }));
    this.mostAlive = Math.max(1, ...data.memory.map((memory) => memory?.[0] ?? 0));
    this.stepsOfLine = /* @__PURE__ */ new Map();
    this.visitsOfLine = /* @__PURE__ */ new Map();
    this.findingsAt = /* @__PURE__ */ new Map();
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
    const faults = [...this.findingsAt].map(([at, found]) => ({ at, kind: (
      /** @type {const} */
      "fault"
    ), words: found.map((finding) => `${finding.kind}: ${finding.sentence}`).join(" ") }));
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
    return [.../* @__PURE__ */ new Set([PHASE_WORDS[this.phase(step)].name, this.data.op[step]])];
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
};
function note(lists, key, item) {
  const list2 = lists.get(key);
  if (list2) list2.push(item);
  else lists.set(key, [item]);
}
function momentAt(box, step) {
  return box.moments[Math.max(lastAt(box.moments, step, (moment) => moment[0]), 0)];
}
function flowAt(link, step) {
  const last = lastAt(link.flows, step, (flow) => flow[0]);
  if (last < 0) return { state: "none", text: "" };
  const now = link.flows.filter((flow) => flow[0] === step).map((flow) => flow[1]);
  return now.length ? { state: "flowing", text: now.join(" + ") } : { state: "spent", text: "" };
}
function sumText(parts) {
  if (parts.length <= MOST_PARTS) return parts.join(" + ");
  const groups = runs(parts).map(([part, first, end]) => end - first > 1 ? `${end - first} × ${part}` : part);
  return groups.length <= MOST_PARTS ? groups.join(" + ") : [...groups.slice(0, MOST_PARTS - 1), "…", groups[groups.length - 1]].join(" + ");
}
function bytes(count) {
  const unit = 10 ** Math.max(String(count).length - DIGITS, 0);
  const rounded = Math.floor((count + Math.floor(unit / 2)) / unit) * unit;
  const power = Math.min(Math.floor((String(rounded).length - 1) / 3), appearance_default.byteUnits.length - 1);
  return `${rounded / 1e3 ** power} ${appearance_default.byteUnits[power]}`;
}

// widgets/static/beats.js
var IDLE = (
  /** @type {Record<string, string>} */
  {
    waiting: t("nothing has run here yet"),
    traced: t("tracing has ended; the graph has not run yet"),
    done: t("nothing runs here now")
  }
);
function activity(phases, beats, side) {
  const last = phases.length - 1;
  return beats.map((beat, i) => {
    const step = beat[side];
    if (step < 0) return "waiting";
    const stands = i > 0 && beats[i - 1][side] === step;
    if (stands && step === last) return "done";
    const phase = PHASES[phases[step]];
    return stands && phase === "trace" && PHASES[phases[step + 1]] !== "trace" ? "traced" : phase;
  });
}
function joined(left, right) {
  const idle = (word2) => word2 in IDLE;
  if (idle(left)) return idle(right) ? [] : [right];
  return idle(right) || left === right ? [left] : [left, right];
}

// widgets/static/clock.js
var Clock = class {
  /**
   * @param {Recording[]} recordings
   * @param {[number, number][]} beats
   */
  constructor(recordings, beats) {
    this.recordings = recordings;
    this.beats = beats;
    this.doing = recordings.map((recording, side) => activity(recording.data.phase, beats, side));
    this.words = recordings.map(() => el("p", { class: "now" }));
    this.hands = recordings.map(() => el("i", { class: "hand" }));
    const lanes = recordings.map((_, side) => {
      const cells = runs(this.doing[side]).map(
        ([kind, first, end]) => el(
          "span",
          { class: `lane-part ${kind} ${pythonIn(kind) ? "python" : ""}`, style: `flex-grow:${end - first}` },
          laneWord(kind) && el("b", {}, laneWord(kind))
        )
      );
      return el("div", { class: "lane", "aria-hidden": "true" }, ...cells, this.hands[side]);
    });
    this.root = el(
      "section",
      { class: "clock", "aria-label": t("which Python lines execute when") },
      ...recordings.map((_, side) => el("div", { class: "clock-side" }, this.words[side], lanes[side]))
    );
  }
  /** @param {number} beat */
  show(beat) {
    this.recordings.forEach((recording, side) => {
      const step = beat < 0 ? -1 : this.beats[beat][side];
      const doing = beat < 0 ? "waiting" : this.doing[side][beat];
      replace(this.words[side], ...doing in IDLE ? [el("b", {}, doing === "done" ? t("done") : t("waiting")), ` ${IDLE[doing]}`] : sentence(recording, step));
      this.hands[side].style.left = `${100 * (beat + 1) / Math.max(this.beats.length, 1)}%`;
    });
  }
};
function pythonIn(kind) {
  return kind === "forward" || kind === "trace" || kind === "optimize";
}
function laneWord(kind) {
  return kind in IDLE ? "" : pythonIn(kind) ? t("Python") : kind === "run" ? t("graph") : t("autograd");
}
function sentence(recording, step) {
  const words = PHASE_WORDS[recording.phase(step)];
  const place = recording.place(recording.data.line[step]);
  if (!recording.pythonRuns(step) || !place) return [el("b", {}, words.state.split(":")[0]), ` ${words.clock}`];
  return [el("b", {}, words.state.split(":")[0]), t(" {clock} · line {number} ", { clock: words.clock, number: place.number }), el("code", {}, place.text)];
}

// widgets/static/height_handle.js
var LEAST = 380;
var MOST = 1600;
var NUDGE = 24;
function heightHandle(shell, name) {
  const key = `duet-height-${name}`;
  const handle = el("div", {
    class: "height-handle",
    role: "separator",
    tabindex: 0,
    "aria-orientation": "horizontal",
    "aria-label": t("height of the widget"),
    "aria-valuemin": LEAST,
    "aria-valuemax": MOST,
    "aria-valuenow": 600,
    title: t("drag, or press the up and down keys, to make it higher or lower; double-click for the usual height")
  });
  const size = (height) => {
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
    const move = (event) => size(from + event.clientY - start.clientY);
    handle.setPointerCapture(start.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
    start.preventDefault();
  });
  handle.addEventListener("keydown", (event) => {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (way === void 0) return;
    size(shell.offsetHeight + way * NUDGE);
    event.preventDefault();
    event.stopPropagation();
  });
  return handle;
}
function recall(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}
function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
  }
}

// widgets/static/help.js
var Help = class {
  /**
   * @param {HTMLElement} root the widget
   * @param {Sign[]} signs
   * @param {Stop[]} stops
   */
  constructor(root, signs, stops) {
    this.root = root;
    this.stops = stops;
    this.opener = button(t("what colours, dashes and words mean, and a tour"), "?", () => this.toggle(), { class: "tool help-button", "aria-expanded": "false" });
    const rows = signs.flatMap(({ swatch, name, means }) => [el("dt", {}, swatch && el("i", { class: `swatch ${swatch}`, "aria-hidden": "true" }), name), el("dd", {}, means)]);
    this.start = button(t("show what is where, in three steps"), t("take the tour"), () => this.tour(0), { class: "go" });
    const close = button(t("close (Esc)"), t("close"), () => this.close());
    this.panel = el(
      "div",
      { class: "help", role: "dialog", "aria-label": t("what this shows"), tabindex: -1, hidden: true },
      el("p", { class: "help-bar" }, this.start, close),
      el("dl", {}, ...rows)
    );
    this.bubble = el("div", { class: "tour", role: "dialog", "aria-label": t("tour"), tabindex: -1, hidden: true });
    root.append(this.panel, this.bubble);
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.panel.hidden && this.bubble.hidden) return;
      this.close();
      event.stopPropagation();
    }, true);
  }
  toggle() {
    if (!this.panel.hidden || !this.bubble.hidden) return this.close();
    this.panel.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.start.focus({ preventScroll: true });
  }
  close() {
    this.point(null);
    this.opener.focus({ preventScroll: true });
    this.panel.hidden = true;
    this.bubble.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
  }
  /** @param {number} number */
  tour(number) {
    const stop = this.stops[number];
    if (!stop) return this.close();
    const last = number === this.stops.length - 1;
    const on = button(last ? t("end the tour") : t("the next stop"), last ? t("done") : t("next"), () => this.tour(number + 1), { class: "go" });
    this.bubble.hidden = false;
    replace(
      this.bubble,
      el("p", {}, el("b", {}, t("{number} of {count}: {name}. ", { number: number + 1, count: this.stops.length, name: stop.name })), stop.means),
      el("p", { class: "help-bar" }, on, !last && button(t("leave the tour (Esc)"), t("leave"), () => this.close()))
    );
    on.focus({ preventScroll: true });
    this.panel.hidden = true;
    this.point(stop.at);
  }
  /** Outline what a stop is about. @param {string | null} at */
  point(at) {
    for (const shown of this.root.querySelectorAll(".pointed-at")) shown.classList.remove("pointed-at");
    if (at) for (const node of this.root.querySelectorAll(at)) node.classList.add("pointed-at");
  }
};

// widgets/static/legend.js
var GRAPH = [
  { swatch: "solid", name: t("solid box"), means: t("it ran: the line under its name is its value") },
  { swatch: "dashed", name: t("dashed box"), means: t("a handle: the op is in the graph, and no number exists yet") },
  { swatch: "ghostly", name: t("pale box"), means: t("not there yet, drawn where it will be") },
  { swatch: "at-work", name: t("blue box or line"), means: t("what this step does") },
  { swatch: "decides", name: t("yellow box"), means: t("a decision that Python made, with the value that decided it") },
  { swatch: "learnt", name: t("violet box"), means: t("a parameter or a variable") },
  { swatch: "comes-in", name: t("green box"), means: t("an input") },
  { swatch: "gradients", name: t("orange arrow or number"), means: t("a gradient, which runs up the edges that values ran down") },
  { swatch: "", name: t("arrows of a loop"), means: t("the first iteration and the first call of a module show what they read; later ones show it as they run, and when you point at a box") },
  { swatch: "", name: t("alive"), means: t("bytes of the tensors that exist at this step") },
  { swatch: "", name: t("saved"), means: t("bytes, among those alive, that autograd keeps for the backward pass; freed when it has used them") },
  { swatch: "", name: t("! on the bar"), means: t("something is wrong with the program at that step: press it to read what, and what to do") },
  { swatch: "", name: t("▲ on the bar"), means: t("the step at which most memory is alive") },
  { swatch: "", name: t("find a node"), means: t("lights the boxes whose name, kind or value has these letters") },
  { swatch: "", name: t("all ops"), means: t("shows the framework's own ops too: Identity, constants, loop counters") },
  { swatch: "", name: t("fold repeats"), means: t("draws blocks that repeat as one block with a count") },
  { swatch: "", name: t("▸ and ▾"), means: t("a module or scope that is closed or open: double-click the box, or click the name") },
  { swatch: "", name: t("fit, all"), means: t("the graph as large as can be read, or the whole graph, however small") },
  { swatch: "", name: t("keys"), means: t("← and → step, space plays, Home and End go to the ends") }
];
var BESIDE = [
  { swatch: "", name: t("clock"), means: t("above: what each side does at this moment; hatched where no Python line executes") },
  { swatch: "", name: t("waiting"), means: t("this side has not begun, or has traced its graph and not run it yet") }
];
var TOUR = [
  { at: ".controls", name: t("Step"), means: t("Press next, or the right arrow key: each step adds one op. The coloured bar is the whole run; drag along it.") },
  { at: ".panels", name: t("Follow"), means: t("Code, graph and values show the same step. Touch a line or a box and the others follow.") },
  { at: ".modes", name: t("Predict"), means: t("Turn it on and you are asked what comes before each step is shown.") }
];
function legend(two) {
  return two ? [...BESIDE, ...GRAPH] : GRAPH;
}

// widgets/static/icons.js
var PATHS = {
  first: "M2 1h2v12H2zM13 1v12L5 7z",
  back: "M11 1v12L3 7z",
  play: "M3 1l9 6-9 6z",
  pause: "M2 1h4v12H2zM8 1h4v12H8z",
  next: "M2 1l7 6-7 6zM10 1h2v12h-2z",
  last: "M1 1l6 6-6 6zM6 1l6 6-6 6zM12 1h2v12h-2z"
};
function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 14 14", width: 12, height: 12, "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}

// widgets/static/playback.js
var SPEEDS = appearance_default.speeds;
var SECONDS = 0.9;
var Playback = class {
  /**
   * @param {number} length how many steps; step -1 is before the first
   * @param {(step: number) => void} show
   * @param {(next: number) => boolean} [ask] true when a question must be answered before `next` is shown
   * @param {(speed: number) => void} [paced] told the speed that was chosen
   */
  constructor(length, show, ask = () => false, paced = () => {
  }) {
    this.length = length;
    this.onShow = show;
    this.ask = ask;
    this.paced = paced;
    this.step = -1;
    this.speed = 1;
    this.timer = void 0;
    this.play = button(t("play (space)"), icon("play"), () => this.toggle(), { class: "play", disabled: length === 0 });
    this.pace = button(t("speed, press to change"), "1×", () => this.faster(), { class: "pace" });
    this.backs = [button(t("first step (Home)"), icon("first"), () => this.go(-1)), button(t("back (left arrow)"), icon("back"), () => this.back())];
    this.nexts = [button(t("next (right arrow)"), icon("next"), () => this.next()), button(t("last step (End)"), icon("last"), () => this.go(length - 1))];
    this.root = el("div", { class: "playback", role: "group", "aria-label": t("playback") }, ...this.backs, this.play, ...this.nexts, this.pace);
  }
  get playing() {
    return this.timer !== void 0;
  }
  /** @param {number} step */
  go(step) {
    this.step = Math.min(Math.max(step, -1), this.length - 1);
    for (const b of this.backs) b.setAttribute("aria-disabled", String(this.step < 0));
    for (const b of this.nexts) b.setAttribute("aria-disabled", String(this.step >= this.length - 1));
    this.onShow(this.step);
  }
  back() {
    this.pause();
    this.go(this.step - 1);
  }
  next() {
    if (this.step >= this.length - 1) return this.pause();
    if (this.ask(this.step + 1)) return this.pause();
    this.go(this.step + 1);
  }
  toggle() {
    if (this.playing) return this.pause();
    if (this.step >= this.length - 1) this.go(-1);
    this.tick();
  }
  tick() {
    this.timer = setTimeout(() => this.tick(), 1e3 * SECONDS / this.speed);
    this.face();
    this.next();
  }
  pause() {
    clearTimeout(this.timer);
    this.timer = void 0;
    this.face();
  }
  face() {
    const label = this.playing ? t("pause (space)") : t("play (space)");
    replace(this.play, icon(this.playing ? "pause" : "play"));
    this.play.setAttribute("aria-label", label);
    this.play.title = label;
  }
  faster() {
    this.setSpeed(SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length]);
    this.paced(this.speed);
  }
  /** @param {number} speed steps run this many times as fast */
  setSpeed(speed) {
    this.speed = speed;
    this.pace.textContent = `${speed}×`;
  }
  /** The keys of the whole widget. @param {KeyboardEvent} event */
  key(event) {
    const target = (
      /** @type {HTMLElement} */
      event.target
    );
    if (event.altKey || event.ctrlKey || event.metaKey || target.closest("input:not([type=range]), textarea, select")) return;
    const onButton = target.closest("button, [role=button]") !== null;
    if (event.key === "ArrowRight") this.next();
    else if (event.key === "ArrowLeft") this.back();
    else if (event.key === "Home") this.go(-1);
    else if (event.key === "End") this.go(this.length - 1);
    else if (event.key === " " && !onButton) this.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  stop() {
    this.pause();
  }
};

// widgets/static/predict.js
var Predict = class {
  /**
   * @param {Question[]} questions
   * @param {Score} score
   * @param {{reveal: () => void, scored: (score: Score) => void}} on
   */
  constructor(questions, score, on) {
    this.on = on;
    this.active = false;
    this.score = { ...score };
    this.waiting = new Map(questions.map((question) => [question.step, question]));
    this.question = null;
    this.root = el("div", { class: "predict", role: "group", "aria-label": t("prediction"), hidden: true });
    this.points = el("span", { class: "points", role: "status" });
    this.tally();
  }
  /** @param {boolean} active */
  turn(active) {
    this.active = active;
    this.root.hidden = !active;
    if (active && !this.question) this.rest();
    if (!active) this.question = null;
  }
  /** What is said between two questions. */
  rest() {
    const left = this.waiting.size;
    replace(
      this.root,
      el("p", {}, el("b", {}, t("Predict: ")), left ? t("step on, and you are asked before a step is shown.") : t("all questions are answered.")),
      this.points
    );
  }
  /** Ask the question before `next`, if there is one; true means that `next` must wait. @param {number} next */
  ask(next) {
    if (!this.active) return false;
    if (this.question) return this.question.step === next && !this.answered;
    const question = this.waiting.get(next);
    if (!question) return false;
    this.question = question;
    this.answered = false;
    const choices = question.answers.map(
      (answer, i) => button(t("answer {i}: {answer}", { i: i + 1, answer }), el("code", {}, answer), () => this.answer(i), { class: "answer" })
    );
    replace(this.root, el("p", { class: "prompt" }, el("b", {}, t("Predict: ")), question.prompt), el("div", { class: "answers" }, ...choices), this.points);
    choices[0]?.focus({ preventScroll: true });
    return true;
  }
  /** @param {number} chosen */
  answer(chosen) {
    const { question } = this;
    if (!question || this.answered) return;
    this.answered = true;
    this.waiting.delete(question.step);
    const right = chosen === question.correct;
    this.score.asked += 1;
    if (right) this.score.right += 1;
    this.tally();
    this.on.scored(this.score);
    const shown = question.answers.map((answer, i) => {
      const mark = i === question.correct ? "✓ " : i === chosen ? "✗ " : "";
      const kind = i === question.correct ? "correct" : i === chosen ? "wrong" : "";
      return el("span", { class: `answer ${kind}` }, mark, el("code", {}, answer));
    });
    const go = button(t("show the step"), t("show it"), () => this.leave(), { class: "go" });
    replace(
      this.root,
      el("p", { class: "prompt" }, el("b", {}, right ? t("Right. ") : t("Not quite. ")), question.prompt),
      el("div", { class: "answers" }, ...shown, go),
      el("p", { class: "why", role: "status" }, question.why),
      this.points
    );
    go.focus({ preventScroll: true });
  }
  leave() {
    this.question = null;
    this.rest();
    this.on.reveal();
  }
  /** A question whose step was passed another way is put away. @param {number} step */
  passed(step) {
    if (this.question && step !== this.question.step - 1) {
      this.question = null;
      if (this.active) this.rest();
    }
  }
  tally() {
    this.points.textContent = this.score.asked ? t("{right} of {asked} right so far", { right: this.score.right, asked: this.score.asked }) : "";
  }
  /** Number keys choose. @param {KeyboardEvent} event */
  key(event) {
    const chosen = Number(event.key) - 1;
    if (!this.active || !this.question || this.answered || !(chosen in this.question.answers)) return;
    this.answer(chosen);
    event.preventDefault();
    event.stopPropagation();
  }
};

// widgets/static/bands.js
var WIDE = 0.05;
function legible(stretches, most) {
  if (stretches.length <= most) return stretches;
  const length = stretches[stretches.length - 1].end - stretches[0].first;
  const groups = [];
  let before = false;
  for (const stretch of stretches) {
    const narrow = stretch.end - stretch.first < WIDE * length;
    if (narrow && before) groups[groups.length - 1].push(stretch);
    else groups.push([stretch]);
    before = narrow;
  }
  return groups.map(inTurns);
}
function inTurns(group) {
  if (group.length === 1) return group[0];
  const steps = /* @__PURE__ */ new Map();
  for (const { phase, first: first2, end: end2 } of group) steps.set(phase, (steps.get(phase) ?? 0) + end2 - first2);
  const names = [...new Set(group.map(({ name: name2 }) => name2))];
  const first = group[0].first;
  const end = group[group.length - 1].end;
  const name = names.length > 3 ? t("{count} stretches", { count: group.length }) : t("{phases} in turns", { phases: names.join(", ") });
  return { name, phase: group[0].phase, first, end, shares: [...steps].map(([phase, count]) => [phase, count / (end - first)]) };
}
function bands(shares) {
  let from = 0;
  const stops = shares.map(([phase, share]) => {
    const to = from + 100 * share;
    const stop = `var(--duet-${phase}) ${from.toFixed(1)}% ${to.toFixed(1)}%`;
    from = to;
    return stop;
  });
  return `background:linear-gradient(${stops.join(",")})`;
}
var LETTER = 6.2;
var MARGIN = 12;
function nameSide({ name, first, end }, marks, scale, size) {
  const [left, right, width] = [first * scale, end * scale, name.length * LETTER + MARGIN];
  const free = (from) => !marks.some((mark) => mark + size / 2 > from && mark - size / 2 < from + width);
  if (free((left + right - width) / 2)) return "center";
  return free(left) ? "start" : free(right - width) ? "end" : "center";
}
function spread(marks, room) {
  const apart = [];
  for (
    const kind of
    /** @type {const} */
    ["fault", "peak"]
  ) {
    let last = -Infinity;
    for (const mark of marks.filter((one) => one.kind === kind).sort((a, b) => a.at - b.at)) {
      if (mark.at - last < room) apart[apart.length - 1] = { ...apart[apart.length - 1], words: `${apart[apart.length - 1].words} ${mark.words}` };
      else {
        apart.push(mark);
        last = mark.at;
      }
    }
  }
  return apart;
}

// widgets/static/timeline.js
var WIDTH = 600;
var ROOM = 12;
var MARK = 14;
var Timeline = class {
  /**
   * @param {Stretch[]} stretches
   * @param {number} length how many steps
   * @param {(step: number, open?: boolean) => void} go `open`: what the step is closed in, too
   * @param {(step: number) => string} say the step in words
   * @param {import("./recording.js").Mark[]} marks
   */
  constructor(stretches, length, go, say, marks = []) {
    this.say = say;
    this.slider = el("input", {
      type: "range",
      min: -1,
      max: Math.max(length - 1, 0),
      value: -1,
      "aria-label": t("step"),
      oninput: () => go(Number(this.slider.value))
    });
    this.length = length;
    this.hand = el("i", { class: "hand" });
    this.todo = el("i", { class: "todo" });
    this.bar = el("span", { class: "stretches" });
    this.marks = el("span", { class: "marks" });
    this.root = el(
      "div",
      { class: "timeline" },
      this.bar,
      this.todo,
      this.hand,
      this.slider,
      this.marks
    );
    this.go = go;
    this.filled = { stretches: -1, marks: -1 };
    this.fill(stretches, marks, WIDTH);
    new ResizeObserver(() => this.fill(stretches, marks, this.root.clientWidth || WIDTH)).observe(this.root);
  }
  /**
   * Stretches and marks as they have room in `width` pixels.
   * @param {Stretch[]} stretches
   * @param {import("./recording.js").Mark[]} marks
   * @param {number} width
   */
  fill(stretches, marks, width) {
    const shown = legible(stretches, Math.max(Math.floor(width / ROOM), 1));
    const apart = spread(marks, MARK * this.length / width);
    if (this.filled.stretches !== shown.length) replace(this.bar, ...shown.map((stretch) => this.stretch(stretch)));
    const scale = width / Math.max(this.length, 1);
    shown.forEach((stretch, i) => {
      const part = (
        /** @type {HTMLElement} */
        this.bar.children[i]
      );
      part.style.justifyContent = nameSide(stretch, apart.map(({ at }) => (at + 1) * scale), scale, MARK);
    });
    if (this.filled.marks !== apart.length) replace(this.marks, ...apart.map((mark) => this.mark(mark)));
    this.filled = { stretches: shown.length, marks: apart.length };
  }
  /** @param {Mixed} stretch */
  stretch({ name, phase, first, end, shares }) {
    const told = t("{name}: steps {first} to {end}", { name, first: first + 1, end });
    return el("span", { class: `stretch ${phase}`, style: `flex-grow:${end - first};${shares ? bands(shares) : ""}`, title: told }, el("b", {}, name));
  }
  /** @param {import("./recording.js").Mark} mark */
  mark({ at, kind, words }) {
    return button(t("go to step {at}: {words}", { at: at + 1, words }), kind === "fault" ? "!" : "▲", () => this.go(at, kind === "fault"), { class: `mark ${kind}`, style: `left:clamp(0px, calc(${this.share(at)} - ${MARK / 2 + 1}px), calc(100% - ${MARK}px))` });
  }
  /** How far along a step is. @param {number} step */
  share(step) {
    return `${100 * (step + 1) / Math.max(this.length, 1)}%`;
  }
  /** @param {number} step */
  show(step) {
    const share = this.share(step);
    this.slider.value = String(step);
    this.slider.setAttribute("aria-valuetext", this.say(step));
    this.hand.style.left = share;
    this.todo.style.left = share;
  }
};

// widgets/static/shell.js
var Shell = class {
  /**
   * @param {HTMLElement} root
   * @param {Host} host
   * @param {{name: string, sides: Side[], length: number, stretches: import("./timeline.js").Stretch[],
   *   questions: Question[], show: (step: number) => void, say: (step: number) => string, above?: HTMLElement | null,
   *   marks?: import("./recording.js").Mark[]}} parts
   */
  constructor(root, host, parts) {
    this.host = host;
    this.parts = parts;
    this.spoken = el("p", { class: "spoken", "aria-live": "polite" });
    this.predict = new Predict(parts.questions, host.state.score, {
      reveal: () => this.playback.go(this.playback.step + 1),
      scored: host.scored
    });
    this.playback = new Playback(parts.length, (step) => this.show(step), (next) => this.predict.ask(next), host.paced);
    this.timeline = new Timeline(parts.stretches, parts.length, (step, open = false) => this.jump(step, open), parts.say, parts.marks);
    this.steps = button(t("step through"), t("Step"), () => this.turn(false), { class: "mode" });
    const asks = parts.questions.length > 0;
    this.predicts = button(
      asks ? t("predict each step") : t("predict each step: nothing here to ask about"),
      t("Predict"),
      () => asks && this.turn(true),
      { class: "mode", "aria-disabled": asks ? null : "true" }
    );
    this.root = el(
      "div",
      { class: "shell player", role: "application", "aria-label": parts.name, tabindex: -1 },
      this.header(),
      parts.above,
      el("div", { class: "sides" }, ...parts.sides.map((side) => side.root)),
      this.predict.root,
      // above the controls, which stay at the bottom edge
      el("footer", { class: "controls" }, this.playback.root, this.timeline.root, el("span", { class: "keys", "aria-hidden": "true" }, t("← → space"))),
      this.spoken
    );
    const help = new Help(this.root, legend(parts.sides.length > 1), TOUR);
    this.root.querySelector(".head")?.append(help.opener);
    this.root.append(heightHandle(this.root, parts.name));
    keepFocus(this.root);
    this.root.addEventListener("keydown", (event) => {
      this.predict.key(event);
      if (!event.defaultPrevented) this.playback.key(event);
    });
    root.append(this.root);
    this.playback.setSpeed(host.state.speed);
    this.turn(host.state.predict);
    this.playback.go(host.state.step);
  }
  header() {
    const found = el("span", { class: "found", role: "status" });
    const search = el("input", {
      type: "search",
      placeholder: t("find a node"),
      "aria-label": t("find a node"),
      oninput: () => {
        const count = this.parts.sides.reduce((sum, side) => sum + side.find(search.value), 0);
        found.textContent = search.value.trim() ? t("{count} found", { count }) : "";
      }
    });
    const { allOps } = this.host;
    const all = allOps && button(
      t("show the framework's own ops too: Identity, constants, loop counters"),
      t("all ops"),
      allOps.toggle,
      { class: "tool all-ops", "aria-pressed": String(allOps.on) }
    );
    const repeats = this.parts.sides.some((side) => side.folds);
    const fold = button(
      repeats ? t("fold repeated blocks") : t("fold repeated blocks: nothing repeats here"),
      t("fold repeats"),
      () => repeats && this.fold(fold),
      { class: "tool", "aria-pressed": "false", "aria-disabled": repeats ? null : "true" }
    );
    return el(
      "header",
      { class: "head" },
      el("h2", {}, this.parts.name),
      el("div", { class: "modes", role: "group", "aria-label": t("mode") }, this.steps, this.predicts),
      el("span", { class: "space" }),
      found,
      search,
      all,
      this.host.folds && fold,
      this.host.page && button(t("save as a page that needs no kernel"), t("⤓ HTML"), this.host.page, { class: "tool" })
    );
  }
  /** @param {HTMLElement} pressed */
  async fold(pressed) {
    const folded = pressed.getAttribute("aria-pressed") !== "true";
    const done = await Promise.all(this.parts.sides.map((side) => side.refold(folded)));
    if (!done.includes(true)) return;
    pressed.setAttribute("aria-pressed", String(folded));
  }
  /** @param {boolean} predict */
  turn(predict) {
    this.predict.turn(predict);
    this.root.classList.toggle("predicting", predict);
    this.predicts.setAttribute("aria-pressed", String(predict));
    this.steps.setAttribute("aria-pressed", String(!predict));
    this.host.predicting(predict);
  }
  /** @param {number} step */
  show(step) {
    this.predict.passed(step);
    this.parts.show(step);
    this.timeline.show(step);
    if (!this.playback.playing) this.spoken.textContent = this.parts.say(step);
    this.host.stepped(step);
  }
  /** @param {number} step @param {boolean} open what it is closed in, too */
  jump(step, open) {
    this.playback.pause();
    this.playback.go(step);
    if (open) for (const side of this.parts.sides) side.openCurrent();
  }
  stop() {
    this.playback.stop();
  }
};

// widgets/static/code_panel.js
var LEAST2 = 24;
var WORDS = /(#.*$)|("[^"]*"|'[^']*')|\b(def|return|if|elif|else|while|for|in|with|as|import|from|class|lambda|not|and|or|is|None|True|False|pass|yield|raise|try|except)\b|\b(\d[\d.e]*)\b/g;
var CodePanel = class {
  /**
   * @param {Recording} recording
   * @param {{hover: (line: number) => void, jump: (line: number) => void}} on
   */
  constructor(recording, on) {
    this.recording = recording;
    const numbers = new Map(recording.data.lines.map(([file, line], i) => [`${file}:${line}`, i]));
    this.rows = /* @__PURE__ */ new Map();
    this.heads = /* @__PURE__ */ new Map();
    const most = Math.max(0, ...[...recording.visitsOfLine.values()].map((visits) => visits.length));
    this.counted = most > 1;
    const several = new Set(recording.data.sources.map((source) => source.file)).size > 1;
    const parts = recording.data.sources.map(
      (source) => el("div", { class: "source" }, several && el("p", { class: "file" }, source.file.split("/").pop()), ...this.lines(source, numbers, on))
    );
    const empty = !parts.length && el("p", { class: "empty" }, t("The recording holds no source code."));
    this.root = el("div", { class: "code", role: "group", "aria-label": t("code"), tabindex: 0 }, empty, ...parts);
    this.current = -1;
    const digits = Math.max(2, ...recording.data.sources.map((source) => String(source.first + source.text.split("\n").length - 1).length));
    const counts = this.counted ? String(most).length + 2 : 0;
    this.root.style.setProperty("--digits", `${digits}ch`);
    this.root.style.setProperty("--counts", `${counts}ch`);
    const lines = recording.data.sources.flatMap((source) => dedented(source.text));
    this.root.style.setProperty("--least", `${common(lines.map((line) => line.search(/\S/))) + LEAST2}ch`);
    this.columns = common(lines.map((line) => line.trimEnd().length)) + counts + digits - 2;
  }
  /**
   * The rows of a source; each that a step ran knows the `def` that it is in.
   * @param {{file: string, first: number, text: string}} source
   * @param {Map<string, number>} numbers
   * @param {{hover: (line: number) => void, jump: (line: number) => void}} on
   */
  lines(source, numbers, on) {
    const texts2 = dedented(source.text);
    const known = texts2.map((_, i) => numbers.get(`${source.file}:${source.first + i}`));
    const rows = texts2.map((text, i) => this.row(source.first + i, text, known[i], on));
    const heads = headsOf(texts2);
    known.forEach((line, i) => line !== void 0 && heads[i] >= 0 && this.heads.set(line, rows[heads[i]]));
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
    const row = el(
      "div",
      { class: faults.length ? "line faulty" : "line", "data-line": number, title: faults.join(" ") || null },
      el("span", { class: "gutter" }, el("span", { class: "number" }, number), this.counted && count),
      code
    );
    if (line !== void 0) {
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
};
function dedented(text) {
  const lines = text.replace(/\n$/, "").split("\n");
  const shared = Math.min(...lines.map((line) => line.search(/\S/)).filter((indent) => indent >= 0), 80);
  return lines.map((line) => line.slice(shared));
}
function headsOf(texts2) {
  const open = [];
  return texts2.map((text, at) => {
    const indent = text.search(/\S/);
    while (indent >= 0 && open.length && open[open.length - 1].indent >= indent && !/^\s*\)/.test(text)) open.pop();
    const head = open[open.length - 1]?.at ?? -1;
    if (/^\s*(async\s+)?def\b/.test(text)) open.push({ at, indent });
    return head;
  });
}
function common(numbers) {
  const positive = numbers.filter((number) => number > 0).sort((a, b) => a - b);
  return positive.length ? positive[Math.ceil(positive.length * 0.9) - 1] : 0;
}
function keepInView(panel, row) {
  const above = row.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  const margin = 2 * row.offsetHeight;
  if (above >= margin && above + row.offsetHeight + margin <= panel.clientHeight) return;
  panel.scrollTop += above - (panel.clientHeight - row.offsetHeight) / 2;
}
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
function breakable(text) {
  return text.split(/(?=\.)|(?<=[([])/).flatMap((part, i) => i ? [el("wbr", {}), part] : [part]);
}

// widgets/static/changes.js
var Changes = class {
  /** @param {Scene} scene */
  constructor(scene) {
    this.boxes = /* @__PURE__ */ new Map();
    this.links = /* @__PURE__ */ new Map();
    scene.boxes.forEach((box, i) => {
      for (const [step] of box.moments) list(this.boxes, step).push(i);
    });
    scene.links.forEach((link, i) => {
      for (const [step] of link.flows) for (const at of [step, step + 1]) set(this.links, at).add(i);
    });
  }
  /**
   * What differs between two steps; null where they lie apart, and everything may differ.
   * @param {number} before @param {number} after
   */
  between(before, after) {
    if (Math.abs(after - before) !== 1) return null;
    const step = Math.max(before, after);
    return { boxes: this.boxes.get(step) ?? [], links: [...this.links.get(step) ?? []] };
  }
};
function list(map, key) {
  const found = map.get(key) ?? [];
  map.set(key, found);
  return found;
}
function set(map, key) {
  const found = map.get(key) ?? /* @__PURE__ */ new Set();
  map.set(key, found);
  return found;
}

// widgets/static/pan_zoom.js
var LEAST3 = 0.02;
var MOST2 = 3;
var EDGE = 20;
var PanZoom = class {
  /**
   * @param {SVGSVGElement} frame fills the panel
   * @param {SVGGElement} content is moved
   * @param {() => void} moved called after each move
   */
  constructor(frame, content, moved) {
    this.moved = moved;
    this.frame = frame;
    this.content = content;
    this.width = 1;
    this.height = 1;
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.touched = false;
    frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.press(event));
  }
  /** The size of the drawing, in its own units. @param {number} width @param {number} height */
  size(width, height) {
    this.width = width;
    this.height = height;
  }
  /**
   * Show all of it.
   * @param {number} [least] but never smaller than this scale
   */
  fit(least = LEAST3) {
    const { clientWidth, clientHeight } = this.frame;
    if (!clientWidth || !clientHeight) return;
    const all = Math.min((clientWidth - 2 * EDGE) / this.width, (clientHeight - 2 * EDGE) / this.height, 1.15);
    this.scale = Math.max(all, least);
    this.x = (clientWidth - this.width * this.scale) / 2;
    this.y = Math.max((clientHeight - this.height * this.scale) / 2, EDGE);
    this.touched = false;
    this.apply();
  }
  /** @param {number} factor @param {number} [atX] pixels in the panel @param {number} [atY] */
  zoom(factor, atX = this.frame.clientWidth / 2, atY = this.frame.clientHeight / 2) {
    const scale = Math.min(Math.max(this.scale * factor, LEAST3), MOST2);
    this.x = atX - (atX - this.x) * scale / this.scale;
    this.y = atY - (atY - this.y) * scale / this.scale;
    this.scale = scale;
    this.touched = true;
    this.apply();
  }
  /**
   * Begin where most is seen: a drawing that is wider than the panel moves sideways until most of `things` are whole.
   * @param {number[][]} things rectangles of the drawing
   */
  begin(things) {
    const { clientWidth, clientHeight } = this.frame;
    if (this.width * this.scale <= clientWidth) return;
    const low2 = things.filter(([, top, , height]) => (top + height) * this.scale + this.y <= clientHeight);
    const x = EDGE - fullest(low2, (clientWidth - 2 * EDGE) / this.scale) * this.scale;
    this.x = Math.max(x, clientWidth - EDGE - this.width * this.scale);
    this.apply();
  }
  /**
   * Move as little as needed until a rectangle of the drawing shows.
   * @param {number[]} rectangle
   * @param {boolean} [gently]
   * @param {number} [margin] pixels, at most, between it and the edge that it was beyond; a fifth of the panel if not given
   */
  follow([left, top, width, height], gently = !calm(), margin = Infinity) {
    const { clientWidth, clientHeight } = this.frame;
    const x = shift(left * this.scale + this.x, width * this.scale, clientWidth, Math.min(clientWidth / 5, margin));
    const y = shift(top * this.scale + this.y, height * this.scale, clientHeight, Math.min(clientHeight / 5, margin));
    if (!x && !y) return;
    this.x += x;
    this.y += y;
    this.apply(gently);
  }
  /** @param {boolean} [gently] */
  apply(gently = false) {
    this.content.classList.toggle("gently", gently);
    this.content.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.moved();
  }
  /** Whether a rectangle of the drawing has room in the panel, and some to spare. @param {number[]} rectangle */
  holds([, , width, height]) {
    const { clientWidth, clientHeight } = this.frame;
    return width * this.scale < clientWidth * 0.8 && height * this.scale < clientHeight * 0.7;
  }
  /** @param {WheelEvent} event */
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = this.frame.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }
  /** @param {PointerEvent} start */
  press(start) {
    if (start.button !== 0 || /** @type {Element} */
    start.target.closest(".box, .toggle")) return;
    const { x, y } = this;
    const move = (event) => {
      this.x = x + event.clientX - start.clientX;
      this.y = y + event.clientY - start.clientY;
      this.touched = true;
      this.apply();
    };
    const stop = () => {
      this.frame.removeEventListener("pointermove", move);
      this.frame.removeEventListener("pointerup", stop);
      this.frame.removeEventListener("pointercancel", stop);
    };
    this.frame.setPointerCapture(start.pointerId);
    this.frame.addEventListener("pointermove", move);
    this.frame.addEventListener("pointerup", stop);
    this.frame.addEventListener("pointercancel", stop);
  }
};
function fullest(things, room) {
  const edges = [0, ...things.map(([left]) => left)].sort((a, b) => a - b);
  const whole = edges.map((edge) => things.filter(([left, , width]) => left >= edge && left + width <= edge + room).length);
  return edges[whole.indexOf(Math.max(...whole))];
}
function shift(start, size, room, margin) {
  if (start >= 0 && start + size <= room) return 0;
  if (size > room) return -start;
  const kept = Math.min(margin, (room - size) / 2);
  return (start < 0 ? kept : room - kept - size) - start;
}

// widgets/static/words.js
var WORDS2 = {
  input: t("input"),
  parameter: t("parameter"),
  variable: t("variable"),
  constant: t("constant"),
  op: t("op"),
  branch: t("branch"),
  output: t("output"),
  autograd: t("autograd"),
  scope: t("scope"),
  leaf: t("leaf"),
  global: t("global"),
  shared: t("shared"),
  local: t("local"),
  serial: t("serial"),
  "lock-step": t("lock-step")
};
function word(name) {
  return WORDS2[name] ?? name;
}

// widgets/static/graph_panel.js
var CORNER = (
  /** @type {Record<string, number>} */
  appearance_default.corner
);
var REPEATED = new Set(appearance_default.repeated);
var READABLE = 1;
var TITLE = 22;
var BESIDE2 = /* @__PURE__ */ new Set(["parameter", "variable", "constant"]);
var EARLY = 8;
var PREFERRED = 3;
var TALL = 0.5;
var LABEL = 9;
var drawings = 0;
var GraphPanel = class {
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
      button(t("show all of the graph, however small"), t("all"), () => this.showAll())
    );
    this.root = el("div", { class: "graph" }, this.canvas, this.tools);
    this.step = -1;
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("focusin", (event) => this.seek(
      /** @type {Element} */
      event.target
    ));
    this.all = false;
    this.hovered = -1;
    this.chosen = -1;
    new ResizeObserver(() => this.resized()).observe(this.root);
  }
  /** Arrow heads, in the colours that arrows have. */
  heads() {
    const head = (name, size = 7) => svg(
      "marker",
      {
        id: `${this.id}-${name}`,
        class: `tip ${name}`,
        viewBox: "0 0 10 10",
        refX: 9,
        refY: 5,
        markerWidth: size,
        markerHeight: size,
        markerUnits: "userSpaceOnUse",
        orient: "auto"
      },
      svg("path", { d: "M0 1L10 5L0 9Z" })
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
      svg("g", {}, ...this.frames.map((frame) => frame.close))
    );
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
    this.view.begin([...[...early, ...given].map((box) => box.at), ...labels, ...first ? Array(PREFERRED).fill(first.at) : []]);
    if (first) this.view.follow(first.at, false, EDGE);
  }
  /** The boxes of the first steps, in their order. */
  earlyBoxes() {
    const { box = [], boxes = [] } = this.scene ?? {};
    const known = [...new Set(box.filter((number) => number >= 0))].map((number) => boxes[number]);
    const works = known.filter(({ kind }) => !BESIDE2.has(kind));
    return (works.length ? works : known).slice(0, EARLY);
  }
  showAll() {
    this.all = true;
    this.view.fit();
  }
  /** Bring a part into sight: its frame where it is open, else its box. @param {string[]} path */
  reveal(path) {
    const name = path.join("/");
    const part = this.scene?.frames.find((frame) => frame.path.join("/") === name) ?? this.scene?.boxes.find((box2) => box2.scope?.join("/") === name);
    if (!part) return;
    this.view.follow(part.at, false);
    const { box = [], boxes = [] } = this.scene ?? {};
    const first = box.find((number) => number >= 0 && !BESIDE2.has(boxes[number].kind) && inside(boxes[number].at, part.at));
    if (first !== void 0) this.view.follow(boxes[first].at, false);
  }
  /** Bring what the Tab key reaches into sight; the browser has scrolled to where it was. @param {Element} reached */
  seek(reached) {
    const [at, room] = [reached, this.canvas].map((element) => element.getBoundingClientRect());
    if (at.left >= room.left && at.top >= room.top && at.right <= room.right && at.bottom <= room.bottom) return;
    const box = this.boxes?.findIndex(({ group }) => group === reached) ?? -1;
    const frame = this.frames?.findIndex(({ close }) => close === reached) ?? -1;
    if (box >= 0) this.view.follow(
      /** @type {Scene} */
      this.scene.boxes[box].at,
      false
    );
    if (frame >= 0) this.view.follow(labelled(
      /** @type {Scene} */
      this.scene.frames[frame]
    ), false);
    requestAnimationFrame(() => this.canvas.scrollIntoView({ block: "nearest" }));
  }
  /** The title of an open frame stays in sight while some of the frame is, below the title of the frame around it. That
   * of a low frame moves sideways only: it would cover the boxes of a frame that is nearly out of sight. */
  keepTitles() {
    const { x, y, scale } = this.view;
    const kept = /* @__PURE__ */ new Map();
    for (const [i, frame] of this.scene?.frames.entries() ?? []) {
      const [left, top, width, height] = frame.at;
      const above = frame.path.map((_, n) => kept.get(frame.path.slice(0, n).join("/"))).filter((each) => each?.stuck).pop();
      const edge = Math.max(-y / scale, above ? above.top + TITLE : -Infinity);
      const right = clamp(-x / scale - left, width - labelled(frame)[2] - 4);
      const tall = height * scale > TALL * this.canvas.clientHeight;
      const down = tall ? clamp(edge - top, height - TITLE - 4) : 0;
      kept.set(frame.path.join("/"), { top: top + down, stuck: down > 0 });
      const { close } = (
        /** @type {NonNullable<typeof this.frames>} */
        this.frames[i]
      );
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
      {
        class: "toggle",
        role: "button",
        tabindex: 0,
        "aria-label": t("close {label}", { label: frame.label }),
        onclick: () => this.on.toggle(frame.path, false)
      },
      svg("rect", { x: left + 2, y: top + 4, width: labelled(frame)[2], height: 18, rx: 5 }),
      label
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
    const texts2 = ["title", "under", "gradient"].map((name) => svg("text", { class: name, x: centre, "text-anchor": "middle" }));
    texts2[0].textContent = box.title + (box.scope ? " ▸" : "");
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
        onmouseleave: () => this.hover(-1)
      },
      svg("rect", { x: left, y: top, width, height, rx: CORNER[box.kind] ?? CORNER.other }),
      ...texts2.flatMap((text) => [text, " "])
      // the space keeps lines apart where the box is read aloud
    );
    group.prepend(svg("title", {}, box.full));
    return { group, texts: texts2, middle: top + (height - box.foot) / 2 };
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
      if (shown[i]?.[1] === "ghost" !== (moment[1] === "ghost")) for (const link of this.around?.[i] ?? []) links.add(link);
      shown[i] = moment;
      this.write(i, moment);
    }
    this.fresh = false;
    for (const i of links) this.dress(i, step);
    this.mark(step < 0 ? -1 : scene.box[step] ?? -1);
  }
  /** @param {number} number @param {Moment} moment */
  write(number, moment) {
    const { group, texts: texts2, middle } = (
      /** @type {NonNullable<typeof this.boxes>} */
      this.boxes[number]
    );
    const box = (
      /** @type {Scene} */
      this.scene.boxes[number]
    );
    const [, status, under, gradient, freed] = moment;
    group.classList.toggle("ghost", status === "ghost");
    group.classList.toggle("handle", status === "handle");
    group.classList.toggle("failed", status === "failed");
    group.classList.toggle("freed", freed === 1);
    texts2[1].textContent = box.held && gradient ? "" : under;
    texts2[2].textContent = gradient;
    const said = texts2.filter((text) => text.textContent);
    const pitch = box.held ? 12 : 15;
    said.forEach((text, row) => text.setAttribute("y", String(middle + (row - (said.length - 1) / 2) * pitch + 4)));
    const read2 = texts2.map((text) => text.textContent).filter(Boolean).join(" ");
    const state = { ghost: t("not there yet"), handle: t("a handle"), done: "", failed: t("failed") }[status];
    const more = [word(box.kind), state, freed ? t("its saved tensors are freed") : "", box.scope ? t("press o to open") : ""];
    group.setAttribute("aria-label", [read2, ...more].filter(Boolean).join(", "));
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
    const state = [link.quiet && "quiet", link.quiet && pointed && "pointed", ghost && "ghost", into && "into", flow.state !== "none" && flow.state].filter(Boolean).join(" ");
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
    return fitting.reduce((most, at) => at[2] * at[3] > most[2] * most[3] ? at : most, box.at);
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
    const target = (
      /** @type {Element} */
      event.target
    );
    const press = event.key === "Enter" || event.key === " ";
    if (press && target.closest(".toggle")) {
      target.closest(".toggle").dispatchEvent(new MouseEvent("click"));
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
};
function clamp(value, most) {
  return Math.max(0, Math.min(value, most));
}
function labelled({ label, at: [left, top] }) {
  return [left, top, 8 + 6.4 * Math.min(label.length + 2, 31), 22];
}
function short(label) {
  return label.length > 28 ? `${label.slice(0, 27)}…` : label;
}
function inside([left, top], [x, y, width, height]) {
  return left >= x && top >= y && left <= x + width && top <= y + height;
}

// widgets/static/memory_bar.js
var MemoryBar = class {
  /** @param {number} most the bytes of a full bar */
  constructor(most) {
    this.most = most;
    this.saved = el("i", { class: "saved" });
    this.rest = el("i", { class: "alive" });
    this.words = el("span", { class: "memory-words" });
    this.track = el("div", {
      class: "memory-track",
      role: "meter",
      "aria-label": t("memory"),
      "aria-valuemin": 0,
      "aria-valuemax": most,
      "aria-valuenow": 0
    }, this.saved, this.rest);
    this.root = el("div", { class: "memory" }, el("b", {}, t("memory")), this.track, this.words);
  }
  /** @param {[number, number] | null} memory bytes alive, and those that autograd holds */
  show(memory) {
    const [alive, saved] = memory ?? [0, 0];
    this.root.hidden = memory === null;
    this.saved.style.width = `${100 * saved / this.most}%`;
    this.rest.style.width = `${100 * Math.max(alive - saved, 0) / this.most}%`;
    this.track.setAttribute("aria-valuenow", String(alive));
    this.track.setAttribute("aria-valuetext", t("{alive} alive, {saved} saved by autograd", { alive: bytes(alive), saved: bytes(saved) }));
    replace(this.words, t("{bytes} alive", { bytes: bytes(alive) }), saved > 0 && el("em", {}, t(" · {bytes} saved by autograd", { bytes: bytes(saved) })));
  }
};

// widgets/static/scenes.js
function sceneKey(opened) {
  return [...opened].sort().join("|");
}
function toggledWords(name, found) {
  if (!found) return t("Opening {path} needs a running kernel: run the cell again.", { path: name });
  if (!found.fits) return t("{path} has too many boxes or arrows for one picture. Record a smaller piece to see inside it.", { path: name });
  if (!found.closed.length) return "";
  return t("Closed to make room for {path}: {frames}.", { path: name, frames: found.closed.map((frame) => frame.label).join(", ") });
}
function scenesFor(first, fetch) {
  const start = { false: first.key, true: "" };
  const kept = /* @__PURE__ */ new Map([[`false:${first.key}`, first]]);
  let folded = false;
  let opened = new Set(first.opened);
  let shown = first;
  const enter = (scene, fold) => {
    kept.set(`${fold}:${scene.key}`, scene);
    opened = new Set(scene.opened);
    shown = scene;
    folded = fold;
    return scene;
  };
  return {
    /**
     * Open or close the scope at `path`; closing closes everything inside it too.
     * @param {string[]} path
     * @param {boolean} open
     * @returns {Promise<Toggled | null>} null where there is no kernel to ask
     */
    async toggle(path, open) {
      const name = path.join("/");
      const wanted = new Set([...opened].filter((other) => open || other !== name && !other.startsWith(`${name}/`)));
      if (open) path.forEach((_, depth) => wanted.add(path.slice(0, depth + 1).join("/")));
      const scene = kept.get(`${folded}:${sceneKey(wanted)}`) ?? await fetch([...wanted], folded);
      if (!scene) return null;
      if (open && !scene.opened.includes(name)) return { scene: shown, fits: false, closed: [] };
      const closed = shown.frames.filter((frame) => wanted.has(frame.path.join("/")) && !scene.opened.includes(frame.path.join("/")));
      return { scene: enter(scene, folded), fits: true, closed };
    },
    /** Fold repeated blocks, or unfold them. @param {boolean} fold */
    async refold(fold) {
      const scene = (fold ? kept.get(start.true) : kept.get(`false:${start.false}`)) ?? await fetch(null, fold);
      if (!scene) return null;
      if (fold) start.true = `true:${scene.key}`;
      return enter(scene, fold);
    }
  };
}

// widgets/static/splitter.js
var NUDGE2 = 24;
var LEAST4 = 110;
function splitter(panels, first) {
  const most = () => Math.max(panels.clientWidth * 0.7, LEAST4);
  const bar = el("div", {
    class: "splitter",
    role: "separator",
    tabindex: 0,
    "aria-orientation": "vertical",
    "aria-label": t("width of the code"),
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    "aria-valuenow": 34,
    title: t("drag, or press the up and down keys, to resize; double-click for as wide as the code")
  });
  const say = () => bar.setAttribute("aria-valuenow", String(Math.round(100 * first.offsetWidth / Math.max(panels.clientWidth, 1))));
  const size = (width) => {
    panels.style.setProperty("--code", `${Math.min(Math.max(width, LEAST4), most())}px`);
    say();
  };
  bar.addEventListener("focus", say);
  bar.addEventListener("dblclick", () => {
    panels.style.removeProperty("--code");
    say();
  });
  bar.addEventListener("pointerdown", (start) => {
    const from = first.offsetWidth;
    const move = (event) => size(from + event.clientX - start.clientX);
    bar.setPointerCapture(start.pointerId);
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
    start.preventDefault();
  });
  bar.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (way === void 0) return;
    size(first.offsetWidth + way * NUDGE2);
    event.preventDefault();
    event.stopPropagation();
  });
  return bar;
}

// widgets/static/heat_map.js
var { low, zero, high, notFinite, notFiniteByte } = appearance_default.heat;
var SCALE = `background:linear-gradient(90deg,${[low, zero, high].map((colour) => `rgb(${colour})`)})`;
function heatColour(byte) {
  if (byte === notFiniteByte) return notFinite;
  const share = (byte - 127) / 127;
  const end = share < 0 ? low : high;
  return zero.map((from, i) => Math.round(from + (end[i] - from) * Math.sqrt(Math.abs(share))));
}
function heatMap({ rows, columns, heat, scale }, label) {
  const cells = Uint8Array.from(atob(heat), (c) => c.charCodeAt(0));
  const size = Math.max(3, Math.min(9, Math.floor(144 / Math.max(rows, columns))));
  const canvas = el("canvas", {
    width: columns,
    height: rows,
    role: "img",
    "aria-label": t("{label}: heat map of {rows} by {columns} samples from minus {scale} to {scale}", { label, rows, columns, scale }),
    style: `width:${columns * size}px;height:${rows * size}px`
  });
  const context = canvas.getContext("2d");
  if (context) {
    const image = context.createImageData(columns, rows);
    cells.forEach((byte, i) => image.data.set([...heatColour(byte), 255], 4 * i));
    context.putImageData(image, 0, 0);
  }
  return el(
    "figure",
    { class: "heat-map" },
    canvas,
    el("figcaption", {}, el("span", {}, `−${scale}`), el("i", { class: "heat-scale", style: SCALE }), el("span", {}, `+${scale}`))
  );
}

// widgets/static/number_grid.js
var LINE = 40;
function perRow(cells) {
  const widest = Math.max(1, ...cells.map((cell) => cell.length));
  return Math.max(2, Math.min(cells.length, Math.floor(LINE / (widest + 2))));
}
function numberGrid({ rows, columns, cells }, label, kind = "value") {
  if (rows === 1 && columns > perRow(cells)) {
    columns = perRow(cells);
    rows = Math.ceil(cells.length / columns);
  }
  const line = (row) => el("tr", {}, ...cells.slice(row * columns, (row + 1) * columns).map((cell) => el("td", {}, cell)));
  return el(
    "table",
    { class: `number-grid ${kind}`, "aria-label": label },
    el("tbody", {}, ...Array.from({ length: rows }, (_, row) => line(row)))
  );
}

// widgets/static/value_card.js
function valueCard(value, { role = "", kind = "value" } = {}) {
  const name = [role, value.name].filter(Boolean).join(" ") || t("value");
  return el(
    "div",
    { class: `value-card ${kind}`, role: "group", "aria-label": `${name}, ${value.type}` },
    el(
      "header",
      {},
      role && el("span", { class: "role" }, role),
      value.name && value.name !== role && el("b", {}, value.name),
      el("span", { class: "type" }, value.type)
    ),
    body(value, name, kind),
    facts(value)
  );
}
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
function facts(value) {
  const said = [];
  if (value.heat && value.stats) said.push(t("min {min} · max {max} · mean {mean}", { min: value.stats[0], max: value.stats[1], mean: value.stats[2] }));
  if (value.nonfinite) said.push(t("{count} not finite", { count: value.nonfinite }));
  if (value.sampled) said.push(t("read {count} elements", { count: value.sampled }));
  if (value.bytes) said.push(bytes(value.bytes));
  if (value.flags) said.push(value.flags.map(word).join(" · "));
  return said.length ? el("footer", {}, ...said.flatMap((fact, i) => [i ? " · " : "", el("span", {}, fact)])) : null;
}

// widgets/static/side.js
var RAISED = 160;
var Side = class {
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
    this.other = () => {
    };
    this.code = new CodePanel(this.recording, { hover: (line) => this.hoverLine(line), jump: (line) => this.jumpToLine(line) });
    this.graph = new GraphPanel({
      select: (box) => this.choose(box),
      hover: (box) => this.hoverBox(box),
      toggle: (path, open) => this.toggle(path, open)
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
      this.panels()
    );
    if (this.recording.data.omitted.length) this.say(t("Left out: {omitted}.", { omitted: this.recording.data.omitted.join("; ") }));
    else if (this.recording.length === 0) this.say(t("This recording has no steps: the program used no tensor."));
    this.draw(data.scene);
  }
  /** Code, graph and values, with a bar that shares the room out between the first two. */
  panels() {
    const panels = el("div", { class: "panels", style: `--columns:${Math.min(Math.max(this.code.columns, 14), 64)}` }, this.code.root);
    panels.append(
      splitter(panels, this.code.root),
      el("div", { class: "stage" }, this.graph.root, this.message),
      el("div", { class: "reading" }, this.values, this.memory.root)
    );
    return panels;
  }
  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    this.graph.draw(scene);
    this.boxesOfLine = /* @__PURE__ */ new Map();
    scene.box.forEach((box, step) => {
      const line = this.recording.data.line[step];
      if (line < 0 || box < 0) return;
      const boxes = this.boxesOfLine?.get(line) ?? /* @__PURE__ */ new Set();
      this.boxesOfLine?.set(line, boxes.add(box));
    });
  }
  /** @param {number} step @param {string} [doing] what this side of a Duet does while the other one steps */
  show(step, doing = "") {
    this.step = step;
    this.code.show(step);
    this.graph.show(step, step < 0 ? "" : this.recording.data.turn[step]);
    this.memory.show(step < 0 ? [0, 0] : this.recording.data.memory[step] ?? null);
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
        el("p", { class: "hint" }, hint)
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
      ...(recording.findingsAt.get(step) ?? []).map((finding) => el(
        "div",
        { class: "finding" },
        el("p", {}, el("b", {}, `! ${finding.kind}: `), ...worded(finding.sentence)),
        el("p", {}, el("b", {}, t("Try: ")), ...worded(finding.advice))
      )),
      detail.control && el("p", { class: "control" }, detail.control),
      ...cards,
      detail.saved && el("p", { class: "saved" }, t("autograd saves {saved}", { saved: detail.saved.join(", ") })),
      detail.freed && el("p", { class: "freed" }, t("freed: what {freed} had saved", { freed: detail.freed.join(", ") })),
      !detail.error && detail.note && el("p", { class: "note" }, detail.note)
    );
  }
  /** What is wrong with the program, each with a way to its step. */
  findings() {
    const { findings } = this.recording.data;
    if (!findings.length) return [];
    return [
      el("p", { class: "what" }, el("b", {}, tn("{number} finding", "{number} findings", findings.length))),
      el("ul", { class: "findings", "aria-label": t("findings") }, ...findings.map(({ step, line, kind, sentence: sentence2 }) => {
        const place = this.recording.place(line);
        const at = place ? t("line {number}", { number: place.number }) : t("step {step}", { step: step + 1 });
        return el("li", {}, button(t("go to step {step}: {sentence}", { step: step + 1, sentence: sentence2 }), el("span", {}, el("b", {}, `! ${at}, ${kind}: `), ...worded(sentence2)), () => this.jumpInto(step)));
      }))
    ];
  }
  /** @param {import("./recording.js").Detail} detail */
  forward(detail) {
    const made = this.recording.values(detail.writes).map((value) => valueCard(value, { role: t("makes") }));
    const read2 = this.recording.values(detail.reads).map((value) => valueCard(value, { role: t("reads") }));
    return [...made, ...read2];
  }
  /** Value and gradient side by side; a sum of gradients as it is made. @param {import("./recording.js").Detail} detail */
  backward(detail) {
    const { recording } = this;
    const made = detail.of ? recording.values(recording.detail(detail.of[0]).writes) : [];
    const gradients = recording.values(detail.gradients);
    const came = recording.values(detail.sum);
    const sum = came.length > 0 && el(
      "p",
      { class: "sum" },
      t("summed: "),
      el("b", {}, sumText(came.map((value) => value.short))),
      ` = ${gradients[0]?.short ?? "?"}`
    );
    const pair = el(
      "div",
      { class: "pair" },
      ...made.slice(0, 1).map((value) => valueCard(value, { role: t("value") })),
      ...gradients.map((value) => valueCard(bare(value), { role: t("gradient"), kind: "gradient" }))
    );
    const leaving = recording.values(detail.leaving).map((value) => valueCard(bare(value), { role: t("sends back"), kind: "gradient" }));
    const stored = recording.values(detail.writes).map((value) => valueCard(value, { role: t("now"), kind: "gradient" }));
    return [sum, pair, ...stored, ...leaving];
  }
  // One selection
  /** @param {number} line */
  hoverLine(line) {
    this.graph.light(line < 0 ? [] : [...this.boxesOfLine?.get(line) ?? []]);
  }
  /** @param {number} box */
  hoverBox(box) {
    const step = box < 0 ? -1 : this.scene?.box.indexOf(box) ?? -1;
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
    if (next !== void 0) this.on.jump(next);
  }
  /** Show the history of a box, with a way to each of its steps. @param {number} number */
  choose(number) {
    const box = this.scene?.boxes[number];
    if (!box) return;
    const steps = (this.scene?.box ?? []).flatMap((b, step) => b === number ? [step] : []);
    this.chosen = number;
    this.graph.choose(number);
    this.other(number);
    const made = steps.find((step) => this.recording.phase(step) !== "backward");
    const holds = this.step < 0 ? "" : momentAt(box, this.step)[2];
    const place = made === void 0 ? null : this.recording.place(this.recording.data.line[made]);
    const go = made !== void 0 && button(
      t("go to step {step}", { step: made + 1 }),
      place ? t("made at step {step}, line {line}", { step: made + 1, line: place.number }) : t("made at step {step}", { step: made + 1 }),
      () => this.on.jump(made),
      { class: "made" }
    );
    replace(
      this.values,
      el("p", { class: "what" }, el("b", {}, box.full), ` ${word(box.kind)}`),
      made === void 0 && holds && holds !== box.kind && el("p", {}, el("code", {}, holds)),
      go,
      el("ol", { class: "history", "aria-label": t("history of {name}", { name: box.full }) }, ...steps.slice(0, 200).map((step) => this.past(step))),
      steps.length > 200 && el("p", {}, t("and {count} more steps", { count: steps.length - 200 })),
      button(t("close the history"), t("back to the step"), () => {
        this.chooseNone();
        this.tell();
      }, { class: "plain" })
    );
    this.values.scrollTop = 0;
    if (made !== void 0) this.code.light(this.recording.data.line[made]);
  }
  /** @param {number} step */
  past(step) {
    const detail = this.recording.detail(step);
    const value = this.recording.values(detail.gradients ?? detail.writes)[0];
    return el("li", { class: step > this.step ? "later" : "" }, button(
      t("go to step {step}", { step: step + 1 }),
      `${step + 1} · ${this.recording.named(step).join(" · ")}${value && step <= this.step ? ` · ${value.short}` : ""}`,
      () => this.on.jump(step)
    ));
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
    const around = () => this.step === step ? this.scene?.boxes[this.scene.box[step]]?.scope ?? null : null;
    for (let path = around(); path; path = around()) {
      const found = await this.scenes.toggle(path, true);
      if (!found) return;
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
};
function bare(value) {
  return { ...value, name: "", flags: void 0 };
}

// widgets/static/duet.js
var WITHOUT = [
  t("The graph has no op that makes the same, or makes it by other ops"),
  t("No line on the other side makes the same: the graph works it out by ops of its own")
];
function duet(root, data, host) {
  let shell = void 0;
  const sides = data.sides.map(
    (side, number) => new Side(side, {
      jump: (step) => {
        shell?.playback.pause();
        shell?.playback.go(data.beats.findIndex((beat) => beat[number] >= step));
      },
      fetchScene: (opened, fold) => host.fetchScene(number, opened, fold)
    })
  );
  const pairs = data.partners.flatMap(([eager, built, ran]) => [[eager, built], ...ran < 0 ? [] : [[eager, ran]]]);
  sides.forEach((side, number) => {
    side.other = (box) => {
      const steps = pairs.filter((pair) => side.scene?.box[pair[number]] === box).map((pair) => pair[1 - number]);
      sides[1 - number].graph.light(steps.map((step) => sides[1 - number].scene?.box[step] ?? -1));
    };
    if (data.alone[number].length) side.say(`${WITHOUT[number]}: ${[...new Set(data.alone[number])].join(", ")}.`);
  });
  const clock = new Clock(sides.map((side) => side.recording), data.beats);
  const doing = sides.map((side, number) => activity(side.recording.data.phase, data.beats, number));
  const work = doing[0].map((phase, beat) => joined(phase, doing[1][beat]).join(" "));
  shell = new Shell(root, host, {
    name: data.name,
    sides,
    above: clock.root,
    length: data.beats.length,
    stretches: runs(work).map(([phases, first, end]) => ({ name: named(phases.split(" ").filter(Boolean)), phase: phases.split(" ")[0], first, end })),
    questions: data.questions,
    show: (beat) => {
      sides.forEach((side, number) => side.show(beat < 0 ? -1 : data.beats[beat][number], beat < 0 ? "waiting" : doing[number][beat]));
      clock.show(beat);
    },
    say: (beat) => sides.map((side, i) => side.recording.sentence(beat < 0 ? -1 : data.beats[beat][i])).join(t(" Beside it: "))
  });
  return shell;
}
function named(phases) {
  return phases.map((phase) => PHASE_WORDS[
    /** @type {"run"} */
    phase
  ].name).join(" | ") || t("idle");
}

// widgets/static/stepper.js
function stepper(root, data, host) {
  let shell = void 0;
  const side = new Side(data, {
    jump: (step) => {
      shell?.playback.pause();
      shell?.playback.go(step);
    },
    fetchScene: (opened, fold) => host.fetchScene(0, opened, fold)
  });
  const { recording } = side;
  shell = new Shell(root, host, {
    name: data.name,
    sides: [side],
    length: recording.length,
    stretches: recording.phases.map(({ phase, first, end }) => ({ name: PHASE_WORDS[phase].name, phase, first, end })),
    questions: data.questions,
    marks: recording.marks,
    show: (step) => side.show(step),
    say: (step) => recording.sentence(step)
  });
  return shell;
}

// widgets/static/theme_button.js
function themeButton(root) {
  root.dataset.theme = "auto";
  return button(
    t("change the theme"),
    "◐",
    () => {
      const system = matchMedia("(prefers-color-scheme: dark)").matches;
      const dark = root.dataset.theme === "dark" || root.dataset.theme === "auto" && system;
      root.dataset.theme = dark ? "light" : "dark";
    },
    { class: "theme" }
  );
}

// widgets/static/app.js
var VIEWS = { stepper, duet };
var PATIENCE = 8e3;
function build(root, data, host) {
  root.replaceChildren();
  return VIEWS[
    /** @type {"stepper" | "duet"} */
    data.view
  ](root, data, host);
}
function page(root, data, alone = true) {
  const state = { step: -1, speed: 1, predict: Boolean(data.predict), score: { right: 0, asked: 0 } };
  const theme = alone && themeButton(root);
  settle(root);
  root.classList.toggle("alone", alone);
  const show = (on) => {
    const first = on === Boolean(data.allOps);
    const toggle = () => {
      shell.stop();
      state.step = !on && state.step >= 0 ? data.places[state.step] : on ? lastAt(data.places, state.step, Number) : -1;
      shell = show(!on);
      root.querySelector(".all-ops")?.focus();
    };
    const host = {
      state,
      stepped: (step) => {
        state.step = step;
      },
      scored: (score) => {
        state.score = { ...score };
      },
      predicting: (active) => {
        state.predict = active;
      },
      paced: (speed) => {
        state.speed = speed;
      },
      ...carried(first ? data.scenes : []),
      page: null,
      allOps: data.plumbing && data.other ? { on, toggle } : null
    };
    const made = build(root, first ? data : { ...data.other }, host);
    if (theme) made.root.querySelector(".head")?.append(theme);
    return made;
  };
  let shell = show(Boolean(data.allOps));
  return shell;
}
function carried(scenes = []) {
  const kept = new Map(scenes.map((s) => [`${s.side}:${s.fold}:${s.scene.key}`, s.scene]));
  const folded = new Map(scenes.filter((s) => s.fold).map((s) => [s.side, s.scene]));
  const fetchScene = async (side, opened, fold) => {
    if (fold && !opened) return folded.get(side) ?? null;
    return kept.get(`${side}:${fold}:${[...opened ?? []].sort().join("|")}`) ?? null;
  };
  return { fetchScene, folds: folded.size > 0 };
}
function render({ model, el: root }) {
  settle(root);
  let asked = 0;
  const waiting = /* @__PURE__ */ new Map();
  const answer = (message) => {
    if (message.what === "page") download(message.name, message.html);
    else waiting.get(message.id)?.(message.scene ?? null);
    waiting.delete(message.id);
  };
  const set2 = (name, value) => {
    model.set(name, value);
    try {
      model.save_changes();
    } catch {
    }
  };
  let shown = null;
  const show = () => {
    const data = shown = model.get("_data");
    const on = model.get("all_ops");
    const toggle = () => {
      set2("all_ops", !on);
      setTimeout(() => {
        if (model.get("_data") === data) shell.parts.sides[0].say(t("Showing all ops needs a running kernel: run the cell again."));
      }, PATIENCE);
    };
    const host = {
      state: { step: model.get("step"), speed: model.get("speed"), predict: model.get("predict"), score: model.get("score") },
      stepped: (step) => step !== model.get("step") && set2("step", step),
      scored: (score) => set2("score", { ...score }),
      predicting: (active) => active !== model.get("predict") && set2("predict", active),
      paced: (speed) => set2("speed", speed),
      fetchScene: (side, opened, fold) => new Promise((resolve) => {
        const id = ++asked;
        waiting.set(id, resolve);
        setTimeout(() => waiting.delete(id) && resolve(null), PATIENCE);
        try {
          model.send({ what: "scene", id, side, opened, fold });
        } catch {
          waiting.delete(id);
          resolve(null);
        }
      }),
      folds: true,
      page: () => model.send({ what: "page" }),
      allOps: data.plumbing ? { on, toggle } : null
    };
    return build(root, data, host);
  };
  let shell = show();
  const heard = [
    ["msg:custom", answer],
    // A step that comes with new data is of that data: the shell that is made for it shows it.
    ["change:step", () => model.get("_data") === shown && model.get("step") !== shell.playback.step && shell.playback.go(model.get("step"))],
    ["change:speed", () => shell.playback.setSpeed(model.get("speed"))],
    ["change:predict", () => model.get("predict") !== shell.predict.active && shell.turn(model.get("predict"))],
    ["change:_data", () => {
      shell.stop();
      shell = show();
    }]
  ];
  for (const [event, listener] of heard) model.on(event, listener);
  return () => {
    shell.stop();
    for (const [event, listener] of heard) model.off(event, listener);
  };
}
function download(name, html) {
  const url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1e3);
}
var app_default = { render };
export {
  app_default as default,
  page
};
