// sh-syntax: TinyGo with the precise collector, goroutines by Asyncify, and imports.
//
// `runtime.alloc(size, layout)` returns a fixed address for size 0 and otherwise (wasm-objdump -d)
//     i64 at 1171496 += size
//     i64 at 1171504 += 1
// and no other function touches the two. It takes (size + 23) & -16 bytes, a header of 8 included, in blocks
// of 16 from 1181200 up. Two bits of every block say whether it is free (00), head (01) or tail (10) of an
// object; the bytes that hold them lie from the address at 1171476 to the end of the heap at 1171344.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { getProcessor } from "sh-syntax";
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
  packageFile,
} from "./instrument.mjs";

const file = packageFile("sh-syntax/main.wasm");

const TOTAL_ALLOC = 1171496;
const MALLOCS = 1171504;
const METADATA_START = 1171476;
const HEAP_END = 1171344;
const BLOCK_BYTES = 16;

function ownCounters({ exports }) {
  const view = new DataView(exports.memory.buffer);
  return {
    count: Number(view.getBigUint64(MALLOCS, true)),
    bytes: Number(view.getBigUint64(TOTAL_ALLOC, true)),
  };
}

/** Blocks on the heap now. As long as the collector freed nothing, every object has its head here. */
function heapBlocks({ exports }) {
  const { buffer } = exports.memory;
  const view = new DataView(buffer);
  const from = view.getUint32(METADATA_START, true);
  const states = new Uint8Array(buffer, from, view.getUint32(HEAP_END, true) - from);
  const blocks = { heads: 0, tails: 0 };
  // The low nibble of a byte holds the low bits of four blocks, the high nibble their high bits.
  for (const byte of states) {
    blocks.heads += bits(byte & 15);
    blocks.tails += bits(byte >> 4);
  }
  return blocks;
}

function bits(nibble) {
  return (nibble & 1) + ((nibble >> 1) & 1) + ((nibble >> 2) & 1) + (nibble >> 3);
}

/**
 * Time and random numbers seed the program's hash tables, and so decide how often they grow: the same ones
 * for everybody, and a record of every call.
 */
function reproducible(imports, memory) {
  const trace = [];
  let ticks = 0n;
  const replaced = {
    "runtime.ticks": () => (ticks += 1000n),
    random_get: (address, length) => {
      new Uint8Array(memory().buffer, address, length).fill(7);
      return 0;
    },
  };
  const traced = Object.entries(imports).map(([module, functions]) => [
    module,
    Object.fromEntries(
      Object.entries(functions).map(([name, real]) => [
        name,
        (...args) => {
          trace.push(`${name}(${args})`);
          return (replaced[name] ?? real)(...args);
        },
      ]),
    ),
  ]);
  return { trace, imports: Object.fromEntries(traced) };
}

/** Every call of the package's processor is one run in an instance of its own. */
async function run(module, job) {
  let instance, trace;
  const processor = getProcessor(async (goImports) => {
    const host = reproducible(goImports, () => instance.exports.memory);
    trace = host.trace;
    instance = await WebAssembly.instantiate(module, host.imports);
    assert.deepEqual(ownCounters(instance), { count: 0, bytes: 0 });
    return instance;
  });
  const result = await job(processor).then(
    (value) => ({ returns: value }),
    (error) => ({ throws: `${error.constructor.name}: ${error.message}` }),
  );
  return { instance, trace, result };
}

const deploy = input("deploy.sh");
const ast = (await run(new WebAssembly.Module(readFileSync(file)), (sh) => sh(deploy))).result
  .returns;

// Allocates 17 MB in a heap of 9 MiB, most of it garbage.
const long = Array.from(
  { length: 7000 },
  (_, i) => `if [ "$x${i}" = "a b" ]; then echo "\${y${i}:-z}" | tr a b >out${i}; fi\n`,
).join("");

const jobs = {
  "print deploy.sh": (sh) => sh(deploy, { filepath: "deploy.sh", print: true }),
  "parse deploy.sh": (sh) => sh(deploy, { filepath: "deploy.sh" }),
  "print the tree of deploy.sh": (sh) => sh(ast, { originalText: deploy }),
  "minify deploy.sh": (sh) => sh(deploy, { print: true, minify: true, keepComments: false }),
  "print broken.sh": (sh) => sh(input("broken.sh"), { filepath: "broken.sh", print: true }),
  "print a long script": (sh) => sh(long, { print: true }),
};

/** The C allocation functions for the host: each is runtime.alloc and an entry in a map of live objects. */
function hostCalls({ exports }) {
  const results = [];
  for (let size = 0; size < 40; size += 3) {
    const pointer = exports.malloc(size);
    results.push(pointer, exports.realloc(pointer, size + 5), exports.calloc(size, 3));
    results.push(exports.wasmAlloc(size));
  }
  return results;
}

async function observe(module) {
  const runs = new Map();
  for (const [name, job] of Object.entries(jobs)) {
    const { instance, trace, result } = await run(module, job);
    const own = ownCounters(instance);
    const blocks = heapBlocks(instance);
    runs.set(name, { instance, trace, result, own, blocks });
  }
  return runs;
}

const originalModule = new WebAssembly.Module(readFileSync(file));
const expected = await observe(originalModule);
const firstHostCalls = hostCalls(expected.get("print deploy.sh").instance);

test("the workload prints, parses, fails and collects", () => {
  const result = (name) => expected.get(name).result;
  assert.match(
    result("print deploy.sh").returns,
    /\n {4}ssh -o ConnectTimeout=5 "\$host" "\$@" && return 0 \|\| \{\n {6}rc=\$\?\n/,
  );
  assert.equal(result("parse deploy.sh").returns.Stmts.length, 16);
  assert.equal(result("print the tree of deploy.sh").returns, result("print deploy.sh").returns);
  assert.doesNotMatch(result("minify deploy.sh").returns, /a few at a time/);
  assert.equal(
    result("print broken.sh").throws,
    'ParseError: reached EOF without closing quote `"`',
  );
  for (const [name, { own, blocks }] of expected) {
    if (name === "print a long script")
      assert.ok(blocks.heads < own.count, "nothing was collected");
    else assert.equal(blocks.heads, own.count, `${name}: something was collected`);
  }
});

async function assertConserved(regex, ...options) {
  const { module } = instrument(file, regex, ...options);
  assertSameInterface(originalModule, module);
  const heap = options.includes("heap");
  for (const [name, { instance, trace, result, own, blocks }] of await observe(module)) {
    const before = expected.get(name);
    assert.deepEqual(result, before.result);
    assert.deepEqual(trace, before.trace);
    assert.deepEqual(own, before.own);
    assert.deepEqual(blocks, before.blocks);

    const { total, allocatorClass } = counters(module, instance);
    assert.equal(allocatorClass, "frees-untracked");
    if (!heap) assert.deepEqual(total, own, name);
    else if (blocks.heads === own.count) {
      const bytes = (blocks.heads + blocks.tails) * BLOCK_BYTES;
      assert.deepEqual(total, { count: own.count, bytes }, name);
    } else assert.equal(total.count, own.count, name);

    if (name === "print deploy.sh") {
      assert.deepEqual(hostCalls(instance), firstHostCalls);
      const after = counters(module, instance).total;
      if (!heap) assert.deepEqual(after, ownCounters(instance), "after calls from the host");
      else assert.equal(after.count, ownCounters(instance).count, "after calls from the host");
    }
    assertSameMemory(instance.exports.memory, before.instance.exports.memory);
  }
}

for (const regex of [".*", "mvdan.cc/sh", "easyjson|^fmt", "sh-syntax/processor", NOTHING]) {
  for (const options of [
    [],
    ["--inline"],
    ["-print-allocs-max-sites", "1"],
    ["-print-allocs-max-sites", "16", "--bytes", "heap"],
    ...KINDS,
  ]) {
    test(`totals of ${[regex, ...options].join(" ")} equal the program's own counters`, () =>
      assertConserved(regex, ...options));
  }
}

test("sites of the parser are charged with what is allocated while it is on the stack", async () => {
  const traced = countingBeneath(file, /^\$_\*mvdan\.cc\/sh\/v3\/syntax\.Parser_\./, {
    countsZero: false,
  });
  const { module } = instrument(file, String.raw`^\(\*mvdan\.cc/sh/v3/syntax\.Parser\)\.`);
  for (const [name, job] of Object.entries(jobs)) {
    const { exports } = (await run(traced, job)).instance;
    const { own } = expected.get(name);
    assert.ok(exports.beneath_count.value > 0n);
    const { instance } = await run(module, job);
    assert.deepEqual(
      counters(module, instance).pool,
      {
        count: own.count - Number(exports.beneath_count.value),
        bytes: own.bytes - Number(exports.beneath_bytes.value),
      },
      name,
    );
  }
});

test("every engine and storage counts the same, slot by slot", async () => {
  const found = [];
  for (const kind of [[], ...KINDS]) {
    const { module } = instrument(file, "mvdan.cc/sh", ...kind);
    const { instance } = await run(module, jobs["print deploy.sh"]);
    found.push(counters(module, instance));
  }
  const [first, ...others] = found;
  assert.ok(first.slots.size >= 10);
  for (const other of others) assert.deepEqual(other, first);
});

test("heap bytes of a run that collects do not depend on the regex", async () => {
  const totals = [];
  for (const regex of [".*", "mvdan.cc/sh", NOTHING]) {
    const { module } = instrument(file, regex, "--bytes", "heap");
    const { instance } = await run(module, jobs["print a long script"]);
    totals.push(counters(module, instance).total);
  }
  assert.equal(totals[0].count, expected.get("print a long script").own.count);
  assert.deepEqual(totals, [totals[0], totals[0], totals[0]]);
});

test("the same module under another path gives the same bytes", (t) =>
  assertPathDoesNotMatter(t, file, "mvdan.cc/sh", "easyjson"));
