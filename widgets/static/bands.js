// What a timeline draws where its stretches are too many to be seen one by one. No DOM here.

import { t } from "./text.js";

/** @typedef {{name: string, phase: string, first: number, end: number}} Stretch */
/** @typedef {Stretch & {shares?: [string, number][]}} Mixed `shares`: of several phases in turns, how much each has */

const WIDE = 0.05; // of the whole: a wider stretch gets a band of its own

/**
 * `stretches`, where they are more than `most` with those that take turns as one: its phases lie above each other, each as
 * high as its share, since 200 turns side by side are a moiré.
 * @param {Stretch[]} stretches
 * @param {number} most
 * @returns {Mixed[]}
 */
export function legible(stretches, most) {
  if (stretches.length <= most) return stretches;
  const length = stretches[stretches.length - 1].end - stretches[0].first;
  /** @type {Stretch[][]} */
  const groups = [];
  let before = false;
  for (const stretch of stretches) {
    const narrow = stretch.end - stretch.first < WIDE * length;
    if (narrow && before) groups[groups.length - 1].push(stretch);
    else groups.push([stretch]);
    before = narrow;
  }
  return groups.map(inTurns);
}

/** @param {Stretch[]} group @returns {Mixed} */
function inTurns(group) {
  if (group.length === 1) return group[0];
  /** @type {Map<string, number>} */
  const steps = new Map();
  for (const { phase, first, end } of group) steps.set(phase, (steps.get(phase) ?? 0) + end - first);
  const names = [...new Set(group.map(({ name }) => name))];
  const first = group[0].first;
  const end = group[group.length - 1].end;
  const name = names.length > 3 ? t("{count} stretches", { count: group.length }) : t("{phases} in turns", { phases: names.join(", ") });
  return { name, phase: group[0].phase, first, end, shares: [...steps].map(([phase, count]) => [phase, count / (end - first)]) };
}

/** A background of bands, one a phase. @param {[string, number][]} shares */
export function bands(shares) {
  let from = 0;
  const stops = shares.map(([phase, share]) => {
    const to = from + 100 * share;
    const stop = `var(--duet-${phase}) ${from.toFixed(1)}% ${to.toFixed(1)}%`;
    from = to;
    return stop;
  });
  return `background:linear-gradient(${stops.join(",")})`;
}

const LETTER = 6.2; // pixels of a letter of a stretch's name
const MARGIN = 12; // and on both sides of the name

/**
 * Where the name of a stretch stands, so that no mark covers it: in its middle where that is free, else at the end with room.
 * @param {Stretch} stretch
 * @param {number[]} marks pixels from the left edge of the bar
 * @param {number} scale pixels of a step
 * @param {number} size pixels of a mark
 * @returns {"center" | "start" | "end"}
 */
export function nameSide({ name, first, end }, marks, scale, size) {
  const [left, right, width] = [first * scale, end * scale, name.length * LETTER + MARGIN];
  const free = (/** @type {number} */ from) => !marks.some((mark) => mark + size / 2 > from && mark - size / 2 < from + width);
  if (free((left + right - width) / 2)) return "center";
  return free(left) ? "start" : free(right - width) ? "end" : "center";
}

/**
 * `marks` at least `room` steps apart; a mark nearer to the one before it joins that one.
 * @param {import("./recording.js").Mark[]} marks
 * @param {number} room
 */
export function spread(marks, room) {
  /** @type {import("./recording.js").Mark[]} */
  const apart = [];
  for (const kind of /** @type {const} */ (["fault", "peak"])) {
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
