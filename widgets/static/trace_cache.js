// Calls against traces: which call made a graph, which reused one, and why.

import appearance from "../../graphviz_tools/drawing/appearance.json" with { type: "json" };
import { button, el, replace } from "./dom.js";
import { t, tn } from "./text.js";

/**
 * @typedef {{index: number, keys: string[], ops: number, time: string, dropped: boolean}} Entry
 * @typedef {{index: number, arguments: string, traced: boolean, verb: "traced" | "reused" | "raised", entries: number[], reasons: string[], time: string}} Call
 * @typedef {{line: string, reason: string}} Break
 * @typedef {{framework: string, function: string, entries: Entry[], calls: Call[], breaks: Break[], cost: string}} History
 * @typedef {{arguments: string, entry: number | null, words: string, error: string}} Answer
 */

export class TraceCacheView {
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
        el("div", { class: "graphs" }, el("h3", {}, t("Graphs in the cache")), this.entries, this.breaks),
      ),
    );
    this.show(history);
  }

  form() {
    const send = (/** @type {"predict" | "run" | "plain"} */ verb) => {
      if (this.input.value.trim()) this.ask?.(verb, this.input.value);
    };
    this.input.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the notebook has plans of its own for keys
      if (event.key === "Enter") send(event.shiftKey ? "run" : "predict");
    });
    return el(
      "div",
      { class: "form" },
      el("label", {}, t("Try "), this.input),
      button(t("which graph would this call use? (Enter)"), t("Predict"), () => send("predict")),
      button(t("call it (Shift+Enter)"), t("Run"), () => send("run")),
      button(t("call the Python function without its graphs, to compare the times"), t("Run plain"), () => send("plain")),
    );
  }

  /** @param {History} history */
  show(history) {
    const traced = history.calls.filter((call) => call.traced).length;
    this.title.textContent = history.function;
    this.count.textContent = [
      tn("{number} call", "{number} calls", history.calls.length),
      tn("{number} trace", "{number} traces", traced),
      tn("{number} graph", "{number} graphs", history.entries.length),
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
}

/** What a learner may type for a function of this framework. @param {string} framework */
export function example(framework) {
  return framework === "tensorflow" ? "tf.ones([3]), 2" : "torch.ones(3), 2";
}

const SIGNS = appearance.cacheSigns;
const VERBS = { traced: t("traced"), reused: t("reused"), raised: t("raised") };

/** @param {Call} call */
function row(call) {
  const which = call.entries.map((entry) => `#${entry}`).join(", ");
  return el(
    "tr",
    { class: call.verb },
    el("td", {}, call.index + 1),
    el("td", {}, el("code", {}, call.arguments)),
    el("td", {}, `${SIGNS[call.verb]} ${VERBS[call.verb]} ${which}`),
    el("td", { class: "time" }, call.time),
    el("td", {}, call.reasons.join("; ")),
  );
}

/** @param {Entry} entry */
function graph(entry) {
  const facts = [tn("{number} op", "{number} ops", entry.ops), entry.time && t("made in {time}", { time: entry.time }), entry.dropped && t("dropped since")].filter(Boolean);
  return el("li", { class: entry.dropped ? "dropped" : "" }, el("b", {}, `#${entry.index}`), ...entry.keys.map((key) => el("code", {}, key)), ` ${facts.join(", ")}`);
}

/** @param {...string} names */
function head(...names) {
  return el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name)));
}
