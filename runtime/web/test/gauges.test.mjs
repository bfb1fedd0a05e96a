import assert from "node:assert/strict";
import test from "node:test";
import { attach, merge } from "../index.js";
import { Gauge, REARM_MARGIN, THRESHOLDS, readGauges, watchSize } from "../lib/gauges.js";
import { createLog } from "../lib/log.js";
import { collected } from "./collected.mjs";
import { FEED, build, run } from "./instrumented.mjs";
import { random } from "./random.mjs";

/**
 * A gauge named `_elements.size` and what it logs.
 * @param {number[]} [thresholds]
 */
function logged(thresholds) {
  const log = createLog();
  const gauge = new Gauge({ source: "_elements", log, thresholds });
  return { gauge, log, values: () => log.map(({ value }) => value) };
}

test("growing_to_6000_one_by_one_logs_five_thresholds", () => {
  const log = createLog();
  const elements = new Map();
  watchSize(elements, { source: "_elements", log });
  for (let id = 1; id <= 6000; id++) {
    elements.set(id, {});
    // Each at the very size, not at the next.
    assert.equal(log.length, [100, 500, 1000, 2000, 5000].filter((at) => at <= id).length);
  }
  assert.deepEqual(
    log.map(({ source, metric, value }) => [source, metric, value]),
    [100, 500, 1000, 2000, 5000].map((value) => ["_elements", "size", value]),
  );
  assert.deepEqual(THRESHOLDS, [100, 500, 1000, 2000, 5000]);
});

test("a_jump_logs_every_threshold_that_it_passes", () => {
  const { gauge, values } = logged();
  gauge.set(99);
  assert.deepEqual(values(), []);
  gauge.set(1000);
  assert.deepEqual(values(), [100, 500, 1000]);
});

test("a_threshold_is_logged_again_only_after_a_fall_to_nine_tenths_of_it", () => {
  const { gauge, values } = logged([100]);
  gauge.set(100);
  for (let i = 0; i < 1000; i++) {
    gauge.set(91);
    gauge.set(105);
  }
  assert.deepEqual(values(), [100]);
  gauge.set(90);
  gauge.set(99);
  assert.deepEqual(values(), [100]);
  gauge.set(100);
  assert.deepEqual(values(), [100, 100]);
  assert.equal(REARM_MARGIN, 0.1);
});

test("thresholds_rearm_one_by_one", () => {
  const { gauge, values } = logged();
  gauge.set(5000);
  gauge.set(450);
  gauge.set(5000);
  assert.deepEqual(values(), [100, 500, 1000, 2000, 5000, 500, 1000, 2000, 5000]);
});

test("thresholds_are_taken_in_any_order_and_once", () => {
  const { gauge, values } = logged([20, 10, 20]);
  gauge.set(20);
  assert.deepEqual(values(), [10, 20]);
});

test("thresholds_that_are_none_are_refused", () => {
  for (const threshold of [0, -1, NaN, Infinity, /** @type {any} */ ("5")]) {
    assert.throws(() => logged([100, threshold]), RangeError);
  }
});

test("a_reading_that_is_none_changes_neither_peak_nor_log", () => {
  const { gauge, values } = logged();
  gauge.set(500);
  const invalid = [NaN, Infinity, -1, "600", undefined, null, 600n, {}];
  for (const value of invalid) {
    gauge.set(/** @type {any} */ (value));
    assert.equal(gauge.value, null);
    assert.deepEqual(readGauges([gauge]), {});
  }
  assert.equal(gauge.invalid, invalid.length);
  assert.equal(gauge.peak, 500);
  gauge.set(500);
  assert.deepEqual(values(), [100, 500]);
  gauge.set(0);
  assert.equal(gauge.value, 0);
});

test("a_peak_between_two_samples_of_a_map_or_set_is_seen", () => {
  const conns = new Set(/** @type {unknown[]} */ ([1]));
  const log = createLog();
  const watch = watchSize(conns, { source: "_conns", log });
  for (let id = 0; id < 700; id++) conns.add({});
  conns.clear();
  assert.deepEqual(readGauges([watch]), { "_conns.size": 0, "_conns.size.peak": 701 });
  assert.deepEqual(
    log.map(({ value }) => value),
    [100, 500],
  );
  conns.add(2);
  watch.resetPeak();
  assert.equal(watch.peak, 1);
  assert.deepEqual(readGauges([watch]), { "_conns.size": 1, "_conns.size.peak": 1 });
});

test("what_a_map_already_holds_is_the_first_reading", () => {
  const log = createLog();
  const watch = watchSize(new Map([[1, 2]]), { source: "m", log, thresholds: [1] });
  assert.equal(watch.value, 1);
  assert.equal(log.length, 1);
});

test("every_method_that_changes_a_map_or_set_is_watched_and_gives_its_result", () => {
  const map = new Map();
  const watch = watchSize(map, { source: "map" });
  assert.equal(map.set("a", 1), map);
  assert.equal(watch.value, 1);
  assert.equal(map.delete("a"), true);
  assert.equal(watch.value, 0);
  assert.equal(map.delete("a"), false);
  if ("getOrInsert" in Map.prototype) {
    const upserted = /** @type {any} */ (map);
    assert.equal(upserted.getOrInsert("b", 2), 2);
    assert.equal(watch.value, 1);
    assert.equal(
      upserted.getOrInsertComputed("c", () => 3),
      3,
    );
    assert.equal(watch.value, 2);
  }
  map.clear();
  assert.equal(watch.value, 0);
});

test("a_function_is_read_when_sampled_only", () => {
  let size = 3;
  const watch = watchSize(() => size, { source: "pool", metric: "free" });
  assert.equal(watch.name, "pool.free");
  size = 900;
  size = 5;
  assert.equal(watch.value, 3);
  assert.deepEqual(readGauges([watch]), { "pool.free": 5, "pool.free.peak": 5 });
});

test("a_function_that_throws_gives_no_reading_and_is_kept_as_the_error", () => {
  const gone = new Error("the pool is closed");
  let open = true;
  const watch = watchSize(
    () => {
      if (open) return 7;
      throw gone;
    },
    { source: "pool" },
  );
  open = false;
  assert.deepEqual(readGauges([watch]), {});
  assert.equal(watch.error, gone);
  assert.equal(watch.invalid, 1);
  assert.equal(watch.peak, 7);
});

test("stop_gives_the_map_its_own_methods_back", () => {
  const map = new Map();
  const watch = watchSize(map, { source: "map" });
  assert.notEqual(map.set, Map.prototype.set);
  assert.deepEqual(Object.keys(map), []);
  watch.stop();
  watch.stop();
  assert.deepEqual(Reflect.ownKeys(map), []);
  map.set(1, 1);
  assert.equal(watch.value, null);
  assert.equal(watch.invalid, 0);
  assert.deepEqual(readGauges([watch]), {});

  const set = (/** @type {[unknown, unknown]} */ ...args) => Map.prototype.set.apply(map, args);
  Object.defineProperty(map, "set", { value: set, configurable: true, enumerable: true });
  const before = Object.getOwnPropertyDescriptor(map, "set");
  const again = watchSize(map, { source: "map" });
  map.set(2, 2);
  assert.equal(again.value, 2);
  again.stop();
  assert.deepEqual(Object.getOwnPropertyDescriptor(map, "set"), before);
  assert.notEqual(Map.prototype.set, set);
});

test("watches_of_one_map_end_in_any_order", () => {
  const map = new Map();
  const first = watchSize(map, { source: "first" });
  const second = watchSize(map, { source: "second" });
  first.stop();
  map.set(1, 1);
  assert.equal(second.value, 1);
  assert.equal(first.value, null);
  second.stop();
  assert.deepEqual(Reflect.ownKeys(map), []);
  const third = watchSize(map, { source: "third" });
  map.set(2, 2);
  assert.equal(third.value, 2);
});

test("a_method_that_someone_put_over_the_watch_stays", () => {
  const map = new Map();
  const watch = watchSize(map, { source: "map" });
  const watched = map.set;
  let calls = 0;
  map.set = (key, value) => {
    calls += 1;
    return watched.call(map, key, value);
  };
  watch.stop();
  map.set(1, 1);
  assert.equal(calls, 1);
  assert.equal(map.size, 1);
});

test("other_maps_are_left_alone", () => {
  const names = [Map, Set].map(({ prototype }) =>
    JSON.stringify(Object.getOwnPropertyNames(prototype)),
  );
  const { set } = Map.prototype;
  watchSize(new Map(), { source: "map" });
  assert.equal(new Map().set, set);
  assert.deepEqual(
    [Map, Set].map(({ prototype }) => JSON.stringify(Object.getOwnPropertyNames(prototype))),
    names,
  );
});

test("what_has_no_size_is_refused", () => {
  for (const subject of [{}, [], new WeakMap(), null, 5, { size: 5 }]) {
    assert.throws(() => watchSize(/** @type {any} */ (subject), { source: "x" }), TypeError);
  }
});

test("a_map_or_set_whose_methods_cannot_be_replaced_is_refused_and_left_as_it_was", () => {
  const fixed = Object.defineProperty(new Map(), "delete", { value: Map.prototype.delete });
  for (const subject of [Object.freeze(new Map()), Object.seal(new Set()), fixed]) {
    const before = Object.getOwnPropertyDescriptors(subject);
    assert.throws(
      () => watchSize(subject, { source: "x" }),
      (error) =>
        error instanceof TypeError && /cannot be replaced: pass a function/.test(error.message),
    );
    assert.deepEqual(Object.getOwnPropertyDescriptors(subject), before);
  }
  const frozen = Object.freeze(new Map([[1, 1]]));
  assert.equal(watchSize(() => frozen.size, { source: "x" }).value, 1);
});

test("a_log_that_fails_does_not_fail_the_program_s_own_call", (t) => {
  const error = t.mock.method(console, "error", () => {});
  const failed = new Error("the log is full");
  const map = new Map();
  const record = () => {
    throw failed;
  };
  const watch = watchSize(map, { source: "map", thresholds: [1, 2], log: { record } });
  assert.equal(map.set(1, 1).set(2, 2), map);
  assert.deepEqual([watch.value, watch.peak], [2, 2]);
  assert.deepEqual(
    error.mock.calls.map((call) => call.arguments),
    [[failed], [failed]],
  );
});

test("a_watch_does_not_keep_a_map_alive", async () => {
  // Made in a function of its own: the frame of an async one keeps what it had.
  const make = () => {
    const map = new Map([[1, 1]]);
    return { watch: watchSize(map, { source: "map" }), gone: new WeakRef(map) };
  };
  const { watch, gone } = make();
  await collected(gone);
  assert.deepEqual(readGauges([watch]), {});
  assert.equal(watch.invalid, 0);
});

test("gauges_of_one_name_are_summed", () => {
  const gauges = [4, 7].map((value) => {
    const gauge = new Gauge({ source: "handles" });
    gauge.set(value);
    return gauge;
  });
  assert.deepEqual(readGauges(gauges), { "handles.size": 11, "handles.size.peak": 11 });
});

test("gauges_join_a_snapshot_and_add_up_in_a_merge", () => {
  const module = build(FEED);
  const elements = new Map();
  const watches = [watchSize(elements, { source: "_elements" })];
  const profiles = ["a", "b"].map((name) => attach(module, run(module), { name }));
  elements.set(1, {}).set(2, {}).delete(1);
  const snapshots = profiles.map((profile) => profile.snapshot({ gauges: readGauges(watches) }));
  assert.deepEqual(snapshots[0].gauges, { "_elements.size": 1, "_elements.size.peak": 2 });
  assert.deepEqual(merge(snapshots).gauges, { "_elements.size": 2, "_elements.size.peak": 4 });
});

test("a_gauge_that_is_no_number_is_refused_with_its_name", () => {
  const module = build(FEED);
  const profile = attach(module, run(module));
  for (const fps of [NaN, Infinity, -Infinity, "60", null, undefined, 60n]) {
    const gauges = /** @type {any} */ ({ ok: 1, fps });
    assert.throws(() => profile.snapshot({ gauges }), {
      name: "RangeError",
      message: `gauge fps is ${fps}, not a finite number`,
    });
  }
  assert.deepEqual(profile.snapshot({ gauges: { left: -0.5 } }).gauges, { left: -0.5 });
});

test("thresholds_and_peak_are_those_of_the_whole_history", (t) => {
  const { below, seed } = random(t);
  const { gauge, log } = logged();
  const map = new Map();
  /** @type {number[]} every reading since the start */
  const history = [];
  /** @type {number[]} what must have been logged */
  const expected = [];
  let peak = 0;
  const watch = watchSize(map, { source: "map", log: createLog() });
  for (let step = 0; step < 100_000; step++) {
    const at = `step ${step}, seed ${seed}`;
    // Around the thresholds, where something can go wrong, and far from them.
    const near = THRESHOLDS[below(5)];
    const value = below(3) === 0 ? below(6000) : Math.floor((near * (80 + below(40))) / 100);
    history.push(value);
    for (const threshold of THRESHOLDS) {
      if (value < threshold) continue;
      // The last reading that settles it: one that reached the threshold, or one that fell far below.
      let before = history.length - 2;
      while (before >= 0 && history[before] > 0.9 * threshold && history[before] < threshold)
        before--;
      if (before < 0 || history[before] <= 0.9 * threshold) expected.push(threshold);
    }
    gauge.set(value);
    peak = Math.max(peak, value);
    assert.equal(gauge.value, value, at);
    assert.equal(gauge.peak, peak, at);
    if (below(1000) === 0) {
      gauge.resetPeak();
      peak = value;
    }

    const key = below(300);
    if (below(2)) map.set(key, step);
    else map.delete(key);
    if (below(500) === 0) map.clear();
    assert.equal(watch.value, map.size, at);
  }
  const values = log.map(({ value }) => value);
  assert.ok(values.length > 1000, "the run never crossed a threshold");
  assert.equal(log.dropped + values.length, expected.length);
  assert.deepEqual(values, expected.slice(-values.length), `seed ${seed}`);
});
