// Making elements. Text always becomes text nodes, so that nothing of a user's program is read as HTML.

/** @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Attribute */
/** @typedef {Node | string | number | null | undefined | false} Child */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element; attributes named `on...` become listeners, `true` an empty attribute, null none.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  return /** @type {any} */ (fill(document.createElement(tag), attributes, children));
}

/**
 * An SVG element, made as `el` makes HTML elements.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  return /** @type {any} */ (fill(document.createElementNS(SVG, tag), attributes, children));
}

/** Pixels that a square needs for a number up to `most`, and for `more` letters before it. @param {number} most @param {number} [more] */
export function numberWidth(most, more = 0) {
  return Math.max(11 + 7 * (String(Math.max(most, 0)).length + more), 26);
}

/**
 * @param {Element} node
 * @param {Record<string, Attribute>} attributes
 * @param {Child[]} children
 */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child || child === 0).map((child) => /** @type {any} */ (child)));
  return node;
}

/**
 * Put `children` in place of what `node` holds.
 * @param {Element} node
 * @param {...Child} children
 */
export function replace(node, ...children) {
  node.replaceChildren(...children.filter((child) => child || child === 0).map((child) => /** @type {any} */ (child)));
}

/**
 * A button that says what it does, also to a screen reader.
 * @param {string} label what it does
 * @param {Child} face what it shows
 * @param {(event: Event) => void} press
 * @param {Record<string, Attribute>} [attributes]
 */
export function button(label, face, press, attributes = {}) {
  // What is read on a button must be part of its name, or speech control cannot press it.
  const worded = typeof face === "string" && /[\p{L}\d]/u.test(face) && !label.includes(face);
  const name = worded ? `${face}: ${label}` : label;
  return el("button", { type: "button", title: label, "aria-label": name, onclick: press, ...attributes }, face);
}

/** The parts of a sentence, with what is between backquotes as code. @param {string} sentence */
export function worded(sentence) {
  return sentence.split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part));
}

/**
 * Make `root` a widget's own ground: its style, and its keys, which a notebook would take for shortcuts: its
 * selectors match what has the focus, so that is what must say no.
 * @param {HTMLElement} root
 */
export function settle(root) {
  root.classList.add("duet");
  root.addEventListener("focusin", (event) => {
    /** @type {HTMLElement} */ (event.target).dataset.lmSuppressShortcuts = "true";
  });
}

/**
 * Keep the keyboard's focus inside `root`: when what has it goes away or is hidden, `root` itself gets it.
 * @param {HTMLElement} root takes the focus (tabindex -1)
 */
export function keepFocus(root) {
  /** @type {HTMLElement | null} */
  let holder = null;
  const there = (/** @type {HTMLElement} */ node) => root.contains(node) && !node.closest("[hidden], :disabled");
  root.addEventListener("focusin", (event) => { holder = /** @type {HTMLElement} */ (event.target); });
  // The reader went elsewhere; what only vanished is the observer's matter, and has gone by the next microtask.
  root.addEventListener("focusout", (event) => queueMicrotask(() => {
    const left = /** @type {HTMLElement} */ (event.target);
    if (holder === left && there(left)) holder = null;
  }));
  new MutationObserver(() => {
    if (!holder || there(holder)) return;
    holder = null;
    root.focus({ preventScroll: true });
  }).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden", "disabled"] });
}

/** True when the reader has asked for less motion. */
export function calm() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}
