// Instruments a module with the real binary and compares what was counted with the program's own counters.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { attach, readSites } from "../../runtime/web/index.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = path.resolve(root, process.env.ALLOCINSTR ?? "target/release/allocinstr");

/** Selects nothing in any module here; that is a warning, and everything is in the pool. */
export const NOTHING = "no such function anywhere";

/** The engine and the storage that are not the default: all count the same. */
export const KINDS = [
  ["--storage", "globals"],
  ["--engine", "walrus"],
  ["--engine", "walrus", "--storage", "globals"],
];

/**
 * A file out of a package under tests/.
 * @param {string} specifier
 */
export function packageFile(specifier) {
  return fileURLToPath(import.meta.resolve(specifier));
}

/** @param {string} name */
export function input(name) {
  return readFileSync(new URL(`inputs/${name}`, import.meta.url), "utf8");
}

/**
 * @param {string[]} args
 * @param {Uint8Array} [stdin]
 */
export function allocinstr(args, stdin) {
  const run = spawnSync(binary, args, { input: stdin, maxBuffer: 1 << 28 });
  if (run.error) throw run.error;
  return { status: run.status, stdout: run.stdout, stderr: run.stderr.toString() };
}

/**
 * @param {string} file the module
 * @param {string} regex
 * @param {string[]} options
 */
export function instrument(file, regex, ...options) {
  const run = allocinstr(["-print-allocs", regex, ...options, file, "-o", "-"]);
  assert.equal(run.status, 0, run.stderr);
  const module = new WebAssembly.Module(run.stdout);
  const table = readSites(module);
  // A regex that selects nothing tests nothing. Without names there is no list of sites.
  if (!options.includes("--no-names")) assert.equal(table.sites.length > 0, regex !== NOTHING);
  return { bytes: run.stdout, module, table, stderr: run.stderr };
}

/**
 * Sums the snapshot again rather than trusting its totals, and checks that they agree.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Instance} instance
 */
export function counters(module, instance) {
  const { rows, totals, allocator_class: allocatorClass } = attach(module, instance).snapshot();
  const pool = { count: totals.unattributed_count, bytes: totals.unattributed_bytes };
  const total = { ...pool };
  for (const [, count, bytes] of rows) {
    total.count += count;
    total.bytes += bytes;
  }
  assert.deepEqual(total, { count: totals.alloc_count, bytes: totals.alloc_bytes });
  const slots = new Map(rows.map(([id, count, bytes]) => [id, { count, bytes }]));
  return { total, pool, slots, allocatorClass };
}

/**
 * The host of the original can host the instrumented module: nothing more is imported, and nothing
 * but the counters is exported.
 * @param {WebAssembly.Module} original
 * @param {WebAssembly.Module} instrumented
 */
export function assertSameInterface(original, instrumented) {
  const { Module } = WebAssembly;
  assert.deepEqual(Module.imports(instrumented), Module.imports(original));
  assert.deepEqual(Module.exports(instrumented), [
    ...Module.exports(original),
    counterExport(instrumented),
  ]);
}

/**
 * What an instrumented module exports beside what the original exports.
 * @param {WebAssembly.Module} module
 */
export function counterExport(module) {
  const kind = readSites(module).storage === "globals" ? "function" : "memory";
  return { name: "allocinstr", kind };
}

/**
 * @param {WebAssembly.Memory} actual
 * @param {WebAssembly.Memory} expected
 */
export function assertSameMemory(actual, expected) {
  assert.equal(actual.buffer.byteLength, expected.buffer.byteLength, "memory size");
  const differs = Buffer.compare(Buffer.from(actual.buffer), Buffer.from(expected.buffer));
  assert.equal(differs, 0, "the program's memory holds other bytes");
}

/** What `wasm` throws or returns, so that two programs can be compared. */
export function outcome(wasm) {
  try {
    return { returns: wasm() };
  } catch (error) {
    return { throws: `${error.constructor.name}: ${error.message}` };
  }
}

/**
 * Two regexes that select different calls, so that an output that ignores its input is noticed.
 * @param {import("node:test").TestContext} t
 * @param {string} file
 * @param {string} regex
 * @param {string} otherRegex
 */
export function assertPathDoesNotMatter(t, file, regex, otherRegex) {
  const directory = mkdtempSync(path.join(tmpdir(), "allocinstr-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const elsewhere = path.join(directory, "renamed.wasm");
  copyFileSync(file, elsewhere);
  const { bytes } = instrument(file, regex);
  assert.ok(bytes.equals(instrument(elsewhere, regex).bytes), "another path, other bytes");
  assert.ok(!bytes.equals(instrument(file, otherRegex).bytes), "another regex, the same bytes");
}
