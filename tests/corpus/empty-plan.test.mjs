// An allocator that nobody calls, exports or takes the address of: nothing is retargeted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { allocinstr } from "./instrument.mjs";

const section = (id, ...content) => [id, content.length, ...content];
const text = (string) => [string.length, ...Buffer.from(string)];

// (module
//   (memory 1)
//   (func $malloc (param i32) (result i32) i32.const 16)
//   (func $main (export "main") (result i32) i32.const 7))
const unusedAllocator = Buffer.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, 2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f),
  ...section(3, 2, 0, 1),
  ...section(5, 1, 0, 1),
  ...section(7, 1, ...text("main"), 0, 1),
  // The size of the first body takes two bytes where one would do, so encoding anew gives other bytes.
  ...section(10, 2, 0x84, 0, 0, 0x41, 16, 0x0b, 4, 0, 0x41, 7, 0x0b),
  ...section(0, ...text("name"), 1, 15, 2, 0, ...text("malloc"), 1, ...text("main")),
  ...section(0, ...text("unknown to everyone"), 0xff, 0xfe),
);

test("an empty plan gives the input back byte for byte", () => {
  assert.equal(new WebAssembly.Instance(new WebAssembly.Module(unusedAllocator)).exports.main(), 7);
  for (const options of [[], ["--inline"], ["-print-allocs-max-sites", "1"]]) {
    const run = allocinstr(["-print-allocs", ".*", ...options, "-", "-o", "-"], unusedAllocator);
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.stdout.toString("hex"), unusedAllocator.toString("hex"));
  }
});
