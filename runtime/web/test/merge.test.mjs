import assert from "node:assert/strict";
import test from "node:test";
import { AllocinstrError, attach, merge } from "../index.js";
import { FEED, STORAGES, build, run } from "./instrumented.mjs";

const PAGE_BYTES = 65536;

/**
 * A snapshot of an instance that has loaded these sizes, as another thread sends it.
 * @param {WebAssembly.Module} module
 * @param {string} name
 * @param {number[]} loads
 * @returns {import("../index.js").Snapshot}
 */
function loaded(module, name, ...loads) {
  const instance = run(module);
  for (const bytes of loads) instance.exports.load(bytes);
  instance.exports.idle();
  return JSON.parse(JSON.stringify(attach(module, instance, { name }).snapshot()));
}

for (const storage of STORAGES) {
  test(`merge_sums_the_instances_of_a_build_(${storage})`, () => {
    const module = build(FEED, "--storage", storage);
    const [one, two, three] = [
      { ...loaded(module, "one", 100, 7), gauges: { handles: 2, sockets: 1 } },
      { ...loaded(module, "two", 30), gauges: { handles: 5 } },
      { ...loaded(module, "three"), time_ms: 1, generation: 4 },
    ];
    const instance = run(module);
    instance.exports.render();
    const four = attach(module, instance, { name: "four" }).snapshot();
    assert.deepEqual(merge([one, two, three, four], { label: "all" }), {
      format: "allocinstr-snapshot",
      version: 1,
      build_id: one.build_id,
      instance: "one+two+three+four",
      generation: 4,
      time_ms: Math.max(one.time_ms, two.time_ms, four.time_ms),
      label: "all",
      allocator_class: "frees-untracked",
      // 100 + 7 + 30 by load, 16 by render, 3 × 8 by idle, which is not selected.
      totals: {
        alloc_count: 7,
        alloc_bytes: 177,
        live_count: null,
        live_bytes: null,
        unattributed_count: 3,
        unattributed_bytes: 24,
      },
      memory_bytes: 4 * PAGE_BYTES,
      gauges: { handles: 7, sockets: 1 },
      rows: [
        [0, 1, 16, null, null],
        [1, 3, 137, null, null],
      ],
      merged: [
        ["one", 0],
        ["two", 0],
        ["three", 4],
        ["four", 0],
      ],
    });
    const shared = merge([one, two], { name: "threads", sharedMemory: true });
    assert.equal(shared.memory_bytes, PAGE_BYTES);
    assert.equal(shared.instance, "threads");
  });
}

test("what_is_not_known_of_one_is_not_known_of_all", () => {
  const module = build(FEED);
  const [one, two] = [loaded(module, "one", 9), loaded(module, "two", 9)];
  one.totals = { ...one.totals, live_count: 1, live_bytes: 9 };
  one.rows = [[1, 1, 9, 1, 9]];
  assert.equal(merge([one, two]).totals.live_bytes, null);
  assert.deepEqual(merge([one, two]).rows, [[1, 2, 18, null, null]]);
  two.totals = { ...two.totals, live_count: 1, live_bytes: 3 };
  two.rows = [[1, 1, 9, 1, 3]];
  assert.equal(merge([one, two]).totals.live_bytes, 12);
  assert.deepEqual(merge([one, two]).rows, [[1, 2, 18, 2, 12]]);
  two.memory_bytes = null;
  assert.equal(merge([one, two]).memory_bytes, null);
  assert.equal(merge([one, two], { sharedMemory: true }).memory_bytes, null);
});

test("what_cannot_be_summed_is_refused", () => {
  const module = build(FEED);
  const [one, two] = [loaded(module, "one", 5), loaded(module, "two", 5)];
  /** @type {[any, import("../index.js").AllocinstrErrorCode, RegExp][]} */
  const cases = [
    [[], "malformed-snapshot", /none to merge/],
    [undefined, "malformed-snapshot", /no array/],
    ["ab", "malformed-snapshot", /no array/],
    [[{ ...one, instance: 1 }], "malformed-snapshot", /instance/],
    [[one, { ...two, allocator_class: "never-frees" }], "malformed-snapshot", /classes/],
    [[one, { ...two, merged: ["one"] }], "malformed-snapshot", /merged/],
    [
      [one, loaded(build(FEED, "--attribute", "direct"), "two")],
      "different-builds",
      /different builds/,
    ],
    [[one, two, one], "same-instance", /"one" .* twice/],
    [[merge([one, two], { name: "threads" }), two], "same-instance", /"two" .* twice/],
    [[one, null], "malformed-snapshot", /format/],
    [[one, { ...two, format: "allocinstr-sites" }], "malformed-snapshot", /format/],
    [[one, { ...two, version: 2 }], "unknown-version", /version 2; .* version 1/],
    [[one, { ...two, time_ms: "now" }], "malformed-snapshot", /time_ms/],
    [[one, { ...two, generation: -1 }], "malformed-snapshot", /generation/],
    [[one, { ...two, memory_bytes: 0.5 }], "malformed-snapshot", /memory_bytes/],
    [[one, { ...two, totals: undefined }], "malformed-snapshot", /totals/],
    [
      [one, { ...two, totals: { ...two.totals, alloc_bytes: "5" } }],
      "malformed-snapshot",
      /totals/,
    ],
    [
      [one, { ...two, totals: { ...two.totals, alloc_count: null } }],
      "malformed-snapshot",
      /totals/,
    ],
    [[one, { ...two, totals: { ...two.totals, live_bytes: -1 } }], "malformed-snapshot", /totals/],
    [[one, { ...two, rows: {} }], "malformed-snapshot", /rows/],
    [[one, { ...two, rows: [[0, 1, 2, null]] }], "malformed-snapshot", /rows/],
    [[one, { ...two, rows: [[0, 1, null, null, null]] }], "malformed-snapshot", /rows/],
    [[one, { ...two, rows: [[0, 1, 2, null, -2]] }], "malformed-snapshot", /rows/],
    [[one, { ...two, gauges: { handles: "2" } }], "malformed-snapshot", /gauges/],
    [[one, { ...two, gauges: undefined }], "malformed-snapshot", /gauges/],
    [
      [one, { ...two, rows: [[1, 1, 2 ** 53 - 1, null, null]] }],
      "malformed-snapshot",
      /past 2\^53/,
    ],
  ];
  for (const [snapshots, code, says] of cases) {
    assert.throws(
      () => merge(snapshots),
      (error) => {
        assert.ok(error instanceof AllocinstrError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, says);
        return true;
      },
    );
  }
  const three = { ...one, instance: "three" };
  assert.deepEqual(merge([merge([one, two]), three]).merged, merge([one, two, three]).merged);
  // A restart is another instance, and both have allocated.
  assert.equal(merge([one, { ...one, generation: 1 }]).totals.alloc_bytes, 26);
});
