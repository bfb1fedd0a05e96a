// What is made of snapshots: the top sites, differences, statistics.
import assert from "node:assert/strict";
import test from "node:test";
import { attach, diff, merge, readSites, top } from "../index.js";
import { FEED, STATS, STORAGES, VAST, build, run } from "./instrumented.mjs";
import { refused } from "./refused.mjs";

const PAGE_BYTES = 65536;

/** The lines of feed.wat, 16 bytes at a time by render and as many as are asked for by load. */
const RENDER = {
  ids: [0],
  function: "feed.render",
  file: null,
  line: 0,
  column: 0,
  kind: "alloc",
  callee: "bump",
  attribution: "direct",
  count_only: false,
};
const LOAD = { ...RENDER, ids: [1], function: "feed.load" };

/** @param {import("../index.js").TopSite[]} lines */
const withoutKeys = (lines) =>
  lines.map(({ key, chain, ...line }) => {
    assert.match(key ?? "", /^[0-9a-f]{16}$/);
    const { function: name, file, line: number, column } = line;
    assert.deepEqual(chain, [{ function: name, file, line: number, column }]);
    return line;
  });

for (const storage of STORAGES) {
  test(`top_names_the_sites_that_allocated_most_by_bytes_or_by_count_(${storage})`, async () => {
    const module = build(FEED, "--storage", storage);
    const instance = run(module);
    const profile = attach(module, instance);
    const { render, load, idle } = instance.exports;
    assert.deepEqual(await profile.top(), []);
    for (let i = 0; i < 3; i++) render();
    load(100);
    idle();
    const rendered = { ...RENDER, alloc_count: 3, alloc_bytes: 48 };
    const loaded = { ...LOAD, alloc_count: 1, alloc_bytes: 100 };
    assert.deepEqual(withoutKeys(await profile.top()), [loaded, rendered]);
    assert.deepEqual(withoutKeys(await profile.top(1)), [loaded]);
    assert.deepEqual(withoutKeys(await profile.top(1, { by: "count" })), [rendered]);
    assert.deepEqual(withoutKeys(top(profile.snapshot(), readSites(module))), [loaded, rendered]);
  });
}

test("the_overflow_slot_is_a_line_that_says_how_many_share_it", async () => {
  const module = build(FEED, "-print-allocs-max-sites", "1");
  const instance = run(module);
  instance.exports.render();
  instance.exports.load(100);
  const [{ ids, key, function: name, alloc_count, alloc_bytes }, ...rest] = await attach(
    module,
    instance,
  ).top();
  assert.deepEqual(rest, []);
  assert.deepEqual([ids, key, alloc_count, alloc_bytes], [[0], null, 2, 116]);
  assert.equal(name, "<overflow> (2 sites)");
});

test("copies_of_one_source_allocation_are_one_line", () => {
  const module = build(FEED);
  const instance = run(module);
  instance.exports.render();
  instance.exports.load(100);
  instance.exports.load(9);
  const table = /** @type {import("../index.js").SiteTable} */ (readSites(module));
  // As an optimiser leaves them that has unrolled a loop.
  table.sites[1].key = table.sites[0].key;
  const [line, ...rest] = top(attach(module, instance).snapshot(), table);
  assert.deepEqual(rest, []);
  assert.deepEqual([line.ids, line.alloc_count, line.alloc_bytes], [[0, 1], 3, 125]);
});

test("top_refuses_what_has_no_names_or_is_of_another_build", async () => {
  const module = build(FEED);
  const instance = run(module);
  instance.exports.load(1);
  const snapshot = attach(module, instance).snapshot();
  const table = readSites(module);
  const bare = build(FEED, "--no-names");
  await assert.rejects(attach(bare, run(bare)).top(), refused("no-names", /--sites/));
  assert.throws(() => top(snapshot, readSites(bare)), refused("no-names", /--no-names/));
  const other = readSites(build(FEED, "--attribute", "direct"));
  assert.throws(() => top(snapshot, other), refused("different-builds", /site table of/));
  assert.throws(
    () => top(snapshot, /** @type {any} */ ({ ...table, sites: [] })),
    refused("malformed-snapshot", /site 1 is not/),
  );
  for (const by of /** @type {any[]} */ (["size", "toString", "constructor", "__proto__", null])) {
    assert.throws(() => top(snapshot, table, 1, { by }), {
      name: "RangeError",
      message: /^by is .*, not/,
    });
  }
  for (const n of /** @type {any[]} */ ([-1, NaN, 1.5, "2", null])) {
    assert.throws(() => top(snapshot, table, n), {
      name: "RangeError",
      message: /^n is .*, not a whole number/,
    });
  }
  assert.deepEqual(top(snapshot, table, 0), []);
  assert.equal(top(snapshot, table, Infinity).length, 1);
});

test("diff_is_what_one_instance_allocated_in_between", async () => {
  const module = build(FEED);
  const instance = run(module);
  const { render, load, idle, grow } = instance.exports;
  const profile = attach(module, instance, { name: "feed", generation: 3 });
  render();
  load(100);
  idle();
  const a = profile.snapshot({ label: "loaded", gauges: { handles: 2, once: 1 } });
  load(7);
  load(20);
  idle();
  grow(1);
  const b = profile.snapshot({ gauges: { handles: 5, later: 1 } });
  const between = diff(a, b);
  assert.deepEqual(between, {
    build_id: a.build_id,
    instance: "feed",
    generation: 3,
    allocator_class: "frees-untracked",
    from: { time_ms: a.time_ms, label: "loaded" },
    to: { time_ms: b.time_ms, label: null },
    totals: {
      alloc_count: 3,
      alloc_bytes: 35,
      live_count: null,
      live_bytes: null,
      unattributed_count: 1,
      unattributed_bytes: 8,
    },
    memory_bytes: PAGE_BYTES,
    gauges: { handles: 3 },
    // Nothing was rendered.
    rows: [[1, 2, 27, null, null]],
  });
  assert.deepEqual(withoutKeys(top(between, readSites(module))), [
    { ...LOAD, alloc_count: 2, alloc_bytes: 27 },
  ]);
  assert.deepEqual(diff(a, a).rows, []);
  assert.equal(diff(a, a).totals.alloc_bytes, 0);
});

test("gauges_may_be_called_as_objects_properties_are", () => {
  const module = build(FEED);
  const profile = attach(module, run(module));
  const snapshot = (/** @type {number} */ value) =>
    profile.snapshot({ gauges: { toString: value, constructor: value, ["__proto__"]: value } });
  assert.deepEqual(diff(profile.snapshot(), snapshot(5)).gauges, {});
  const both = { toString: 2, constructor: 2, ["__proto__"]: 2 };
  assert.deepEqual(Object.entries(diff(snapshot(5), snapshot(7)).gauges), Object.entries(both));
  const other = attach(module, run(module)).snapshot({ gauges: { toString: 1 } });
  assert.deepEqual(Object.entries(merge([snapshot(5), other]).gauges), [
    ["toString", 6],
    ["constructor", 5],
    ["__proto__", 5],
  ]);
});

test("diff_follows_live_bytes_down_where_they_are_known", () => {
  const module = build(FEED);
  const instance = run(module);
  const profile = attach(module, instance);
  instance.exports.load(100);
  const snapshot = profile.snapshot();
  /** @param {number} live */
  const living = (live) => ({
    ...snapshot,
    totals: { ...snapshot.totals, live_count: live, live_bytes: 100 * live },
    rows: [/** @type {import("../index.js").SnapshotRow} */ ([1, 1, 100, live, 100 * live])],
  });
  const { totals, rows } = diff(living(1), living(0));
  assert.deepEqual([totals.live_count, totals.live_bytes], [-1, -100]);
  assert.deepEqual(rows, [[1, 0, 0, -1, -100]]);
});

test("what_has_no_difference_is_refused", () => {
  const module = build(FEED);
  const instance = run(module);
  const profile = attach(module, instance, { name: "one" });
  instance.exports.load(1);
  const a = profile.snapshot();
  instance.exports.load(5);
  const b = profile.snapshot();
  instance.exports.idle();
  const c = profile.snapshot();
  const otherModule = build(FEED, "--attribute", "direct");
  const other = attach(otherModule, run(otherModule), { name: "one" }).snapshot();
  const second = attach(module, instance, { name: "two" }).snapshot();
  assert.throws(() => diff(a, other), refused("different-builds", /build_id/));
  assert.throws(
    () => diff(a, second),
    refused("different-instances", /instance is "one" .* "two"/),
  );
  assert.throws(
    () => diff(a, { ...b, generation: 1 }),
    refused("different-instances", /generation is 0 .* 1 in the second/),
  );
  const threads = [merge([a, second], { name: "all" }), merge([b], { name: "all" })];
  assert.throws(() => diff(threads[0], threads[1]), refused("different-instances", /merged/));
  assert.throws(() => diff(b, a), refused("not-later", /site 1 .* the earlier one first/));
  assert.throws(() => diff(c, b), refused("not-later", /alloc_count/));
  assert.throws(() => diff(b, { ...b, rows: [] }), refused("not-later", /site 1/));
});

test("statistics_are_our_counters_and_the_memory_s_size_where_the_program_has_none", async () => {
  const module = build(FEED);
  const instance = run(module);
  instance.exports.render();
  instance.exports.load(100);
  instance.exports.grow(1);
  assert.deepEqual(await attach(module, instance).stats(), {
    totalAlloc: 116,
    mallocs: 2,
    heapInuse: 2 * PAGE_BYTES,
    sys: 2 * PAGE_BYTES,
    source: { totalAlloc: "counters", mallocs: "counters", heapInuse: "memory", sys: "memory" },
  });
  const vast = build(VAST);
  const { heapInuse, sys } = await attach(vast, run(vast)).stats();
  assert.deepEqual([heapInuse, sys], [null, null]);
});

test("the_program_s_own_statistics_come_first_of_any_type", async () => {
  const module = build(STATS);
  const instance = run(module);
  instance.exports.load(20);
  instance.exports.load(5);
  // 20 and 5 by 16s, and 16 that the reading itself allocates.
  assert.deepEqual(await attach(module, instance).stats(), {
    totalAlloc: 2 ** 32 + 32 + 16 + 16,
    mallocs: 3,
    heapInuse: 2 ** 31 + 32 + 16 + 16,
    sys: PAGE_BYTES,
    source: { totalAlloc: "program", mallocs: "counters", heapInuse: "program", sys: "memory" },
  });
});

test("a_statistic_that_is_none_is_refused_with_its_name", async () => {
  const module = build(STATS);
  const { exports } = run(module);
  for (const [value, says] of /** @type {[any, RegExp][]} */ ([
    [new WebAssembly.Memory({ initial: 0 }), /`mem_stats_sys` cannot be read/],
    [() => undefined, /`mem_stats_sys` is undefined/],
    [() => 0.5, /`mem_stats_sys` is 0.5/],
    [() => 2n ** 53n, /`mem_stats_sys` is 9007199254740992/],
    [
      () => {
        throw new WebAssembly.RuntimeError("unreachable");
      },
      /`mem_stats_sys` cannot be read/,
    ],
  ])) {
    const instance = { exports: { ...exports, mem_stats_sys: value } };
    await assert.rejects(attach(module, instance).stats(), refused("malformed-stats", says));
  }
});
