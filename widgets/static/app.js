// Where a widget meets what it runs in: a notebook (anywidget) or a stand-alone page.

import { el, settle } from "./dom.js";
import { duet } from "./duet.js";
import { lastAt } from "./search.js";
import { stepper } from "./stepper.js";
import { t } from "./text.js";
import { themeButton } from "./theme_button.js";

/** @typedef {import("./shell.js").Host} Host */
/** @typedef {import("./shell.js").State} State */
/** @typedef {import("./recording.js").Scene} Scene */

const VIEWS = { stepper, duet };
const PATIENCE = 8000; // milliseconds that a kernel may take to lay a scope out

/** @param {HTMLElement} root @param {any} data @param {Host} host */
function build(root, data, host) {
  root.replaceChildren();
  return VIEWS[/** @type {"stepper" | "duet"} */ (data.view)](root, data, host);
}

/**
 * A page's whole life: no kernel, so only what it carries can be shown.
 * @param {HTMLElement} root
 * @param {any} data
 * @param {boolean} [alone] the page holds nothing else: fill the window, and offer the theme
 */
export function page(root, data, alone = true) {
  /** @type {State} */
  const state = { step: -1, speed: 1, predict: Boolean(data.predict), score: { right: 0, asked: 0 } };
  const theme = alone && themeButton(root);
  settle(root);
  root.classList.toggle("alone", alone);
  /** @param {boolean} on @returns {import("./shell.js").Shell} */
  const show = (on) => {
    const first = on === Boolean(data.allOps);
    const toggle = () => {
      shell.stop();
      state.step = !on && state.step >= 0 ? data.places[state.step] : on ? lastAt(data.places, state.step, Number) : -1;
      shell = show(!on);
      /** @type {HTMLElement | null} */ (root.querySelector(".all-ops"))?.focus();
    };
    /** @type {Host} */
    const host = {
      state,
      stepped: (step) => { state.step = step; },
      scored: (score) => { state.score = { ...score }; },
      predicting: (active) => { state.predict = active; },
      paced: (speed) => { state.speed = speed; },
      ...carried(first ? data.scenes : []),
      page: null,
      allOps: data.plumbing && data.other ? { on, toggle } : null,
    };
    const made = build(root, first ? data : { ...data.other }, host);
    if (theme) made.root.querySelector(".head")?.append(theme);
    return made;
  };
  let shell = show(Boolean(data.allOps));
  return shell;
}

/** The scenes that a page carries. @param {{side: number, fold: boolean, scene: Scene}[]} [scenes] */
function carried(scenes = []) {
  const kept = new Map(scenes.map((s) => [`${s.side}:${s.fold}:${s.scene.key}`, s.scene]));
  const folded = new Map(scenes.filter((s) => s.fold).map((s) => [s.side, s.scene]));
  /** @type {Host["fetchScene"]} */
  const fetchScene = async (side, opened, fold) => {
    if (fold && !opened) return folded.get(side) ?? null;
    return kept.get(`${side}:${fold}:${[...(opened ?? [])].sort().join("|")}`) ?? null;
  };
  return { fetchScene, folds: folded.size > 0 };
}

/**
 * anywidget's entry.
 * @param {{model: any, el: HTMLElement}} context
 */
function render({ model, el: root }) {
  settle(root);
  let asked = 0;
  /** @type {Map<number, (scene: Scene | null) => void>} */
  const waiting = new Map();
  const answer = (/** @type {any} */ message) => {
    if (message.what === "page") download(message.name, message.html);
    else waiting.get(message.id)?.(message.scene ?? null);
    waiting.delete(message.id);
  };
  /** @param {string} name @param {unknown} value */
  const set = (name, value) => {
    model.set(name, value);
    try {
      model.save_changes();
    } catch {
      // The kernel is gone: the widget goes on by itself.
    }
  };
  /** @type {unknown} the data that is shown */
  let shown = null;
  const show = () => {
    const data = (shown = model.get("_data"));
    const on = model.get("all_ops");
    const toggle = () => {
      set("all_ops", !on);
      setTimeout(() => {
        if (model.get("_data") === data) shell.parts.sides[0].say(t("Showing all ops needs a running kernel: run the cell again."));
      }, PATIENCE);
    };
    /** @type {Host} */
    const host = {
      state: { step: model.get("step"), speed: model.get("speed"), predict: model.get("predict"), score: model.get("score") },
      stepped: (step) => step !== model.get("step") && set("step", step),
      scored: (score) => set("score", { ...score }),
      predicting: (active) => active !== model.get("predict") && set("predict", active),
      paced: (speed) => set("speed", speed),
      fetchScene: (side, opened, fold) =>
        new Promise((resolve) => {
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
      allOps: data.plumbing ? { on, toggle } : null,
    };
    return build(root, data, host);
  };
  let shell = show();
  /** @type {[string, (message: any) => void][]} */
  const heard = [
    ["msg:custom", answer],
    // A step that comes with new data is of that data: the shell that is made for it shows it.
    ["change:step", () => model.get("_data") === shown && model.get("step") !== shell.playback.step && shell.playback.go(model.get("step"))],
    ["change:speed", () => shell.playback.setSpeed(model.get("speed"))],
    ["change:predict", () => model.get("predict") !== shell.predict.active && shell.turn(model.get("predict"))],
    ["change:_data", () => {
      shell.stop();
      shell = show();
    }],
  ];
  for (const [event, listener] of heard) model.on(event, listener);
  return () => {
    shell.stop();
    for (const [event, listener] of heard) model.off(event, listener);
  };
}

/** @param {string} name @param {string} html */
function download(name, html) {
  const url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export default { render };
