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

/** The attributes of an SVG drawing that shrinks where it has less room. @param {number} width @param {number} height */
export function sized(width, height) {
  return { width, height, viewBox: `0 0 ${width} ${height}`, style: "height:auto;max-width:100%" };
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

/** True when the reader has asked for less motion. */
export function calm() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}
