// Where a widget meets what it runs in: a notebook (anywidget) or a page that stands alone.

import { el } from "./dom.js";
import { duet } from "./duet.js";
import { stepper } from "./stepper.js";
import { themeButton } from "./theme_button.js";

/** @typedef {import("./shell.js").Host} Host */
/** @typedef {import("./story.js").Scene} Scene */

const VIEWS = { stepper, duet };
const PATIENCE = 8000; // milliseconds that a kernel may take to lay a scope out

/**
 * A page's whole life: no kernel, so only the scenes that it carries can be opened.
 * @param {HTMLElement} root
 * @param {any} data
 */
export function page(root, data) {
  /** @type {Map<string, Scene>} */
  const carried = new Map((data.scenes ?? []).map((/** @type {any} */ s) => [`${s.side}:${s.fold}:${s.scene.key}`, s.scene]));
  const folded = new Map((data.scenes ?? []).filter((/** @type {any} */ s) => s.fold).map((/** @type {any} */ s) => [s.side, s.scene]));
  /** @type {Host} */
  const host = {
    state: { step: -1, speed: 1, predict: false, score: { right: 0, asked: 0 } },
    stepped: () => {},
    scored: () => {},
    predicting: () => {},
    fetchScene: async (side, opened, fold) => {
      if (fold && !opened) return folded.get(side) ?? null;
      return carried.get(`${side}:${fold}:${[...(opened ?? [])].sort().join("|")}`) ?? null;
    },
    folds: folded.size > 0,
    page: null,
  };
  root.classList.add("duet");
  const shell = VIEWS[/** @type {"stepper" | "duet"} */ (data.view)](root, data, host);
  shell.root.querySelector(".head")?.append(themeButton(root));
  return shell;
}

/**
 * anywidget's entry.
 * @param {{model: any, el: HTMLElement}} context
 */
function render({ model, el: root }) {
  const data = model.get("_data");
  root.classList.add("duet");
  let asked = 0;
  /** @type {Map<number, (scene: Scene | null) => void>} */
  const waiting = new Map();
  const answer = (/** @type {any} */ message) => {
    if (message.what === "page") download(message.name, message.html);
    else waiting.get(message.id)?.(message.scene ?? null);
    waiting.delete(message.id);
  };
  model.on("msg:custom", answer);
  /** @param {string} name @param {unknown} value */
  const set = (name, value) => {
    model.set(name, value);
    try {
      model.save_changes();
    } catch {
      // The kernel is gone: the widget goes on by itself.
    }
  };
  /** @type {Host} */
  const host = {
    state: { step: model.get("step"), speed: model.get("speed"), predict: model.get("predict"), score: model.get("score") },
    stepped: (step) => step !== model.get("step") && set("step", step),
    scored: (score) => set("score", { ...score }),
    predicting: (on) => on !== model.get("predict") && set("predict", on),
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
  };
  const shell = VIEWS[/** @type {"stepper" | "duet"} */ (data.view)](root, data, host);
  const moved = () => model.get("step") !== shell.playback.step && shell.playback.go(model.get("step"));
  const paced = () => shell.playback.setSpeed(model.get("speed"));
  const asking = () => model.get("predict") !== shell.predict.active && shell.turn(model.get("predict"));
  model.on("change:step", moved);
  model.on("change:speed", paced);
  model.on("change:predict", asking);
  return () => {
    shell.stop();
    model.off("msg:custom", answer);
    model.off("change:step", moved);
    model.off("change:speed", paced);
    model.off("change:predict", asking);
  };
}

/** @param {string} name @param {string} html */
function download(name, html) {
  const url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export default { render };
