import assert from "node:assert/strict";
import test from "node:test";
import { LOG_CAPACITY, createLog } from "../lib/log.js";
import { random } from "./random.mjs";

/** @param {number} value */
const entry = (value) => ({ ts: 1, source: "test", metric: "size", value });

/** @param {Iterable<import("../log.js").LogEntry>} log */
const values = (log) => [...log].map(({ value }) => value);

test("the_10001st_entry_drops_the_oldest_and_keeps_the_order", () => {
  const log = createLog();
  for (let value = 0; value < 10_000; value++) assert.equal(log.push(entry(value)), value + 1);
  assert.equal(log[0].value, 0);
  assert.equal(log.dropped, 0);

  assert.equal(log.push(entry(10_000)), 10_000);
  assert.equal(log.length, 10_000);
  assert.equal(log.dropped, 1);
  assert.deepEqual(
    values(log),
    Array.from({ length: 10_000 }, (_, i) => i + 1),
  );
  assert.equal(LOG_CAPACITY, 10_000);
});

test("an_entry_has_the_time_and_what_was_measured", () => {
  const log = createLog();
  const before = Date.now();
  log.record("_elements", "size", 100);
  const [{ ts, ...rest }] = log;
  assert.ok(ts >= before && ts <= Date.now());
  assert.deepEqual(rest, { source: "_elements", metric: "size", value: 100 });
  assert.deepEqual(Object.keys(log[0]), ["ts", "source", "metric", "value"]);
});

test("a_log_that_went_round_reads_as_an_array_by_every_path", () => {
  const log = createLog({ capacity: 3 });
  log.push(...[1, 2, 3, 4, 5].map(entry));
  const expected = [3, 4, 5].map(entry);

  assert.ok(Array.isArray(log));
  assert.deepEqual(JSON.parse(JSON.stringify(log)), expected);
  assert.deepEqual(JSON.parse(JSON.stringify({ log })), { log: expected });
  assert.deepEqual([log[0], log[1], log[2]], expected);
  assert.equal(log[3], undefined);
  assert.deepEqual(Object.entries(log), Object.entries(expected));
  assert.deepEqual(log.at(-1), entry(5));
  assert.deepEqual(log.slice(1), expected.slice(1));
  assert.deepEqual(
    log.filter(({ value }) => value > 3),
    expected.slice(1),
  );
  assert.deepEqual(log.toReversed(), expected.toReversed());
  assert.equal(Object.prototype.toString.call(log), "[object Array]");
  assert.ok(!(3 in log) && 2 in log);
  assert.deepEqual(structuredClone(log.toArray()), expected);
});

test("an_array_that_was_read_is_left_alone_by_later_entries", () => {
  const log = createLog({ capacity: 2 });
  log.push(entry(1), entry(2));
  const read = log.toArray();
  log.push(entry(3));
  assert.deepEqual(values(read), [1, 2]);
});

test("clear_empties_the_log_and_it_goes_on", () => {
  const log = createLog({ capacity: 2 });
  log.push(entry(1), entry(2), entry(3));
  log.clear();
  assert.deepEqual([...log], []);
  log.push(entry(4), entry(5), entry(6));
  assert.deepEqual(values(log), [5, 6]);
  assert.equal(log.dropped, 2);
});

test("entries_cannot_be_put_out_of_order", () => {
  const log = /** @type {any} */ (createLog({ capacity: 3 }));
  log.push(...[1, 2, 3, 4].map(entry));
  for (const change of [
    () => (log[0] = entry(9)),
    () => (log.length = 0),
    () => log.shift(),
    () => log.sort(),
    () => delete log[0],
    () => Object.freeze(log),
  ]) {
    assert.throws(change, TypeError);
  }
  assert.deepEqual(values(log), [2, 3, 4]);
});

test("a_capacity_that_is_none_is_refused", () => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity, /** @type {any} */ ("3")]) {
    assert.throws(() => createLog({ capacity }), RangeError);
  }
});

test("a_log_is_the_end_of_a_list_of_all_entries", (t) => {
  const { below, seed } = random(t);
  /** @type {import("../log.js").LogEntry[]} */
  let all = [];
  const capacity = 100;
  const log = createLog({ capacity });
  for (let step = 0; step < 100_000; step++) {
    const model = all.slice(-capacity);
    const at = `step ${step}, seed ${seed}`;
    switch (below(10)) {
      case 0: {
        const index = below(capacity + 5);
        assert.equal(log[index], model[index], at);
        break;
      }
      case 1:
        assert.equal(log.length, model.length, at);
        break;
      case 2:
        assert.equal(log.dropped, Math.max(0, all.length - capacity), at);
        break;
      case 3:
        if (below(100) === 0) assert.deepEqual([...log], model, at);
        break;
      default:
        all.push(entry(step));
        log.push(all[all.length - 1]);
    }
  }
  assert.deepEqual(log.toArray(), all.slice(-capacity));
});

test("a_push_takes_as_long_into_a_log_of_a_million_as_into_one_of_a_hundred", () => {
  /** @param {number} capacity */
  const fastest = (capacity) => {
    const log = createLog({ capacity });
    const one = entry(1);
    for (let i = 0; i < capacity; i++) log.push(one);
    const rounds = Array.from({ length: 10 }, () => {
      const start = performance.now();
      for (let i = 0; i < 1000; i++) log.push(one);
      return performance.now() - start;
    });
    return Math.min(...rounds);
  };
  fastest(100);
  // Moving a million entries takes thousands of times as long as a hundred.
  assert.ok(fastest(1_000_000) < 20 * fastest(100) + 1);
});
