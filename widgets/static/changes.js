// Which boxes and links look different from one step to the next, so that a step touches only those. No DOM here.

/** @typedef {import("./recording.js").Scene} Scene */

export class Changes {
  /** @param {Scene} scene */
  constructor(scene) {
    /** @type {Map<number, number[]>} boxes by the step at which they change */
    this.boxes = new Map();
    /** @type {Map<number, Set<number>>} links by the steps at which a gradient sets out over them, or has arrived */
    this.links = new Map();
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
    return { boxes: this.boxes.get(step) ?? [], links: [...(this.links.get(step) ?? [])] };
  }
}

/** @param {Map<number, number[]>} map @param {number} key @returns {number[]} */
function list(map, key) {
  const found = map.get(key) ?? [];
  map.set(key, found);
  return found;
}

/** @param {Map<number, Set<number>>} map @param {number} key @returns {Set<number>} */
function set(map, key) {
  const found = map.get(key) ?? new Set();
  map.set(key, found);
  return found;
}
