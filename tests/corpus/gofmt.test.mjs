// gofmt built by TinyGo: never frees, imports nothing, and counts for itself.
//
// `runtime.alloc(size)` begins (wasm-objdump -d)
//     i64 at 129864 += 1
//     i64 at 129856 += (size + 15) & -16
// also for size 0, and no other function touches the two.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { format } from "@wasm-fmt/gofmt/gofmt_binding.js";
import { countingBeneath } from "./beneath.mjs";
import {
  assertPathDoesNotMatter,
  assertSameInterface,
  assertSameMemory,
  counters,
  input,
  instrument,
  KINDS,
  NOTHING,
  outcome,
  packageFile,
} from "./instrument.mjs";

const file = packageFile("@wasm-fmt/gofmt/wasm");
const original = readFileSync(file);

const MALLOCS = 129864;
const HEAP_BYTES = 129856;

const REGEXES = [".*", "go/parser", "go/printer", NOTHING];

/**
 * The same binary with `mallocs += 1` in runtime.alloc changed in place to `mallocs += size`, which has as
 * many bytes: its counter at 129864 is the sum of the requested bytes, and all else is as it was.
 */
function countingRequestedBytes() {
  const address = [0x41, 0xc8, 0xf6, 0x07]; // i32.const 129864
  const twice = [...address, ...address];
  // i64.load, i64.const 1, i64.add, i64.store
  const addsOne = Buffer.from([...twice, 0x29, 3, 0, 0x42, 1, 0x7c, 0x37, 3, 0]);
  // i32.load, local.get 0, i32.add, i32.store
  const addsSize = Buffer.from([...twice, 0x28, 2, 0, 0x20, 0, 0x6a, 0x36, 2, 0]);
  const at = original.indexOf(addsOne);
  assert.notEqual(at, -1);
  assert.equal(original.indexOf(addsOne, at + 1), -1);
  const patched = Buffer.from(original);
  addsSize.copy(patched, at);
  return new WebAssembly.Module(patched);
}

function ownCounters({ exports }) {
  const view = new DataView(exports.memory.buffer);
  return {
    mallocs: Number(view.getBigUint64(MALLOCS, true)),
    heapBytes: Number(view.getBigUint64(HEAP_BYTES, true)),
  };
}

function start(module) {
  const instance = new WebAssembly.Instance(module);
  assert.deepEqual(ownCounters(instance), { mallocs: 0, heapBytes: 0 });
  instance.exports._initialize();
  return instance;
}

const FORMATTED = ["ledger.go", "pipeline.go", "broken.go", "ledger.go"].map(input);
// Parses past the end of the 64 KiB shadow stack, at the bottom of memory: a trap far down, with every
// caller still in its call.
const TOO_DEEP = `package deep\nvar x = ${"(".repeat(1000)}1${")".repeat(1000)}\n`;

function formatAll(instance) {
  const { exports } = instance;
  return [
    ...FORMATTED.map((source) => outcome(() => format(exports, source))),
    // Host calls of an export that allocates: 17 bytes are two granules.
    outcome(() => exports.alloc(17)),
    outcome(() => exports.alloc(0)),
  ];
}

function crash(instance) {
  return [
    outcome(() => format(instance.exports, TOO_DEEP)),
    outcome(() => instance.exports.alloc(100)),
  ];
}

function observe(module) {
  const instance = start(module);
  const formatted = formatAll(instance);
  const afterFormatting = ownCounters(instance);
  const crashed = crash(instance);
  return { instance, formatted, afterFormatting, crashed, afterCrash: ownCounters(instance) };
}

const originalModule = new WebAssembly.Module(original);
const expected = observe(originalModule);
const requested = observe(countingRequestedBytes());

test("the workload formats, fails and traps, and the byte oracle runs the same program", () => {
  const { formatted, crashed } = expected;
  assert.match(formatted[0].returns, /\nimport \(\n\t"errors"\n\t"fmt"\n\t"time"\n\n\t"sort"\n/);
  assert.match(
    formatted[1].returns,
    /\nimport \(\n\t"context"\n\tf "fmt"\n\t"io"\n\t"strings"\n\)\n/,
  );
  assert.equal(formatted[2].throws, "Error: 6:24: expected operand, found '{' (and 2 more errors)");
  assert.equal(formatted[3].returns, formatted[0].returns);
  assert.equal(crashed[0].throws, "RuntimeError: memory access out of bounds");
  assert.ok(crashed[1].returns > formatted[4].returns);

  assert.deepEqual(requested.formatted, formatted);
  assert.deepEqual(requested.crashed, crashed);
  assert.equal(requested.afterFormatting.heapBytes, expected.afterFormatting.heapBytes);
});

function assertConserved(file, regex, options) {
  const { module } = instrument(file, regex, ...options);
  assertSameInterface(originalModule, module);
  const instance = start(module);
  const heap = options.includes("heap");
  const assertTotal = (own, requestedBytes) =>
    assert.deepEqual(counters(module, instance).total, {
      count: own.mallocs,
      bytes: heap ? own.heapBytes : requestedBytes,
    });

  assert.deepEqual(formatAll(instance), expected.formatted);
  assert.deepEqual(ownCounters(instance), expected.afterFormatting);
  assertTotal(expected.afterFormatting, requested.afterFormatting.mallocs);

  assert.deepEqual(crash(instance), expected.crashed);
  assert.deepEqual(ownCounters(instance), expected.afterCrash);
  assertTotal(expected.afterCrash, requested.afterCrash.mallocs);

  assertSameMemory(instance.exports.memory, expected.instance.exports.memory);
}

for (const regex of REGEXES) {
  test(`totals of ${regex} equal the program's own counters, and the program is the same`, () => {
    for (const maxSites of ["1", "2", "16", "8192"]) {
      for (const inline of [[], ["--inline"]]) {
        for (const bytes of ["requested", "heap"]) {
          const options = ["-print-allocs-max-sites", maxSites, ...inline, "--bytes", bytes];
          assertConserved(file, regex, options);
        }
      }
    }
  });
}

test("totals do not depend on what is attributed, on what is runtime, or on names", () => {
  for (const options of [
    ["--attribute", "direct"],
    ["--attribute", "through"],
    ["--attribute", "host"],
    ["--include-runtime"],
    ["--no-names"],
  ]) {
    assertConserved(file, "fmt|strconv", options);
  }
});

for (const kind of KINDS) {
  test(`${kind.join(" ")}: the program's own totals, and slot by slot those of the default`, () => {
    for (const regex of REGEXES) {
      for (const options of [[], ["--inline", "--bytes", "heap"]]) {
        assertConserved(file, regex, [...options, ...kind]);
      }
      const [expected, found] = [attributed(regex), attributed(regex, ...kind)];
      assert.deepEqual(found.slots, expected.slots);
      assert.deepEqual(found.sites, expected.sites);
    }
  });
}

function attributed(regex, ...options) {
  const { module, table, stderr } = instrument(file, regex, ...options);
  const instance = start(module);
  formatAll(instance);
  const { pool, slots, allocatorClass } = counters(module, instance);
  const sites = table.sites.map((site) => ({
    id: site.id,
    attribution: site.attribution,
    offset: site.offset,
    function: table.names[table.frames[site.frame][0]],
    callee: table.names[site.callee],
  }));
  return { table, sites, pool, slots, allocatorClass, stderr };
}

test("everything selected leaves nothing in the pool", () => {
  const { pool, table, allocatorClass } = attributed(".*");
  assert.deepEqual(pool, { count: 0, bytes: 0 });
  assert.equal(table.allocator_class, "never-frees");
  assert.equal(allocatorClass, "never-frees");
});

test("nothing selected leaves everything in the pool, and says so", () => {
  const { pool, table, slots, stderr } = attributed(NOTHING);
  assert.deepEqual(table.sites, []);
  assert.equal(table.slots, 1);
  assert.equal(slots.size, 0);
  assert.equal(pool.count, expected.afterFormatting.mallocs);
  assert.match(stderr, /warning.*no such function anywhere/);
});

// Calls of runtime.alloc by enclosing function, counted in `wasm-objdump -d` of gofmt.wasm: 369 in all;
// 15 of them in functions of `runtime`, 10 in the dispatch thunks Visit$invoke (7), String$invoke (2) and
// Write$invoke (1), which are runtime too.
for (const [regex, direct] of [
  [".*", 369 - 15 - 10],
  ["go/parser", 178],
  ["go/printer", 57],
]) {
  test(`direct sites of ${regex} are the calls of runtime.alloc in its functions`, () => {
    const { sites } = attributed(regex);
    const found = sites.filter((site) => site.attribution === "direct");
    assert.equal(found.length, direct);
    assert.deepEqual(new Set(found.map((site) => site.callee)), new Set(["runtime.alloc"]));
    const selected = new RegExp(regex);
    for (const site of sites) assert.match(site.function, selected);
  });
}

test("a package that was not selected is charged to the calls that lead into it", () => {
  const intoScanner = (regex) =>
    attributed(regex).sites.filter((site) => site.callee === "(*go/scanner.Scanner).next");
  // go/scanner allocates for itself where it is selected too.
  assert.deepEqual(intoScanner(".*"), []);
  // `wasm-objdump -d` has 21 calls of it in (*go/parser.parser).next0 and 2 in go/parser.ParseFile.
  const sites = intoScanner("go/parser");
  assert.equal(sites.length, 23);
  for (const site of sites) assert.equal(site.attribution, "through");
});

test("the printer's allocations behind interface calls are charged to the printer", () => {
  const { sites, slots } = attributed("go/printer");
  const invoked = sites.filter(
    (site) => site.attribution === "through" && site.callee.includes("$invoke"),
  );
  const bytes = invoked.reduce((sum, site) => sum + (slots.get(site.id)?.bytes ?? 0), 0);
  assert.ok(bytes > 0, `${invoked.length} sites through $invoke have no bytes`);
});

for (const selected of [/go\/printer/, /go\/parser/]) {
  test(`sites of ${selected.source} are charged with what is allocated while it is on the stack`, () => {
    const instance = start(countingBeneath(file, selected, { countsZero: true }));
    assert.deepEqual(formatAll(instance), expected.formatted);
    const { beneath_count: count, beneath_bytes: bytes } = instance.exports;
    const { pool } = attributed(selected.source);
    assert.deepEqual(pool, {
      count: expected.afterFormatting.mallocs - Number(count.value),
      bytes: requested.afterFormatting.mallocs - Number(bytes.value),
    });
  });
}

test("sites past the cap share the last slot, and the others keep their counts", () => {
  const all = attributed(".*");
  const capped = attributed(".*", "-print-allocs-max-sites", "16");
  const shared = all.sites.length - 15;
  assert.equal(all.table.slots, all.sites.length + 1);
  assert.equal(all.table.overflow.sites, 0);
  assert.equal(capped.table.slots, 16);
  assert.deepEqual(capped.table.overflow, { id: 15, sites: shared });
  assert.match(capped.stderr, new RegExp(`warning.*\\b${shared}\\b.*overflow`));

  const folded = new Map();
  for (const [id, { count, bytes }] of all.slots) {
    const slot = Math.min(id, 15);
    const sum = folded.get(slot) ?? { count: 0, bytes: 0 };
    folded.set(slot, { count: sum.count + count, bytes: sum.bytes + bytes });
  }
  assert.deepEqual(capped.slots, folded);
  assert.deepEqual(
    capped.sites.map((site) => site.offset),
    all.sites.map((site) => site.offset),
  );
});

test("counters inline are the counters of the visible call, slot by slot", () => {
  assert.deepEqual(attributed(".*", "--inline").slots, attributed(".*").slots);
});

test("the same module under another path gives the same bytes", (t) =>
  assertPathDoesNotMatter(t, file, "go/printer", "go/parser"));
