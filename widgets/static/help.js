// What the "?" opens: what colours, dashes and words mean, and a first tour in three steps.

import { button, el, replace } from "./dom.js";
import { t } from "./text.js";

/** @typedef {{swatch: string, name: string, means: string}} Sign `swatch` is a class of help.css */
/** @typedef {{at: string, name: string, means: string}} Stop `at` selects what the stop is about */

export class Help {
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
    this.panel = el("div", { class: "help", role: "dialog", "aria-label": t("what this shows"), tabindex: -1, hidden: true },
      el("p", { class: "help-bar" }, this.start, close), el("dl", {}, ...rows));
    this.bubble = el("div", { class: "tour", role: "dialog", "aria-label": t("tour"), tabindex: -1, hidden: true });
    root.append(this.panel, this.bubble);
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || (this.panel.hidden && this.bubble.hidden)) return;
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
    replace(this.bubble, el("p", {}, el("b", {}, t("{number} of {count}: {name}. ", { number: number + 1, count: this.stops.length, name: stop.name })), stop.means),
      el("p", { class: "help-bar" }, on, !last && button(t("leave the tour (Esc)"), t("leave"), () => this.close())));
    on.focus({ preventScroll: true });
    this.panel.hidden = true;
    this.point(stop.at);
  }

  /** Outline what a stop is about. @param {string | null} at */
  point(at) {
    for (const shown of this.root.querySelectorAll(".pointed-at")) shown.classList.remove("pointed-at");
    if (at) for (const node of this.root.querySelectorAll(at)) node.classList.add("pointed-at");
  }
}
