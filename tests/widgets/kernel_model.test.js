// The pure part of KernelView, on a launch of two blocks of four threads: load, barrier, neighbour's read.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cellName,
  hasValues,
  epochOfBlocks,
  epochs,
  request,
  sentence,
  threadName,
  threadStates,
  threadsAtFault,
  touched,
  toucher,
  touches,
  unpacked,
  valuesAt,
} from "../../widgets/static/kernel_model.js";

const array = (name, space, shape) => ({ name, space, dtype: "float32", shape, itemBytes: 4 });
const access = (block, epoch, kind, number, line, threads, indices) => ({
  block,
  epoch,
  kind,
  array: number,
  line,
  threads: { list: threads },
  indices: { list: indices },
});
const launch = {
  kernel: "k",
  firstLine: 1,
  source: [],
  counts: {},
  grid: [2, 1, 1],
  block: [4, 1, 1],
  threads: 4,
  blocks: [[0, 0, 0], [1, 0, 0]],
  blocksLeftOut: 0,
  accessesLeftOut: 0,
  arrays: [array("x", "global", [8]), array("tile", "shared", [4])],
  frames: [
    { line: 3, accesses: [access(0, 0, "read", 0, 3, [0, 1, 2, 3], [0, 1, 2, 3]), access(1, 0, "read", 0, 3, [0, 1, 2, 3], [4, 5, 6, 7])] },
    { line: 3, accesses: [access(0, 0, "write", 1, 3, [0, 1, 2, 3], [0, 1, 2, 3]), access(1, 0, "write", 1, 3, [0, 1, 2, 3], [0, 1, 2, 3])] },
    { line: 5, accesses: [access(0, 1, "read", 1, 5, [0, 1], [2, 3])] },
  ],
  findings: [],
  profile: null,
  engine: "lock-step",
  level: "hazards",
  printed: "",
  notes: [],
};

test("a packed run is its numbers", () => {
  assert.deepEqual(unpacked({ run: [3, -1, 3] }), [3, 2, 1]);
  assert.deepEqual(unpacked({ list: [5, 5] }), [5, 5]);
});

test("the timeline has a stretch for each barrier epoch", () => {
  assert.deepEqual(epochs(launch), [{ epoch: 0, start: 0, stop: 2 }, { epoch: 1, start: 2, stop: 3 }]);
  assert.deepEqual(epochOfBlocks(launch, 2), [1, 0]);
});

test("a thread that has work only after the barrier waits, one without more work is done", () => {
  assert.deepEqual(threadStates(launch, 0)[0], ["reading", "reading", "reading", "reading"]);
  assert.deepEqual(threadStates(launch, 0)[1].length, 4);
  assert.deepEqual(threadStates(launch, 1)[0], ["writing", "writing", "writing", "writing"]);
  assert.deepEqual(threadStates(launch, 2)[0], ["reading", "reading", "done", "done"]);
  assert.deepEqual(threadStates(launch, -1)[0], ["between", "between", "between", "between"]);
});

test("an element holds what it held first, then what the last access left there", () => {
  const write = { ...access(0, 0, "write", 0, 3, [0, 1], [1, 1]), values: ["7", "8"] };
  const valued = { ...launch, arrays: [{ ...launch.arrays[0], before: ["0", "1"] }, launch.arrays[1]], frames: [launch.frames[0], { line: 3, accesses: [write] }] };
  assert.deepEqual([...valuesAt(valued, 0, 0)], [[0, "0"], [1, "1"]]);
  assert.deepEqual([...valuesAt(valued, 1, 0)], [[0, "0"], [1, "8"]]);
  assert.deepEqual([hasValues(valued, 0), hasValues(valued, 1), hasValues(launch, 0)], [true, false, false]);
});

test("all threads at fault are marked, and those that a finding names", () => {
  const finding = { card: 0, thread: [3, 0, 0], otherCard: 1, other_thread: [1, 0, 0] };
  const faulty = { ...launch, findings: [finding], atFault: [{ card: 1, threads: { run: [1, 1, 3] } }] };
  assert.deepEqual(threadsAtFault(faulty), [new Set([3]), new Set([1, 2, 3])]);
  assert.deepEqual(threadsAtFault(launch), [new Set(), new Set()]);
});

test("cells forget the accesses before the barrier", () => {
  assert.deepEqual(touched(launch, 1, 1, 0).get(2), { reads: 0, writes: 1 });
  assert.deepEqual([...touched(launch, 2, 1, 0).keys()], [2, 3]);
  assert.equal(touched(launch, 1, 0).size, 8, "a global array adds up the blocks");
});

test("a cell knows who touched it, newest first", () => {
  const found = toucher(launch, 2, 1, 2, 0);
  assert.deepEqual(found.map(({ thread, kind, frame }) => [thread, kind, frame]), [[0, "read", 2], [2, "write", 1]]);
  assert.deepEqual(touches(launch, 2, 0, 1), [{ array: 1, index: 3, kind: "read" }]);
});

test("a warp's request counts sectors and bank passes as a GPU does", () => {
  const lanes = Array.from({ length: 32 }, (_, i) => i);
  const of = (stride) => access(0, 0, "read", 0, 1, lanes, lanes.map((i) => i * stride));
  assert.deepEqual(request(of(1), launch.arrays[0], 0), { lanes: 32, sectors: 4, ideal: 4, passes: 1, fewest: 1 });
  assert.deepEqual(request(of(8), launch.arrays[0], 0), { lanes: 32, sectors: 32, ideal: 4, passes: 8, fewest: 1 });
  assert.deepEqual(request(of(32), launch.arrays[1], 0).passes, 32);
  assert.deepEqual(request(of(0), launch.arrays[1], 0).passes, 1, "a broadcast takes one pass");
  const wide = { ...launch.arrays[1], itemBytes: 8 };
  assert.deepEqual([request(of(1), wide, 0), request(of(2), wide, 0), request(of(0), wide, 0)].map((r) => [r.passes, r.fewest]),
    [[2, 2], [4, 2], [2, 2]], "eight bytes a lane: a pass for each half of the warp");
});

test("places are named as the kernel writes them", () => {
  assert.equal(threadName({ ...launch, block: [4, 2, 1] }, 5), "thread (1, 1)");
  assert.equal(threadName(launch, 3), "thread 3");
  assert.equal(cellName(array("m", "global", [2, 3]), 4), "m[1, 1]");
  assert.equal(sentence(launch, 0), "Line 3: 8 threads read x");
});

test("a thread that ran a whole loop in one frame counts once, with all that it touched", () => {
  const turns = access(0, 0, "write", 1, 3, [0, 0, 0, 1, 1], [0, 8, 16, 1, 9]);
  const serial = { ...launch, arrays: [launch.arrays[0], array("y", "global", [21])], frames: [{ line: 3, accesses: [turns] }] };
  assert.equal(sentence(serial, 0), "Line 3: 2 threads write y, 5 times in all");
  const alone = { ...serial, frames: [{ line: 3, accesses: [access(0, 0, "write", 1, 3, [0], [0])] }] };
  assert.equal(sentence(alone, 0), "Line 3: 1 thread writes y");
  assert.deepEqual(touches(serial, 0, 0, 0).map(({ index }) => index), [0, 8, 16]);
  assert.deepEqual(request(turns, serial.arrays[1], 0), { lanes: 2, sectors: 1, ideal: 1, passes: 1, fewest: 1 });
});
