import assert from "node:assert/strict";
import { test } from "node:test";

import { activity, joined } from "../../widgets/static/beats.js";

const [BACKWARD, TRACE, RUN] = [1, 2, 3];

test("a traced graph that waits to run is not said to trace still", () => {
  const beats = [[0, 0], [1, 1], [2, 1], [2, 2]];
  assert.deepEqual(activity([TRACE, TRACE, RUN], beats, 1), ["trace", "trace", "traced", "run"]);
  assert.deepEqual(activity([0, BACKWARD, BACKWARD], beats, 0), ["forward", "backward", "backward", "done"]);
});

test("an idle side gives a stretch of the timeline no name", () => {
  assert.deepEqual(joined("backward", "traced"), ["backward"]);
  assert.deepEqual(joined("done", "run"), ["run"]);
});
