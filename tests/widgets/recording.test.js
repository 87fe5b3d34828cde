// The parts of the front end that need no page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { activity, joined } from "../../widgets/static/beats.js";
import { heatColour } from "../../widgets/static/heat_map.js";
import { fullest, shift } from "../../widgets/static/pan_zoom.js";
import { sceneKey, scenesFor, toggledWords } from "../../widgets/static/scenes.js";
import { lastAt, matching, runs } from "../../widgets/static/search.js";
import { Recording, bytes, flowAt, momentAt, recordingIn, sumText } from "../../widgets/static/recording.js";
import saidBytes from "./bytes.json" with { type: "json" };

const sceneOf = (opened) => ({
  key: sceneKey(opened), opened, boxes: [], frames: opened.map((name) => ({ path: name.split("/"), label: `frame ${name}` })),
});

const DATA = {
  title: "f", framework: "torch", versions: {}, error: "", omitted: [], findings: [], peak: null,
  sources: [{ file: "a.py", first: 1, text: "def f(x):\n    h = x * 2\n    return h\n" }],
  lines: [["a.py", 2], ["a.py", 3]],
  phase: [0, 0, 0, 1], op: ["mul", "add", "out", "MulBackward0"], line: [0, 0, 1, 0], turn: ["", "", "", ""],
  memory: [[4, 0], [12, 4], [8, 4], null],
  details: [{ writes: [0] }, {}, {}, { gradients: [0] }],
  values: [{ name: "h", type: "(2,) float32", short: "[2, 4]" }],
};

test("a recording is found in what is sent, and in a notebook that was saved when it was called a story", () => {
  assert.equal(recordingIn({ recording: DATA }), DATA);
  assert.equal(recordingIn({ story: DATA }), DATA);
});

test("a step is found among sorted moments", () => {
  const steps = [0, 3, 3, 9];
  assert.deepEqual([-1, 0, 2, 3, 8, 9, 50].map((s) => lastAt(steps, s, (x) => x)), [-1, 0, 0, 2, 2, 3, 3]);
});

test("phases are runs of equal steps", () => {
  assert.deepEqual(runs([0, 0, 1, 0]), [[0, 0, 2], [1, 2, 3], [0, 3, 4]]);
  assert.deepEqual(new Recording(DATA).phases.map((p) => [p.phase, p.first, p.end]), [["forward", 0, 3], ["backward", 3, 4]]);
});

test("a recording that was saved before there were findings and peaks is read too", () => {
  const { findings, peak, ...older } = DATA;
  assert.deepEqual(new Recording(older).marks, []);
});

test("a search finds every word in any case, and nothing for nothing", () => {
  assert.deepEqual(matching(["Linear relu", "LINEAR add", "mul"], "linear"), [0, 1]);
  assert.deepEqual(matching(["Linear relu", "LINEAR add"], "add lin"), [1]);
  assert.deepEqual(matching(["a"], "  "), []);
});

test("a line is visited when Python comes to it, not in backward", () => {
  const recording = new Recording(DATA);
  assert.equal(recording.visits(0, 1), 1);
  assert.equal(recording.visits(0, 3), 1);
  assert.equal(recording.visits(1, 1), 0);
  assert.equal(recording.pythonRuns(3), false);
});

test("a step is told in one sentence", () => {
  const recording = new Recording(DATA);
  assert.equal(recording.sentence(0), "Step 1 of 4, forward, mul, line 2: [2, 4]");
  assert.equal(recording.sentence(-1), "Before the first step.");
  assert.equal(recording.whereabouts(3), "backward · step 4 of 4");
});

test("a box shows its last moment, and a link its gradient", () => {
  const box = { moments: [[-1, "ghost", "mul", "", 0], [2, "done", "[2]", "", 0]] };
  assert.equal(momentAt(box, 1)[1], "ghost");
  assert.equal(momentAt(box, 7)[2], "[2]");
  const link = { flows: [[3, "1"], [3, "2"]] };
  assert.deepEqual([2, 3, 4].map((s) => flowAt(link, s).state), ["none", "flowing", "spent"]);
  assert.equal(flowAt(link, 3).text, "1 + 2");
});

test("bytes are said in powers of a thousand, as Python says them", () => {
  for (const [count, text] of Object.entries(saidBytes)) assert.equal(bytes(Number(count)), text);
});

test("closing a scope closes what is inside it, and kept scenes are not fetched again", async () => {
  const asked = [];
  const scenes = scenesFor(sceneOf(["a", "a/b"]), async (opened) => (asked.push(opened), sceneOf(opened)));
  assert.deepEqual((await scenes.toggle(["a"], false)).scene.opened, []);
  assert.deepEqual((await scenes.toggle(["a", "b"], true)).scene.opened, ["a", "a/b"]);
  assert.equal(asked.length, 1);
});

test("what does not fit stays closed, and what closes to make room is named", async () => {
  const most = 1;
  const scenes = scenesFor(sceneOf(["a"]), async (opened) => sceneOf(opened.includes("large") ? [] : opened.slice(-most)));
  const none = await scenes.toggle(["large"], true);
  assert.deepEqual([none.fits, none.scene.opened], [false, ["a"]]);
  assert.match(toggledWords("large", none), /^large has too many boxes or arrows for one picture/);
  const other = await scenes.toggle(["b"], true);
  assert.equal(toggledWords("b", other), "Closed to make room for b: frame a.");
  assert.equal(toggledWords("b", await scenes.toggle(["b"], false)), "");
  assert.match(toggledWords("b", null), /needs a running kernel/);
});

test("without a kernel a scope that was not sent stays as it is", async () => {
  const scenes = scenesFor(sceneOf([]), async () => null);
  assert.equal(await scenes.toggle(["a"], true), null);
});

test("what is in view is not moved, and the rest comes in with a margin", () => {
  assert.equal(shift(10, 20, 100, 5), 0);
  assert.equal(shift(-10, 20, 100, 5), 15);
  assert.equal(shift(95, 20, 100, 5), -20);
  assert.equal(shift(-1, 90, 100, 20), 6); // not further than leaves it whole
  assert.equal(shift(-7, 120, 100, 20), 7); // what has no room shows its beginning
});

test("a drawing wider than its panel begins where most of it is whole", () => {
  const box = (left) => [left, 0, 100, 40];
  assert.equal(fullest([box(0), box(300), box(420), box(540)], 360), 300);
  assert.equal(fullest([box(20), box(140), box(300), box(420)], 260), 0); // of several places, the first
  assert.equal(fullest([], 260), 0);
});

test("a sum of many gradients says how many are alike", () => {
  assert.equal(sumText(["[1]", "[1]"]), "[1] + [1]");
  assert.equal(sumText(Array(30).fill("(8, 12) float32")), "30 × (8, 12) float32");
  assert.equal(sumText(["a", "a", "a", "a", "b"]), "4 × a + b");
  assert.equal(sumText(["1", "2", "3", "4", "5", "6"]), "1 + 2 + 3 + … + 6");
});

test("heat is symmetric about zero, and what is not a number stands out", () => {
  assert.deepEqual(heatColour(127), [245, 245, 245]);
  assert.deepEqual(heatColour(0), [0, 90, 181]);
  assert.deepEqual(heatColour(254), [213, 94, 0]);
  assert.notDeepEqual(heatColour(255), heatColour(254));
});

test("a side is waiting before its first step and done after its last", () => {
  const beats = [[-1, 0], [0, 1], [1, 1], [1, 2]];
  assert.deepEqual(activity([0, 1], beats, 0), ["waiting", "forward", "backward", "done"]);
  assert.deepEqual(joined("waiting", "trace"), ["trace"]);
  assert.deepEqual(joined("forward", "trace"), ["forward", "trace"]);
  assert.deepEqual(joined("done", "run"), ["run"]);
});
