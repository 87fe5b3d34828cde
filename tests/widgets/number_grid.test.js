// A vector's numbers stand in rows as long as fit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { perRow } from "../../widgets/static/number_grid.js";

test("short numbers stand in one row, long ones in several", () => {
  assert.equal(perRow(["1", "1", "1", "1", "1"]), 5);
  assert.equal(perRow(Array.from({ length: 9 }, () => "-0.1234")), 4);
  assert.equal(perRow(["a".repeat(90), "b"]), 2);
});
