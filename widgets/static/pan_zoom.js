// Moving and scaling a drawing inside its panel: drag, pinch or Ctrl + wheel, buttons, fit, follow.

import { calm } from "./dom.js";

const LEAST = 0.02;
const MOST = 3;
export const EDGE = 20; // pixels kept free around the drawing

export class PanZoom {
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
  fit(least = LEAST) {
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
    const scale = Math.min(Math.max(this.scale * factor, LEAST), MOST);
    this.x = atX - ((atX - this.x) * scale) / this.scale;
    this.y = atY - ((atY - this.y) * scale) / this.scale;
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
    const low = things.filter(([, top, , height]) => (top + height) * this.scale + this.y <= clientHeight);
    const x = EDGE - fullest(low, (clientWidth - 2 * EDGE) / this.scale) * this.scale;
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
    if (!event.ctrlKey && !event.metaKey) return; // a plain wheel scrolls the notebook
    event.preventDefault();
    const box = this.frame.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {PointerEvent} start */
  press(start) {
    if (start.button !== 0 || /** @type {Element} */ (start.target).closest(".box, .toggle")) return;
    const { x, y } = this;
    const move = (/** @type {PointerEvent} */ event) => {
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
}

/**
 * The left edge, the first of several, from which a view of `room` shows most of `things` from side to side.
 * @param {number[][]} things rectangles
 * @param {number} room
 */
export function fullest(things, room) {
  const edges = [0, ...things.map(([left]) => left)].sort((a, b) => a - b);
  const whole = edges.map((edge) => things.filter(([left, , width]) => left >= edge && left + width <= edge + room).length);
  return edges[whole.indexOf(Math.max(...whole))];
}

/**
 * How far to move a stretch that does not lie in 0..room, to bring it there with a margin.
 * @param {number} start
 * @param {number} size
 * @param {number} room
 * @param {number} margin
 */
export function shift(start, size, room, margin) {
  if (start >= 0 && start + size <= room) return 0;
  if (size > room) return -start;
  const kept = Math.min(margin, (room - size) / 2);
  return (start < 0 ? kept : room - kept - size) - start;
}
