// A program that sleeps in the middle of a call: Asyncify (binaryen's, as emscripten and TinyGo use it) unwinds
// the stack and calls everything again to rewind it. Each allocation still counts once, at its site.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { counters, instrument, NOTHING } from "./instrument.mjs";

const source = `(module
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $lib.load)
  (type $load (func (param i32) (result i32)))
  (global $top (mut i32) (i32.const 4096))
  (global $count (export "count") (mut i32) (i32.const 0))
  (global $bytes (export "bytes") (mut i32) (i32.const 0))
  (func $malloc (param $size i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.set $bytes (i32.add (global.get $bytes) (local.get $size)))
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $lib.load (param $sleeps i32) (result i32)
    (drop (call $malloc (i32.const 10)))
    (loop $again
      (call $sleep)
      (drop (call $malloc (i32.const 100)))
      (local.set $sleeps (i32.sub (local.get $sleeps) (i32.const 1)))
      (br_if $again (local.get $sleeps)))
    (call $malloc (i32.const 1000)))
  (func $app.run (export "run") (result i32)
    (drop (call $malloc (i32.const 1)))
    (drop (call $lib.load (i32.const 3)))
    (drop (call_indirect (type $load) (i32.const 2) (i32.const 0)))
    (call $malloc (i32.const 2))))`;

const directory = mkdtempSync(path.join(tmpdir(), "allocinstr-"));
after(() => rmSync(directory, { recursive: true }));
const file = path.join(directory, "asyncify.wasm");
writeFileSync(path.join(directory, "asyncify.wat"), source);
const optimizer = new URL("../node_modules/.bin/wasm-opt", import.meta.url).pathname;
execFileSync(process.execPath, [
  optimizer,
  path.join(directory, "asyncify.wat"),
  "-g",
  "--asyncify",
  "--pass-arg=asyncify-imports@env.sleep",
  "-o",
  file,
]);

/** Runs the program to its end; `sleeps` says how often its stack was unwound. */
function run(module) {
  const STACK = 16;
  let sleeps = 0;
  const sleep = () => {
    if (exports.asyncify_get_state() === 0) {
      sleeps++;
      new Int32Array(exports.memory.buffer, STACK).set([STACK + 8, 4096]);
      exports.asyncify_start_unwind(STACK);
    } else {
      exports.asyncify_stop_rewind();
    }
  };
  const instance = new WebAssembly.Instance(module, { env: { sleep } });
  const { exports } = instance;
  let result = exports.run();
  while (exports.asyncify_get_state() === 1) {
    exports.asyncify_stop_unwind();
    exports.asyncify_start_rewind(STACK);
    result = exports.run();
  }
  const own = { count: exports.count.value, bytes: exports.bytes.value };
  return { instance, result, sleeps, own };
}

const original = run(new WebAssembly.Module(readFileSync(file)));

test("asyncify: the original sleeps five times", () => {
  assert.equal(original.sleeps, 5);
  // 1 and 2; twice 10 and 1000; 3 and 2 times 100.
  assert.deepEqual(original.own, { count: 11, bytes: 2523 });
});

for (const options of [[], ["--inline"]]) {
  for (const regex of ["^app\\.", "^lib\\.", ".*", "load|run", NOTHING]) {
    test(`asyncify: ${[regex, ...options].join(" ")} counts each allocation once`, () => {
      const { module } = instrument(file, regex, ...options);
      const { instance, result, sleeps, own } = run(module);
      assert.deepEqual(
        { result, sleeps, own },
        { result: original.result, sleeps: 5, own: original.own },
      );
      assert.deepEqual(counters(module, instance).total, original.own);
    });
  }
}

test("asyncify: sites of a call that was rewound have what it allocated in all", () => {
  const { module, table } = instrument(file, "^app\\.");
  const { instance } = run(module);
  const { slots, pool } = counters(module, instance);
  const found = table.sites.map(({ id, attribution }) => ({ attribution, ...slots.get(id) }));
  assert.deepEqual(found, [
    { attribution: "direct", count: 1, bytes: 1 },
    { attribution: "direct", count: 1, bytes: 2 },
    { attribution: "through", count: 5, bytes: 1310 },
    { attribution: "dispatch", count: 4, bytes: 1210 },
  ]);
  assert.deepEqual(pool, { count: 0, bytes: 0 });
});
