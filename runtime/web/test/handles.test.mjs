import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { AllocinstrError } from "../index.js";
import { readGauges } from "../lib/gauges.js";
import { HandleTable } from "../lib/handles.js";
import { createLog } from "../lib/log.js";
import { collected } from "./collected.mjs";
import { random } from "./random.mjs";

const I32_END = 2 ** 31;
// 11 bits, without 0.
const GENERATIONS = 2047;

/**
 * @param {HandleTable<unknown>} table
 * @param {any} id
 */
function whyNot(table, id) {
  try {
    table.get(id);
  } catch (error) {
    assert.ok(error instanceof AllocinstrError, String(error));
    assert.match(error.message, new RegExp(`${String(id)} (of|is no handle of) .handles.size.`));
    return error.code;
  }
  assert.fail(`${id} has an object`);
}

test("a_handle_gives_its_object_until_it_is_released", () => {
  const table = new HandleTable();
  const [a, b] = [{ name: "a" }, { name: "b" }];
  const ids = [table.create(a), table.create(b), table.create(a)];
  assert.deepEqual(ids.map((id) => table.get(id)), [a, b, a]); // prettier-ignore
  assert.equal(table.size, 3);
  for (const id of ids) assert.ok(Number.isInteger(id) && id > 0 && id < I32_END);
  assert.equal(new Set(ids).size, 3);

  assert.equal(table.release(ids[0]), true);
  assert.equal(table.has(ids[0]), false);
  assert.equal(table.release(ids[0]), false);
  assert.equal(table.get(ids[2]), a);
  assert.equal(table.size, 2);
});

test("any_value_can_be_held", () => {
  const table = new HandleTable();
  for (const value of [undefined, null, 0, "", NaN]) {
    const id = table.create(value);
    assert.ok(table.has(id));
    assert.ok(Object.is(table.get(id), value));
  }
});

test("a_stale_handle_is_told_from_the_object_that_has_its_slot_now", () => {
  const table = new HandleTable();
  const old = table.create("old");
  table.release(old);
  const now = table.create("now");
  assert.equal(old % 2 ** 20, now % 2 ** 20);
  assert.equal(whyNot(table, old), "stale-handle");
  assert.equal(table.release(old), false);
  assert.equal(table.releaseAll([old, old]), 0);
  assert.equal(table.get(now), "now");
  table.release(now);
  assert.equal(whyNot(table, now), "stale-handle");
});

test("what_is_no_handle_is_unknown", () => {
  const table = new HandleTable();
  const id = table.create("one");
  const unknown = [
    ...[0, 1, -1, id + 1, id + 2 ** 20, -id, id + 2 ** 32, id + 0.5, 2 ** 31, 2 ** 53],
    ...[NaN, Infinity, String(id), BigInt(id), null, undefined, {}],
  ];
  for (const wrong of unknown) {
    assert.equal(table.has(/** @type {any} */ (wrong)), false, String(wrong));
    assert.equal(table.release(/** @type {any} */ (wrong)), false, String(wrong));
    assert.equal(whyNot(table, wrong === undefined ? "undefined" : wrong), "unknown-handle");
  }
  assert.equal(table.get(id), "one");
  assert.equal(table.size, 1);
});

test("a_slot_is_retired_when_its_generations_are_used_up", () => {
  const table = new HandleTable({ maxSlots: 1 });
  const ids = new Set();
  for (let i = 0; i < GENERATIONS; i++) {
    const id = table.create(i);
    assert.ok(!ids.has(id) && id < I32_END, `handle ${i}`);
    ids.add(id);
    assert.equal(table.release(id), true);
  }
  assert.throws(() => table.create("one more"), {
    code: "handles-full",
    message: /holds 0 objects in 1 slots and 1 slots have no new id left: start a new table/,
  });
  assert.equal(table.size, 0);
  for (const id of ids) assert.equal(whyNot(table, id), "stale-handle");

  const another = new HandleTable({ maxSlots: 2 });
  for (let i = 0; i < 2 * GENERATIONS; i++) another.release(another.create(i));
  assert.throws(() => another.create("one more"), /2 slots have no new id left/);
});

test("a_full_table_says_so_and_goes_on_after_a_release", () => {
  const table = new HandleTable();
  const ids = Array.from({ length: 2 ** 20 }, (_, i) => table.create(i));
  assert.equal(table.get(ids[2 ** 20 - 1]), 2 ** 20 - 1);
  assert.throws(() => table.create("one more"), {
    code: "handles-full",
    message: /holds 1048576 objects in 1048576 slots: release/,
  });
  table.release(ids[12345]);
  assert.equal(table.get(table.create("again")), "again");
  assert.equal(table.releaseAll(ids), 2 ** 20 - 1);
  assert.equal(table.size, 1);
});

test("a_number_of_slots_that_is_none_is_refused", () => {
  for (const maxSlots of [0, -1, 1.5, NaN, 2 ** 20 + 1]) {
    assert.throws(() => new HandleTable({ maxSlots }), RangeError);
  }
});

test("release_all_passes_over_unknown_and_duplicate_ids", () => {
  const table = new HandleTable();
  const ids = ["a", "b", "c"].map((object) => table.create(object));
  const kept = table.create("kept");
  assert.equal(table.releaseAll([ids[0], 0, ids[1], ids[0], -5, NaN, 2 ** 30, ids[1]]), 2);
  assert.equal(table.releaseAll(new Set([ids[2]])), 1);
  assert.equal(table.releaseAll([]), 0);
  assert.equal(table.size, 1);
  assert.equal(table.get(kept), "kept");
});

test("an_iterator_that_throws_or_uses_the_table_leaves_its_size_right", () => {
  const table = new HandleTable();
  const ids = ["a", "b", "c"].map((object) => table.create(object));
  function* broken() {
    yield* ids.slice(0, 2);
    throw new RangeError("halfway");
  }
  assert.throws(() => table.releaseAll(broken()), /halfway/);
  assert.deepEqual([table.size, table.gauge.value], [1, 1]);
  function* busy() {
    yield ids[2];
    assert.equal(table.size, 0);
    table.create("d");
    yield table.create("e");
  }
  assert.equal(table.releaseAll(busy()), 2);
  assert.deepEqual([table.size, table.gauge.value, table.gauge.peak], [1, 1, 3]);
});

test("a_log_that_fails_keeps_no_object_from_its_id", (t) => {
  const error = t.mock.method(console, "error", () => {});
  const failed = new Error("the log is full");
  const record = () => {
    throw failed;
  };
  const table = new HandleTable({ log: { record }, thresholds: [1] });
  const id = table.create("one");
  assert.equal(table.get(id), "one");
  assert.deepEqual([table.size, table.gauge.value], [1, 1]);
  assert.deepEqual(error.mock.calls[0].arguments, [failed]);
});

test("release_all_takes_typed_arrays", () => {
  for (const Ids of [Int32Array, Uint32Array]) {
    const table = new HandleTable();
    const ids = new Ids([1, 2, 3].map((object) => table.create(object)));
    assert.equal(table.releaseAll(ids.subarray(1)), 2);
    assert.equal(table.get(ids[0]), 1);
  }
});

test("five_hundred_handles_are_released_in_one_crossing", () => {
  const wat = fileURLToPath(new URL("programs/handles.wat", import.meta.url));
  const module = new WebAssembly.Module(execFileSync("wat2wasm", [wat, "--output=-"]));
  const table = new HandleTable();
  let crossings = 0;
  /** @type {any} */
  const { fill, drop, memory } = new WebAssembly.Instance(module, {
    host: {
      create: () => table.create({}),
      release_all: (/** @type {number} */ ids, /** @type {number} */ count) => {
        crossings += 1;
        return table.releaseAllIn(memory, ids, count);
      },
    },
  }).exports;
  fill(500);
  assert.equal(table.size, 500);
  // The first five once more: in all 505 ids, of which 500 are handles.
  new Uint8Array(memory.buffer).copyWithin(1 + 500 * 4, 1, 1 + 5 * 4);
  memory.grow(1);
  assert.equal(drop(), 500);
  assert.equal(crossings, 1);
  assert.equal(table.size, 0);
  assert.equal(drop(), 0);
});

test("ids_that_are_not_within_the_memory_are_refused", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const table = new HandleTable();
  const id = table.create("kept");
  const view = new DataView(memory.buffer);
  for (let at = 0; at < 65536; at += 4) view.setUint32(at, id, true);
  for (const [pointer, count] of [
    [65533, 1],
    [0, 16385],
    [-4, 1],
    [0, -1],
    [2 ** 31, 2 ** 31],
    [2n ** 63n, 1n],
    // No i32, which would be another address.
    [NaN, 1],
    [0.5, 1],
    [2 ** 32, 1],
    [-(2 ** 31) - 1, 0],
    [0, undefined],
    ["0", 1],
  ]) {
    const release = () =>
      table.releaseAllIn(memory, /** @type {any} */ (pointer), /** @type {any} */ (count));
    assert.throws(release, RangeError, `${pointer}, ${count}`);
  }
  assert.equal(table.get(id), "kept");
  assert.equal(table.releaseAllIn(memory, 65536, 0), 0);
  assert.equal(table.releaseAllIn(memory, 65532n, 1n), 1);
});

test("the_size_is_a_gauge_with_thresholds_and_a_peak", () => {
  const log = createLog();
  const table = new HandleTable({ source: "_elements", log });
  assert.deepEqual(readGauges([table.gauge]), { "_elements.size": 0, "_elements.size.peak": 0 });
  const ids = Array.from({ length: 600 }, () => table.create({}));
  table.releaseAll(ids.slice(0, 580));
  assert.deepEqual(readGauges([table.gauge]), { "_elements.size": 20, "_elements.size.peak": 600 });
  assert.deepEqual(log.map(({ source, metric, value }) => [source, metric, value]), [
    ["_elements", "size", 100],
    ["_elements", "size", 500],
  ]); // prettier-ignore
});

test("what_was_released_is_not_kept_alive", async () => {
  const table = new HandleTable();
  const make = () => {
    const object = {};
    return { id: table.create(object), gone: new WeakRef(object) };
  };
  const { id, gone } = make();
  table.release(id);
  await collected(gone);
});

test("handles_are_those_of_a_map_that_never_uses_an_id_again", (t) => {
  const { below, seed } = random(t);
  // So few slots that generations run out.
  const maxSlots = 40;
  const table = new HandleTable({ maxSlots });
  /** @type {Map<number, number>} */
  const live = new Map();
  /** @type {number[]} every id ever given */
  const given = [];
  const known = new Set();
  let full = 0;
  let peak = 0;
  /** A released one, a held one, or one that was never given. */
  const anyId = () => {
    const recent = given.length - 1 - below(80);
    if (below(4) && recent >= 0) return given[recent];
    if (below(2) && given.length) return given[below(given.length)];
    return below(I32_END);
  };
  for (let step = 0; step < 100_000; step++) {
    const at = `step ${step}, seed ${seed}`;
    switch (below(8)) {
      case 0: {
        const ids = Array.from({ length: below(60) }, anyId);
        const held = new Set(ids.filter((id) => live.has(id)));
        assert.equal(table.releaseAll(ids), held.size, at);
        for (const id of held) live.delete(id);
        break;
      }
      case 1: {
        const id = anyId();
        assert.equal(table.release(id), live.delete(id), at);
        break;
      }
      case 2: {
        const id = anyId();
        if (live.has(id)) assert.equal(table.get(id), live.get(id), at);
        else assert.equal(whyNot(table, id), known.has(id) ? "stale-handle" : "unknown-handle", at);
        break;
      }
      default:
        try {
          const id = table.create(step);
          assert.ok(!known.has(id), at);
          given.push(id);
          known.add(id);
          live.set(id, step);
        } catch (error) {
          assert.equal(/** @type {AllocinstrError} */ (error).code, "handles-full", at);
          assert.ok(live.size === maxSlots || given.length > GENERATIONS, at);
          full += 1;
        }
    }
    peak = Math.max(peak, live.size);
    assert.equal(table.size, live.size, at);
    assert.equal(table.gauge.peak, peak, at);
  }
  assert.ok(given.length > 20_000 && full > 100, `${given.length} handles, ${full} times full`);
});
