// What a timeline draws where its stretches and marks are too many to be seen one by one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bands, legible, nameSide, spread } from "../../widgets/static/bands.js";

/** @param {[string, number][]} parts a phase and how many steps it takes */
function stretches(parts) {
  let at = 0;
  return parts.map(([phase, steps]) => ({ name: phase, phase, first: at, end: (at += steps) }));
}

const turn = /** @type {[string, number][]} */ ([["forward", 2], ["backward", 3], ["optimize", 1]]);

test("a few stretches stay as they are", () => {
  const few = stretches([...turn, ...turn]);
  assert.equal(legible(few, 6), few);
});

test("200 turns are one stretch, with a band for each phase as high as its share", () => {
  const [one, ...rest] = legible(stretches(Array(200).fill(turn).flat()), 50);
  assert.deepEqual(rest, []);
  assert.deepEqual([one.first, one.end, one.name], [0, 1200, "forward, backward, optimize in turns"]);
  assert.deepEqual(one.shares, [["forward", 400 / 1200], ["backward", 600 / 1200], ["optimize", 200 / 1200]]);
  assert.equal(bands([["forward", 0.25], ["backward", 0.75]]),
    "background:linear-gradient(var(--duet-forward) 0.0% 25.0%,var(--duet-backward) 25.0% 100.0%)");
});

test("a wide stretch beside the turns stands by itself", () => {
  const shown = legible(stretches([["trace", 500], ...Array(100).fill(turn).flat(), ["run", 400]]), 50);
  assert.deepEqual(shown.map(({ phase, first, end }) => [phase, first, end]), [["trace", 0, 500], ["forward", 500, 1100], ["run", 1100, 1500]]);
});

test("marks that would cover each other are one, which says the words of all", () => {
  const marks = [3, 4, 40].map((at) => ({ at, kind: /** @type {const} */ ("fault"), words: `fault ${at}.` }));
  const peak = { at: 4, kind: /** @type {const} */ ("peak"), words: "most memory" };
  assert.deepEqual(spread([...marks, peak], 10).map(({ at, words }) => [at, words]), [[3, "fault 3. fault 4."], [40, "fault 40."], [4, "most memory"]]);
});

test("the name of a stretch gives way to a mark", () => {
  const stretch = { name: "backward", phase: "backward", first: 100, end: 300 };
  assert.equal(nameSide(stretch, [], 1, 14), "center");
  assert.equal(nameSide(stretch, [110], 1, 14), "center");
  assert.equal(nameSide(stretch, [200], 1, 14), "start");
  assert.equal(nameSide(stretch, [200, 110], 1, 14), "end");
  assert.equal(nameSide(stretch, [200, 110, 290], 1, 14), "center"); // nowhere is free
});
