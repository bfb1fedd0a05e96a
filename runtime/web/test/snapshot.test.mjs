import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import test from "node:test";
import { attach, readSites } from "../index.js";
import { FEED, STORAGES, VAST, build, run } from "./instrumented.mjs";

const PAGE_BYTES = 65536;

/** @param {import("../index.js").Snapshot} snapshot */
function counted({ rows, totals }) {
  return { rows, totals };
}

for (const storage of STORAGES) {
  test(`an_instance_of_another_realm_is_read_(${storage})`, () => {
    const module = build(FEED, "--storage", storage);
    const instance = runInNewContext("new WebAssembly.Instance(module)", { module });
    assert.equal(instance instanceof WebAssembly.Instance, false);
    const profile = attach(module, instance);
    instance.exports.load(7);
    assert.deepEqual(profile.snapshot().rows, [[1, 1, 7, null, null]]);
  });

  test(`snapshot_counts_sites_and_the_pool_(${storage})`, () => {
    const module = build(FEED, "--storage", storage);
    const instance = run(module);
    const { render, load, idle } = instance.exports;
    const profile = attach(module, instance, { name: "feed", generation: 2 });

    const before = Date.now();
    render();
    render();
    render();
    load(100);
    idle();
    idle();
    const snapshot = profile.snapshot({ label: "loaded" });

    assert.ok(snapshot.time_ms >= before && snapshot.time_ms <= Date.now());
    assert.deepEqual(snapshot, {
      format: "allocinstr-snapshot",
      version: 1,
      build_id: readSites(module).build_id,
      instance: "feed",
      generation: 2,
      time_ms: snapshot.time_ms,
      label: "loaded",
      allocator_class: "frees-untracked",
      // 3 × 16 by render, 100 by load, 2 × 8 by idle, which is not selected.
      totals: {
        alloc_count: 6,
        alloc_bytes: 164,
        live_count: null,
        live_bytes: null,
        unattributed_count: 2,
        unattributed_bytes: 16,
      },
      memory_bytes: PAGE_BYTES,
      gauges: {},
      rows: [
        [0, 3, 48, null, null],
        [1, 1, 100, null, null],
      ],
    });
  });

  test(`later_snapshots_go_on_and_leave_earlier_ones_alone_(${storage})`, () => {
    const module = build(FEED, "--storage", storage);
    const instance = run(module);
    const profile = attach(module, instance);

    const empty = profile.snapshot();
    assert.equal(empty.label, null);
    assert.deepEqual(empty.rows, []);
    assert.equal(empty.totals.alloc_count, 0);

    instance.exports.load(7);
    const first = profile.snapshot();
    instance.exports.load(9);
    const second = profile.snapshot();
    assert.deepEqual(first.rows, [[1, 1, 7, null, null]]);
    assert.deepEqual(second.rows, [[1, 2, 16, null, null]]);

    instance.exports.idle();
    const { alloc_count, alloc_bytes, unattributed_count, unattributed_bytes } = profile.totals();
    assert.deepEqual([alloc_count, alloc_bytes], [3, 24]);
    assert.deepEqual([unattributed_count, unattributed_bytes], [1, 8]);
  });

  test(`memory_bytes_follows_the_program_and_counts_a_memory_with_two_names_once_(${storage})`, () => {
    const module = build(FEED, "--storage", storage);
    const instance = run(module);
    const profile = attach(module, instance);
    assert.equal(profile.snapshot().memory_bytes, PAGE_BYTES);
    assert.equal(instance.exports.grow(2), 1);
    assert.equal(profile.snapshot().memory_bytes, 3 * PAGE_BYTES);
  });

  test(`memory_bytes_is_null_without_a_memory_and_bytes_pass_32_bits_(${storage})`, () => {
    const module = build(VAST, "--storage", storage);
    const instance = run(module);
    for (let i = 0; i < 3; i++) instance.exports.load(0xffff_ffff);
    const snapshot = attach(module, instance).snapshot();
    assert.equal(snapshot.memory_bytes, null);
    assert.deepEqual(snapshot.rows, [[0, 3, 3 * (2 ** 32 - 1), null, null]]);
  });

  test(`instances_of_one_module_are_counted_apart_and_named_apart_(${storage})`, () => {
    const module = build(FEED, "--storage", storage);
    const [one, two] = [run(module), run(module)];
    const profiles = [one, two].map((instance) => attach(module, instance));
    one.exports.load(10);
    two.exports.load(20);
    two.exports.load(30);
    const [first, second] = profiles.map((profile) => profile.snapshot());
    assert.deepEqual(first.rows, [[1, 1, 10, null, null]]);
    assert.deepEqual(second.rows, [[1, 2, 50, null, null]]);
    assert.notEqual(first.instance, second.instance);
  });

  test(`sites_past_the_cap_share_the_overflow_slot_(${storage})`, () => {
    const module = build(FEED, "--storage", storage, "-print-allocs-max-sites", "1");
    const instance = run(module);
    instance.exports.render();
    instance.exports.load(100);
    const table = /** @type {import("../index.js").SiteTable} */ (readSites(module));
    assert.deepEqual(table.overflow, { id: 0, sites: 2 });
    assert.deepEqual(attach(module, instance).snapshot().rows, [[0, 2, 116, null, null]]);
  });

  test(`no_names_takes_the_names_and_not_the_counts_(${storage})`, () => {
    const named = build(FEED, "--storage", storage);
    const bare = build(FEED, "--storage", storage, "--no-names");
    const numbers = [named, bare].map((module) => {
      const instance = run(module);
      instance.exports.render();
      instance.exports.idle();
      return counted(attach(module, instance).snapshot());
    });
    assert.deepEqual(numbers[1], numbers[0]);
    const header = readSites(bare);
    assert.equal("names" in header || "sites" in header, false);
    assert.equal(header.build_id, readSites(named).build_id);
  });
}

test("a_detached_counter_buffer_is_derived_again", () => {
  const module = build(FEED);
  const instance = run(module);
  const profile = attach(module, instance);
  instance.exports.render();
  instance.exports.allocinstr.grow(0);
  assert.deepEqual(profile.snapshot().rows, [[0, 1, 16, null, null]]);
});

test("site_table_names_the_calls", () => {
  const table = /** @type {import("../index.js").SiteTable} */ (readSites(build(FEED)));
  const { names, frames } = table;
  const sites = table.sites.map(({ id, frame, callee, kind, attribution, size }) => {
    const func = frames[frame][0];
    return [id, func === null ? null : names[func], names[callee], kind, attribution, size];
  });
  assert.deepEqual(sites, [
    [0, "feed.render", "bump", "alloc", "direct", 16],
    [1, "feed.load", "bump", "alloc", "direct", null],
  ]);
  // Two sites and the overflow slot, which holds none.
  assert.equal(table.slots, 3);
  assert.deepEqual(table.overflow, { id: 2, sites: 0 });
});
