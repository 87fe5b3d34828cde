// widgets/static/dom.js
function el(tag, attributes = {}, ...children) {
  return (
    /** @type {any} */
    fill(document.createElement(tag), attributes, children)
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

// widgets/static/trace_cache.js
var TraceCacheView = class {
  /**
   * @param {History} history
   * @param {((verb: "predict" | "run" | "plain", text: string) => void) | null} ask null where no kernel listens
   */
  constructor(history, ask) {
    this.ask = ask;
    this.calls = el("tbody");
    this.entries = el("ol", { class: "entries", start: 0 });
    this.breaks = el("ul", { class: "breaks" });
    this.answer = el("p", { class: "status", role: "status" });
    this.input = el("input", { type: "text", "aria-label": t("arguments of a call"), placeholder: t("arguments, as in {example}", { example: example(history.framework) }), spellcheck: "false" });
    this.title = el("b");
    this.count = el("span", { class: "shape" });
    this.cost = el("p", { class: "cost" });
    this.root = el(
      "section",
      { class: "shell trace-cache", "aria-label": t("trace cache") },
      el("header", { class: "head" }, this.title, this.count),
      ask && this.form(),
      this.answer,
      this.cost,
      el(
        "div",
        { class: "cache-body" },
        el("table", { class: "calls", "aria-label": t("calls") }, el("thead", {}, head(t("call"), t("arguments"), t("graph"), t("time"), t("why"))), this.calls),
        el("div", { class: "graphs" }, el("h3", {}, t("Graphs in the cache")), this.entries, this.breaks)
      )
    );
    this.show(history);
  }
  form() {
    const send = (verb) => {
      if (this.input.value.trim()) this.ask?.(verb, this.input.value);
    };
    this.input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") send(event.shiftKey ? "run" : "predict");
    });
    return el(
      "div",
      { class: "form" },
      el("label", {}, t("Try "), this.input),
      button(t("which graph would this call use? (Enter)"), t("Predict"), () => send("predict")),
      button(t("call it (Shift+Enter)"), t("Run"), () => send("run")),
      button(t("call the Python function without its graphs, to compare the times"), t("Run plain"), () => send("plain"))
    );
  }
  /** @param {History} history */
  show(history) {
    const traced = history.calls.filter((call) => call.traced).length;
    this.title.textContent = history.function;
    this.count.textContent = [
      tn("{number} call", "{number} calls", history.calls.length),
      tn("{number} trace", "{number} traces", traced),
      tn("{number} graph", "{number} graphs", history.entries.length)
    ].join(", ");
    this.cost.textContent = history.cost;
    replace(this.calls, ...history.calls.map((call) => row(call)));
    replace(this.entries, ...history.entries.map((entry) => graph(entry)));
    replace(this.breaks, ...history.breaks.map((each) => el("li", {}, el("code", {}, each.line), " ", each.reason)));
  }
  /** @param {Answer} answer */
  reply(answer) {
    this.answer.textContent = answer.error || answer.words;
    this.answer.classList.toggle("bad", answer.error !== "");
    [...this.entries.children].forEach((item, i) => item.classList.toggle("lit", i === answer.entry));
  }
};
function example(framework) {
  return framework === "tensorflow" ? "tf.ones([3]), 2" : "torch.ones(3), 2";
}
var SIGNS = appearance_default.cacheSigns;
var VERBS = { traced: t("traced"), reused: t("reused"), raised: t("raised") };
function row(call) {
  const which = call.entries.map((entry) => `#${entry}`).join(", ");
  return el(
    "tr",
    { class: call.verb },
    el("td", {}, call.index + 1),
    el("td", {}, el("code", {}, call.arguments)),
    el("td", {}, `${SIGNS[call.verb]} ${VERBS[call.verb]} ${which}`),
    el("td", { class: "time" }, call.time),
    el("td", {}, call.reasons.join("; "))
  );
}
function graph(entry) {
  const facts = [tn("{number} op", "{number} ops", entry.ops), entry.time && t("made in {time}", { time: entry.time }), entry.dropped && t("dropped since")].filter(Boolean);
  return el("li", { class: entry.dropped ? "dropped" : "" }, el("b", {}, `#${entry.index}`), ...entry.keys.map((key) => el("code", {}, key)), ` ${facts.join(", ")}`);
}
function head(...names) {
  return el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name)));
}

// widgets/static/trace_cache_app.js
function page(root, data, alone = true) {
  settle(root);
  const view = new TraceCacheView(data.history, null);
  root.append(view.root);
  if (alone) view.root.querySelector(".head")?.append(themeButton(root));
  return view;
}
function render({ model, el: root }) {
  settle(root);
  const ask = (verb, text) => {
    try {
      model.send({ verb, arguments: text });
    } catch {
      view.reply({ arguments: text, entry: null, words: "", error: t("The kernel has ended: run the cell again.") });
    }
  };
  const view = new TraceCacheView(model.get("_history"), ask);
  const changed = () => view.show(model.get("_history"));
  const answered = () => view.reply(model.get("_answer"));
  model.on("change:_history", changed);
  model.on("change:_answer", answered);
  root.append(view.root);
  return () => {
    model.off("change:_history", changed);
    model.off("change:_answer", answered);
  };
}
var trace_cache_app_default = { render };
export {
  trace_cache_app_default as default,
  page
};
