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
function numberWidth(most, more = 0) {
  return Math.max(11 + 7 * (String(Math.max(most, 0)).length + more), 26);
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
  const worded = typeof face === "string" && /[\p{L}\d]/u.test(face) && !label.includes(face);
  const name = worded ? `${face}: ${label}` : label;
  return el("button", { type: "button", title: label, "aria-label": name, onclick: press, ...attributes }, face);
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

// widgets/static/code_panel.js
function keepInView(panel, row) {
  const above = row.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  const margin = 2 * row.offsetHeight;
  if (above >= margin && above + row.offsetHeight + margin <= panel.clientHeight) return;
  panel.scrollTop += above - (panel.clientHeight - row.offsetHeight) / 2;
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

// widgets/static/grid_cursor.js
function gridCursor(grid, squares, point) {
  let cursor = -1;
  squares.forEach((square, i) => square.addEventListener("mouseenter", () => point(i)));
  grid.addEventListener("mouseleave", () => point(null));
  grid.addEventListener("blur", () => point(null));
  grid.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move === void 0) return;
    cursor = Math.min(Math.max(cursor + move, 0), squares.length - 1);
    point(cursor);
    event.preventDefault();
    event.stopPropagation();
  });
}

// gpu_labs/executor/hardware.json
var hardware_default = { warp: 32, sectorBytes: 32, banks: 32, bankBytes: 4 };

// widgets/static/kernel_model.js
var WARP = hardware_default.warp;
function unpacked(packed) {
  if (packed.list) return packed.list;
  const [first, stride, count] = packed.run ?? [0, 0, 0];
  return Array.from({ length: count }, (_, i) => first + stride * i);
}
function epochs(launch) {
  const runs = [];
  launch.frames.forEach((frame, i) => {
    const epoch = Math.max(...frame.accesses.map((access) => access.epoch));
    const last = runs[runs.length - 1];
    if (last && last.epoch === epoch) last.stop = i + 1;
    else runs.push({ epoch, start: i, stop: i + 1 });
  });
  return runs;
}
function epochOfBlocks(launch, frame) {
  const found = launch.blocks.map(() => 0);
  for (const { accesses } of launch.frames.slice(0, frame + 1)) {
    for (const access of accesses) found[access.block] = access.epoch;
  }
  return found;
}
function threadStates(launch, frame) {
  const now = epochOfBlocks(launch, frame);
  const states = launch.blocks.map(() => Array(launch.threads).fill("done"));
  for (let i = launch.frames.length - 1; i > frame; i--) {
    for (const access of launch.frames[i].accesses) {
      const state = access.epoch > now[access.block] ? "waiting" : "between";
      for (const thread of unpacked(access.threads)) states[access.block][thread] = state;
    }
  }
  for (const access of launch.frames[frame]?.accesses ?? []) {
    const state = access.kind === "read" ? "reading" : "writing";
    for (const thread of unpacked(access.threads)) states[access.block][thread] = state;
  }
  return states;
}
function touched(launch, frame, array, block = null) {
  const now = epochOfBlocks(launch, frame);
  const cells = /* @__PURE__ */ new Map();
  for (const { accesses } of launch.frames.slice(0, frame + 1)) {
    for (const access of accesses) {
      if (access.array !== array || access.epoch !== now[access.block]) continue;
      if (block !== null && access.block !== block) continue;
      for (const index of unpacked(access.indices)) {
        const cell = cells.get(index) ?? { reads: 0, writes: 0 };
        if (access.kind !== "write") cell.reads += 1;
        if (access.kind !== "read") cell.writes += 1;
        cells.set(index, cell);
      }
    }
  }
  return cells;
}
function valuesAt(launch, frame, array, block = null) {
  const found = new Map((launch.arrays[array].before ?? []).map((value, index) => [index, value]));
  for (const { accesses } of launch.frames.slice(0, frame + 1)) {
    for (const access of accesses) {
      if (access.array !== array || block !== null && access.block !== block || !access.values?.length) continue;
      const values = access.values;
      unpacked(access.indices).forEach((index, lane) => found.set(index, values[lane]));
    }
  }
  return found;
}
function hasValues(launch, array) {
  const kept = (access) => access.array === array && Boolean(access.values?.length);
  return Boolean(launch.arrays[array].before?.length) || launch.frames.some(({ accesses }) => accesses.some(kept));
}
function threadsAtFault(launch) {
  const [bx, by] = launch.block;
  const found = launch.blocks.map(() => (
    /** @type {Set<number>} */
    /* @__PURE__ */ new Set()
  ));
  const add = (card, at) => {
    if (card !== null && at !== null) found[card].add(at[0] + bx * (at[1] + by * at[2]));
  };
  for (const each of launch.findings) {
    add(each.card, each.thread);
    add(each.otherCard, each.other_thread);
  }
  for (const { card, threads } of launch.atFault ?? []) {
    for (const thread of unpacked(threads)) found[card].add(thread);
  }
  return found;
}
function toucher(launch, frame, array, index, block = null) {
  const found = [];
  for (let i = Math.min(frame, launch.frames.length - 1); i >= 0; i--) {
    for (const access of launch.frames[i].accesses) {
      if (access.array !== array || block !== null && access.block !== block) continue;
      const threads = unpacked(access.threads);
      unpacked(access.indices).forEach((each, lane) => {
        if (each === index) {
          found.push({ block: access.block, thread: threads[lane], kind: access.kind, line: access.line, frame: i });
        }
      });
    }
  }
  return found;
}
function touches(launch, frame, block, thread) {
  const found = [];
  for (const access of launch.frames[frame]?.accesses ?? []) {
    if (access.block !== block) continue;
    const indices = unpacked(access.indices);
    unpacked(access.threads).forEach((each, lane) => {
      if (each === thread) found.push({ array: access.array, index: indices[lane], kind: access.kind });
    });
  }
  return found;
}
function request(access, array, warp) {
  const indices = unpacked(access.indices);
  const mine = unpacked(access.threads).map((thread, lane) => ({ thread, index: indices[lane] })).filter(({ thread }, i, all) => Math.floor(thread / WARP) === warp && all[i - 1]?.thread !== thread);
  const bytes = array.itemBytes;
  const sectors = new Set(mine.flatMap(({ index }) => steps(index * bytes, bytes, hardware_default.sectorBytes)));
  const half = bytes >= 8 ? WARP / 2 : WARP;
  const parts = [0, half].map((first) => mine.filter(({ thread }) => Math.floor(thread % WARP / half) * half === first));
  const banks = parts.slice(0, WARP / half).map((part) => bankPasses(part.map(({ index }) => index), bytes));
  const distinct = new Set(mine.map(({ index }) => index)).size;
  return {
    lanes: mine.length,
    sectors: sectors.size,
    ideal: Math.ceil(distinct * bytes / hardware_default.sectorBytes),
    passes: banks.reduce((sum, { passes }) => sum + passes, 0),
    fewest: banks.reduce((sum, { fewest }) => sum + fewest, 0)
  };
}
function steps(start, bytes, size) {
  const first = Math.floor(start / size);
  return Array.from({ length: Math.floor((start + bytes - 1) / size) - first + 1 }, (_, i) => first + i);
}
function bankPasses(indices, bytes) {
  const words = new Set(indices.flatMap((index) => steps(index * bytes, bytes, hardware_default.bankBytes)));
  const banks = new Array(hardware_default.banks).fill(0);
  for (const word2 of words) banks[(word2 % hardware_default.banks + hardware_default.banks) % hardware_default.banks]++;
  return { passes: Math.max(...banks), fewest: Math.ceil(words.size / hardware_default.banks) };
}
function threadName(launch, thread) {
  const [bx, by, bz] = launch.block;
  if (by * bz === 1) return t("thread {thread}", { thread });
  const x = thread % bx;
  const y = Math.floor(thread / bx) % by;
  const z = Math.floor(thread / (bx * by));
  return bz === 1 ? t("thread ({x}, {y})", { x, y }) : t("thread ({x}, {y}, {z})", { x, y, z });
}
function cellName(array, index) {
  const at = [];
  let rest = index;
  for (const size of [...array.shape].reverse()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `${array.name}[${array.shape.length > 1 ? at.join(", ") : index}]`;
}
var ACCESSES = { read: t("read"), write: t("write"), atomic: t("atomic") };
var DOING = {
  read: (threads, name) => tn("{number} thread reads {name}", "{number} threads read {name}", threads, { name }),
  write: (threads, name) => tn("{number} thread writes {name}", "{number} threads write {name}", threads, { name }),
  atomic: (threads, name) => tn("{number} thread updates atomically {name}", "{number} threads update atomically {name}", threads, { name })
};
function sentence(launch, frame) {
  const here = launch.frames[frame];
  if (!here) return t("Nothing was recorded.");
  const parts = /* @__PURE__ */ new Map();
  for (const access of here.accesses) {
    const name = launch.arrays[access.array].name;
    const key = `${access.kind} ${name}`;
    const part = parts.get(key) ?? { kind: access.kind, name, count: 0, threads: /* @__PURE__ */ new Set() };
    for (const thread of unpacked(access.threads)) part.threads.add(`${access.block} ${thread}`);
    parts.set(key, { ...part, count: part.count + unpacked(access.threads).length });
  }
  const text = [...parts.values()].map(({ kind, name, count, threads }) => {
    const often = count > threads.size ? t(", {count} times in all", { count }) : "";
    return DOING[kind](threads.size, name) + often;
  }).join(", ");
  return t("Line {line}: {text}", { line: here.line, text });
}

// widgets/static/words.js
var WORDS = {
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
  return WORDS[name] ?? name;
}

// widgets/static/kernel_arrays.js
var HEIGHT = 20;
var TALL = 33;
var GAP = 2;
var ROW = 16;
var WIDEST = 32;
var CELLS = appearance_default.cells;
var KernelArrays = class {
  /**
   * @param {Launch} launch
   * @param {(place: Place | null) => void} point called when a cell is pointed at
   * @param {(block: number) => string} blockName
   */
  constructor(launch, point, blockName) {
    this.launch = launch;
    this.point = point;
    this.strips = launch.arrays.flatMap(
      (array, number) => array.space === "global" || array.space === "constant" ? [this.strip(number, null, "")] : launch.blocks.map((_, block) => this.strip(number, block, t(" of block {name}", { name: blockName(block) })))
    );
    const shared = (strip) => strip.block !== null;
    const below = [...this.strips.filter((strip) => !shared(strip)), ...this.strips.filter(shared)];
    this.root = el("div", { class: "arrays" }, ...below.map((strip) => strip.root));
  }
  /** @param {number} number @param {number | null} block @param {string} owner */
  strip(number, block, owner) {
    const array = this.launch.arrays[number];
    const size = array.shape.reduce((a, b) => a * b, 1);
    const share = Math.max(1, Math.ceil(size / CELLS));
    const last = array.shape[array.shape.length - 1] ?? 1;
    const columns = Math.max(1, share === 1 && array.shape.length > 1 && last <= WIDEST ? last : Math.min(ROW, size));
    const count = Math.ceil(size / share);
    const valued = share === 1 && hasValues(this.launch, number);
    const longest = valued ? this.longest(number) : 0;
    const width = Math.max(numberWidth(size - 1), 11 + 7 * longest);
    const height = valued ? TALL : HEIGHT;
    const cells = Array.from({ length: count }, (_, i) => {
      const x = i % columns * (width + GAP) + 1;
      const y = Math.floor(i / columns) * (height + GAP) + 1;
      return svg(
        "g",
        { class: valued ? "cell valued" : "cell" },
        svg("rect", { x, y, width, height, rx: 1 }),
        svg("text", { class: "index", x: x + width / 2, y: y + 13 }, i * share),
        valued && svg("text", { class: "value", x: x + width / 2, y: y + height - 6 })
      );
    });
    const grid = svg(
      "svg",
      { width: columns * (width + GAP) + 2, height: Math.ceil(count / columns) * (height + GAP) + 2, role: "img", tabindex: 0 },
      ...cells
    );
    gridCursor(grid, cells, (i) => this.point(i === null ? null : { array: number, block, index: i * share }));
    const note = share > 1 ? t(", {share} elements a cell", { share }) : "";
    const type = `${word(array.space)}${owner} · ${array.dtype}[${array.shape.join(", ")}]${note}`;
    const root = el("div", { class: "strip" }, el("p", {}, el("b", {}, array.name), " ", el("span", {}, type)), grid);
    return { root, grid, cells, number, block, share, valued, name: `${array.name}${owner}` };
  }
  /** How many letters the longest value of an array has. @param {number} number */
  longest(number) {
    const later = this.launch.frames.flatMap(({ accesses }) => accesses.filter((access) => access.array === number).flatMap((access) => access.values ?? []));
    return [...this.launch.arrays[number].before ?? [], ...later].reduce((most, text) => Math.max(most, text.length), 0);
  }
  /** @param {number} frame */
  show(frame) {
    for (const strip of this.strips) {
      const sums = /* @__PURE__ */ new Map();
      for (const [index, { reads, writes }] of touched(this.launch, frame, strip.number, strip.block)) {
        const cell = Math.floor(index / strip.share);
        const sum = sums.get(cell) ?? { reads: 0, writes: 0 };
        sums.set(cell, { reads: sum.reads + reads, writes: sum.writes + writes });
      }
      const most = Math.max(1, ...[...sums.values()].map(({ reads }) => reads));
      const values = strip.valued ? valuesAt(this.launch, frame, strip.number, strip.block) : null;
      let read2 = 0;
      let written = 0;
      strip.cells.forEach((cell, i) => {
        const { reads, writes } = sums.get(i) ?? { reads: 0, writes: 0 };
        read2 += reads;
        written += writes;
        if (values) cell.lastElementChild?.replaceChildren(values.get(i) ?? "?");
        cell.style.setProperty("--heat", String(reads ? 0.25 + 0.75 * reads / most : 0));
        cell.classList.toggle("hot", reads * 2 > most);
        cell.classList.toggle("written", writes > 0);
      });
      strip.grid.setAttribute("aria-label", t("array {name}: {read} reads and {written} writes since the last barrier", { name: strip.name, read: read2, written }));
    }
  }
  /** The cell of an element, for lines and lights. @param {Place} place */
  cell(place) {
    const strip = this.strips.find(
      (each) => each.number === place.array && (each.block === null || each.block === place.block)
    );
    return strip?.cells[Math.floor(place.index / strip.share)];
  }
  /** Light cells up. @param {Place[]} places */
  light(places) {
    const wanted = new Set(places.map((place) => this.cell(place)));
    for (const strip of this.strips) {
      for (const cell of strip.cells) cell.classList.toggle("lit", wanted.has(cell));
    }
  }
  /** @param {Place} place */
  name(place) {
    return cellName(this.launch.arrays[place.array], place.index);
  }
};

// widgets/static/kernel_blocks.js
var HEIGHT2 = 24;
var GAP2 = 2;
var ROW2 = 8;
var WIDEST2 = 16;
var SQUARES = 256;
var ORDER = (
  /** @type {const} */
  ["writing", "reading", "between", "waiting", "done"]
);
var STATES = { writing: t("writing"), reading: t("reading"), between: t("between"), waiting: t("waiting"), done: t("done") };
var KernelBlocks = class {
  /**
   * @param {Launch} launch
   * @param {(block: number, thread: number | null) => void} point called when a thread is pointed at
   */
  constructor(launch, point) {
    this.launch = launch;
    this.share = Math.ceil(launch.threads / SQUARES);
    this.atFault = threadsAtFault(launch).map((threads) => new Set([...threads].map((thread) => Math.floor(thread / this.share))));
    const row = launch.threads === launch.block[0] ? ROW2 : WIDEST2;
    this.columns = Math.min(row, launch.block[0], Math.ceil(launch.threads / this.share));
    this.cards = launch.blocks.map((_, block) => this.card(block, point));
    const left = launch.blocksLeftOut > 0 ? tn("and {number} more block", "and {number} more blocks", launch.blocksLeftOut) : "";
    const more = (launch.nothing || left) && el("p", { class: launch.nothing ? "nothing" : "more" }, launch.nothing || left);
    this.root = el("div", { class: "cards" }, ...this.cards.map((card) => card.root), more);
  }
  /** @param {number} block @param {(block: number, thread: number | null) => void} point */
  card(block, point) {
    const count = Math.ceil(this.launch.threads / this.share);
    const rows = Math.ceil(count / this.columns);
    const width = numberWidth(this.launch.threads - 1, 1);
    const squares = Array.from({ length: count }, (_, i) => {
      const x = i % this.columns * (width + GAP2) + 1;
      const y = Math.floor(i / this.columns) * (HEIGHT2 + GAP2) + 1;
      const box = svg("rect", { x, y, width, height: HEIGHT2, rx: 3 });
      const number = svg("text", { x: x + width / 2, y: y + HEIGHT2 - 8 });
      const root2 = svg("g", { class: "thread", "data-thread": i * this.share }, box, number);
      return { root: root2, number };
    });
    const grid = svg(
      "svg",
      { width: this.columns * (width + GAP2) + 2, height: rows * (HEIGHT2 + GAP2) + 2, role: "img", tabindex: 0, class: "thread-grid" },
      ...squares.map((square) => square.root)
    );
    gridCursor(grid, squares.map((square) => square.root), (i) => point(block, i === null ? null : i * this.share));
    const epoch = el("span", { class: "epoch-of" });
    const root = el("div", { class: "card" }, el("p", {}, t("block {name} ", { name: this.name(block) }), epoch), grid);
    return { root, grid, squares, epoch };
  }
  /** @param {number} block */
  name(block) {
    const used = this.launch.grid.reduce((last, size, i) => size > 1 ? i + 1 : last, 1);
    const at = this.launch.blocks[block].slice(0, used);
    return used === 1 ? String(at[0]) : `(${at.join(", ")})`;
  }
  /** @param {number} frame @param {number[]} epochs the epoch of each block */
  show(frame, epochs2) {
    threadStates(this.launch, frame).forEach((states, block) => {
      const card = this.cards[block];
      const counts = {};
      card.squares.forEach((square, i) => {
        const group = states.slice(i * this.share, (i + 1) * this.share);
        const state = ORDER.find((each) => group.includes(each)) ?? "done";
        counts[state] = (counts[state] ?? 0) + 1;
        square.root.setAttribute("class", `thread ${state} ${this.marked(block, i) ? "hazard" : ""}`);
        square.number.textContent = `${this.marked(block, i) ? "!" : ""}${i * this.share}`;
      });
      const words = Object.entries(counts).map(([state, count]) => `${count} ${STATES[state]}`);
      card.grid.setAttribute("aria-label", t("block {name}, threads: {states}", { name: this.name(block), states: words.join(", ") }));
      card.epoch.textContent = epochs2[block] ? t("after barrier {epoch}", { epoch: epochs2[block] }) : "";
    });
  }
  /** @param {number} block @param {number} square */
  marked(block, square) {
    return this.atFault[block].has(square);
  }
  /** The square of a thread. @param {number} block @param {number} thread */
  square(block, thread) {
    return this.cards[block]?.squares[Math.floor(thread / this.share)]?.root;
  }
  /** Light threads up. @param {{block: number, thread: number}[]} threads */
  light(threads) {
    const wanted = new Set(threads.map(({ block, thread }) => this.square(block, thread)));
    for (const card of this.cards) {
      for (const square of card.squares) square.root.classList.toggle("lit", wanted.has(square.root));
    }
  }
  /** @param {number} block @param {number} thread */
  threadName(block, thread) {
    const last = Math.min(thread + this.share, this.launch.threads) - 1;
    const name = threadName(this.launch, thread);
    const words = this.share > 1 ? t("threads {thread} to {last}", { thread, last }) : name;
    return t("{words} of block {name}", { words, name: this.name(block) });
  }
};

// widgets/static/kernel_legend.js
var LEGEND = [
  { swatch: "thread reading", name: t("reading"), means: t("the thread reads an array in this frame") },
  { swatch: "thread writing", name: t("writing"), means: t("the thread writes an array in this frame") },
  { swatch: "thread between", name: t("between"), means: t("the thread is at work, and touches nothing in this frame") },
  { swatch: "thread waiting", name: t("waiting"), means: t("the thread has come to a barrier and waits for the rest of its block") },
  { swatch: "thread done", name: t("done"), means: t("the thread touches nothing any more") },
  { swatch: "thread hazard", name: t("! red"), means: t("the thread has a part in a finding: open the finding to read what happened") },
  { swatch: "cell-read", name: t("filled cell"), means: t("was read since the last barrier") },
  { swatch: "cell-written", name: t("outlined cell"), means: t("was written since the last barrier") },
  { swatch: "", name: t("number in a square"), means: t("the thread's number in its block; in a cell, the element's number in its array") },
  { swatch: "", name: t("bold in a cell"), means: t("the element's value after this frame; ? where nothing was written yet") },
  { swatch: "", name: "12×", means: t("beside a line: how many reads and writes the shown threads made there") },
  { swatch: "", name: t("finding"), means: t("something that makes the result wrong or undefined on a GPU (!), or is worth a look (▲)") },
  { swatch: "", name: t("Profile"), means: t("what each line would cost on a GPU, counted and not timed") },
  { swatch: "", name: t("keys"), means: t("← and → step, space plays, Home and End go to the ends; ↑ and ↓ move among threads or cells") }
];
var TOUR = [
  { at: ".controls", name: t("Step"), means: t("Press next, or the right arrow key: each frame is one access, made by all threads that come to it together.") },
  { at: ".kernel-body", name: t("Follow"), means: t("Point at a thread to see which cells it touches, or at a cell to see who touched it.") },
  { at: ".findings", name: t("Find"), means: t("What is wrong is listed here. Open a finding: the view goes to its moment and says what to try.") }
];

// widgets/static/kernel_counts.js
function lineCounts(launch) {
  const lines = /* @__PURE__ */ new Map();
  for (const access of launch.frames.flatMap((frame) => frame.accesses)) {
    const array = launch.arrays[access.array];
    const key = `${access.line} ${array.name} ${access.kind}`;
    const row = lines.get(key) ?? emptyRow(launch, access, array);
    lines.set(key, row);
    for (const warp of new Set(unpacked(access.threads).map((thread) => Math.floor(thread / WARP)))) {
      const { sectors, ideal, passes, fewest } = request(access, array, warp);
      row.requests += 1;
      if (array.space === "global" || array.space === "constant") {
        row.sectors += sectors;
        row.ideal_sectors += ideal;
      } else if (array.space === "shared") {
        row.bank_passes += passes;
        row.fewest_passes += fewest;
      }
    }
  }
  for (const row of lines.values()) {
    row.coalescing = row.sectors ? row.ideal_sectors / row.sectors : 1;
    row.bankConflict = row.fewest_passes ? row.bank_passes / row.fewest_passes : 1;
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}
function emptyRow(launch, access, array) {
  const text = (launch.source[access.line - launch.firstLine] ?? "").trim();
  return {
    line: access.line,
    text,
    array: array.name,
    kind: access.kind,
    space: array.space,
    requests: 0,
    sectors: 0,
    ideal_sectors: 0,
    bank_passes: 0,
    fewest_passes: 0,
    coalescing: 1,
    bankConflict: 1
  };
}

// widgets/static/kernel_profile.js
var PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
function kernelProfile(launch) {
  const { profile } = launch;
  const lines = profile ? profile.lines : lineCounts(launch);
  const branches = profile?.branches ?? [];
  if (!lines.length && !branches.length) return el("p", { class: "empty" }, t("No thread touched an array: there is nothing to count."));
  return el(
    "div",
    { class: "profile", tabindex: 0, role: "group", "aria-label": t("profile") },
    el("p", {}, profile ? intensity(profile) : tn("Counted from the block shown. ", "Counted from the {number} blocks shown. ", launch.blocks.length) + t('inspect(..., level="profile") counts every block, the operations and the branches too.')),
    el("p", { class: "engine" }, t("{engine} engine · level {level}", { engine: word(launch.engine), level: launch.level })),
    table(
      [t("line"), t("code"), t("access"), t("warp requests"), t("32-byte sectors"), t("useful"), t("bank passes")],
      lines.map((row) => [
        row.line,
        el("code", {}, row.text),
        `${ACCESSES[row.kind]} ${row.array}`,
        row.requests,
        row.space === "global" ? t("{count} ({fewest} would do)", { count: row.sectors, fewest: row.ideal_sectors }) : "",
        row.space === "global" ? grade(PERCENT.format(row.coalescing), row.coalescing < 0.5) : "",
        row.space === "shared" ? grade(t("{count} ({fewest} would do)", { count: row.bank_passes, fewest: row.fewest_passes }), row.bankConflict > 1.5) : ""
      ])
    ),
    branches.length > 0 && table(
      [t("line"), t("code"), t("warps that came by"), t("that split")],
      branches.map((row) => [
        row.line,
        el("code", {}, row.text),
        row.warps,
        grade(String(row.divergent), row.divergent * 2 > row.warps)
      ])
    )
  );
}
function intensity(profile) {
  const sampled = profile.blocks_sampled < profile.blocks ? t(" ({sampled} of {blocks} blocks looked at)", { sampled: profile.blocks_sampled, blocks: profile.blocks }) : "";
  return t("{intensity} operations per byte of global memory{sampled}", { intensity: profile.intensity.toFixed(2), sampled });
}
function grade(text, poor) {
  return poor ? el("b", { class: "poor" }, `▲ ${text}`) : text;
}
function table(heads, rows) {
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell)))))
  );
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

// widgets/static/bands.js
var WIDE = 0.05;
function legible(stretches2, most) {
  if (stretches2.length <= most) return stretches2;
  const length = stretches2[stretches2.length - 1].end - stretches2[0].first;
  const groups = [];
  let before = false;
  for (const stretch of stretches2) {
    const narrow = stretch.end - stretch.first < WIDE * length;
    if (narrow && before) groups[groups.length - 1].push(stretch);
    else groups.push([stretch]);
    before = narrow;
  }
  return groups.map(inTurns);
}
function inTurns(group) {
  if (group.length === 1) return group[0];
  const steps2 = /* @__PURE__ */ new Map();
  for (const { phase, first: first2, end: end2 } of group) steps2.set(phase, (steps2.get(phase) ?? 0) + end2 - first2);
  const names = [...new Set(group.map(({ name: name2 }) => name2))];
  const first = group[0].first;
  const end = group[group.length - 1].end;
  const name = names.length > 3 ? t("{count} stretches", { count: group.length }) : t("{phases} in turns", { phases: names.join(", ") });
  return { name, phase: group[0].phase, first, end, shares: [...steps2].map(([phase, count]) => [phase, count / (end - first)]) };
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
  constructor(stretches2, length, go, say, marks = []) {
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
    this.fill(stretches2, marks, WIDTH);
    new ResizeObserver(() => this.fill(stretches2, marks, this.root.clientWidth || WIDTH)).observe(this.root);
  }
  /**
   * Stretches and marks as they have room in `width` pixels.
   * @param {Stretch[]} stretches
   * @param {import("./recording.js").Mark[]} marks
   * @param {number} width
   */
  fill(stretches2, marks, width) {
    const shown = legible(stretches2, Math.max(Math.floor(width / ROOM), 1));
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

// widgets/static/kernel_view.js
var KernelView = class {
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
      { class: "shell player kernel-view", "aria-label": t("kernel {kernel}", { kernel: launch.kernel }), tabindex: -1, onkeydown: (event) => this.playback.key(event) },
      this.header(),
      this.steps,
      this.profile,
      this.findings(),
      this.status,
      el("footer", { class: "controls", hidden: launch.nothing !== "" }, this.playback.root, this.timeline.root)
    );
    const help = new Help(this.root, LEGEND, TOUR);
    this.root.querySelector(".head")?.append(help.opener);
    this.root.append(heightHandle(this.root, "KernelView"));
    keepFocus(this.root);
    this.playback.go(Math.min(0, launch.frames.length - 1));
  }
  header() {
    const { launch } = this;
    const tabs = [[t("show steps"), t("Steps")], [t("show profile"), t("Profile")]].map(
      ([label, name], i) => button(label, name, () => this.tab(i === 1), { class: "mode", "aria-pressed": String(i === 0) })
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
      el("span", { class: count ? "verdict bad" : "verdict good" }, count ? `! ${verdict}` : `✓ ${verdict}`)
    );
  }
  /** @param {boolean} profile */
  tab(profile) {
    this.steps.hidden = profile;
    this.profile.hidden = !profile;
    this.tabs?.forEach((each, i) => each.setAttribute("aria-pressed", String(i === 1 === profile)));
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
      el("span", { class: "count", title: label }, count ? `${count}×` : "")
    );
  }
  findings() {
    const { findings, notes, printed } = this.launch;
    return el(
      "div",
      { class: "findings" },
      ...findings.map(
        (finding) => el(
          "details",
          { class: finding.severity, ontoggle: (event) => this.openFinding(finding, event) },
          el("summary", {}, el("b", {}, `${finding.severity === "error" ? "!" : "▲"} ${finding.kind}`), finding.line ? t(" line {line}: ", { line: finding.line }) : " ", el("span", { class: "sentence" }, finding.sentence)),
          el("p", {}, el("code", {}, finding.text)),
          el("p", {}, el("b", {}, t("Try: ")), finding.hint)
        )
      ),
      ...notes.map((note) => el("p", { class: "note" }, note)),
      this.launch.accessesLeftOut > 0 && el("p", { class: "note" }, t("{count} accesses are not shown.", { count: this.launch.accessesLeftOut })),
      printed && el("pre", { class: "printed" }, printed)
    );
  }
  /** Opening a finding goes to the moment when it happened. @param {Finding} finding @param {Event} event */
  openFinding(finding, event) {
    if (!/** @type {HTMLDetailsElement} */
    event.target.open) return;
    const at = this.launch.frames.findIndex(
      ({ accesses }) => accesses.some((access) => access.line === finding.line && access.block === finding.card)
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
    if (this.launch.nothing) return "";
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
    const middle = (node) => {
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
};
function stretches(launch) {
  return epochs(launch).map(({ epoch, start, stop }, i) => ({
    name: epoch === 0 ? t("start") : t("after barrier {epoch}", { epoch }),
    phase: i % 2 ? "trace" : "run",
    first: start,
    end: stop
  }));
}
function dims(shape) {
  const used = shape.reduce((last, size, i) => size > 1 ? i + 1 : last, 1);
  return shape.slice(0, used).join("×");
}
function total(shape) {
  return shape.reduce((product, size) => product * size, 1);
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

// widgets/static/kernel_app.js
function page(root, data, alone = true) {
  settle(root);
  root.classList.toggle("alone", alone);
  const view = new KernelView(data, () => {
  });
  root.append(view.root);
  if (alone) view.root.querySelector(".head")?.append(themeButton(root));
  return view;
}
function render({ model, el: root }) {
  settle(root);
  const view = new KernelView(model.get("_data"), (frame) => {
    if (frame === model.get("frame")) return;
    model.set("frame", frame);
    try {
      model.save_changes();
    } catch {
    }
  });
  root.append(view.root);
  const moved = () => model.get("frame") !== view.frame && view.playback.go(model.get("frame"));
  model.on("change:frame", moved);
  return () => {
    view.destroy();
    model.off("change:frame", moved);
  };
}
var kernel_app_default = { render };
export {
  kernel_app_default as default,
  page
};
