// Calls that are suspended and resumed in another order than they were made (JavaScript Promise
// Integration). Which of them is charged is then a matter of order; the totals are exact.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { attach } from "../runtime/web/index.js";

const allocinstr =
  process.env.ALLOCINSTR ?? fileURLToPath(new URL("../target/release/allocinstr", import.meta.url));

const PROGRAM = `(module
  (import "env" "wait" (func $wait))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.work (param $before i32) (param $after i32)
    (if (local.get $before) (then (drop (call $malloc (local.get $before)))))
    (call $wait)
    (if (local.get $after) (then (drop (call $malloc (local.get $after))))))
  (func $app.first (export "first") (param $before i32) (param $after i32)
    (call $lib.work (local.get $before) (local.get $after)))
  (func $app.second (export "second") (param $before i32) (param $after i32)
    (call $lib.work (local.get $before) (local.get $after))))`;

/** Calls `first`, then `second`, and lets `first` go on first. */
async function interleaved(first, second) {
  const binary = execFileSync(allocinstr, ["-q", "-print-allocs", "^app", "-", "-o", "-"], {
    input: PROGRAM,
  });
  const module = new WebAssembly.Module(binary);
  const waiting = [];
  const wait = new WebAssembly.Suspending(() => new Promise((resolve) => waiting.push(resolve)));
  const instance = new WebAssembly.Instance(module, { env: { wait } });
  const running = [
    WebAssembly.promising(instance.exports.first)(...first),
    WebAssembly.promising(instance.exports.second)(...second),
  ];
  for (const [index, call] of running.entries()) {
    waiting[index]();
    await call;
  }
  const { totals, rows } = attach(module, instance).snapshot();
  return {
    rows: rows.map(([id, count, bytes]) => [id, count, bytes]),
    pool: [totals.unattributed_count, totals.unattributed_bytes],
  };
}

test("a_suspended_call_takes_what_was_counted_meanwhile", async () => {
  // The first call finds 10 and 5 when it comes back; the second finds less than there was, and its own 3.
  assert.deepEqual(await interleaved([10, 0], [5, 3]), { rows: [[0, 2, 15]], pool: [1, 3] });
});

test("a_pool_that_has_shrunk_is_left_alone", async () => {
  assert.deepEqual(await interleaved([10, 0], [5, 0]), { rows: [[0, 2, 15]], pool: [0, 0] });
});
