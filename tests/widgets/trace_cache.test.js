// TraceCache's field shows a call in the words of the function's own framework.

import assert from "node:assert/strict";
import { test } from "node:test";

import { example } from "../../widgets/static/trace_cache.js";

test("the example to type belongs to the framework that is watched", () => {
  assert.match(example("tensorflow"), /^tf\./);
  assert.match(example("torch.compile"), /^torch\./);
});
