// The C runtime: when it writes snapshots, where to, and what it does when it cannot. Counts are those of `allocate` in
// host.c: 10 bytes each.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  allocinstr,
  buildRuntime,
  measure,
  readDocuments,
  runProgram,
  runtime as runtimeDirectory,
  scratchDirectory,
  tool,
} from "../build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const scratch = scratchDirectory();
const runtime = buildRuntime(scratch);

/** Compiles and instruments a source, and gives the bitcode. */
function instrumented(source, flags) {
  const bitcode = path.join(scratch, `${source}.bc`);
  const output = path.join(scratch, `${source}.instr.bc`);
  const compile = ["-O0", "-g", "-I", runtimeDirectory, ...flags, "-emit-llvm", "-c"];
  tool("clang-22", [...compile, path.join(here, source), "-o", bitcode]);
  const done = allocinstr(["-print-allocs", ".", bitcode, "-o", output, "-q"], scratch);
  assert.equal(done.status, 0, done.stderr);
  return output;
}

const host = path.join(scratch, "host");
// Libraries count with the runtime of the program.
tool("clang-22", ["-pthread", "-rdynamic", instrumented("host.c", []), runtime, "-o", host]);
const plugin = path.join(scratch, "plugin.so");
tool("clang-22", ["-shared", instrumented("plugin.c", ["-fPIC"]), "-o", plugin]);

let runs = 0;
/** A name that nobody has used. */
const fresh = () => path.join(scratch, `out-${++runs}.json`);

const counts = ({ snapshots }) => snapshots.map((s) => [s.label, s.totals.alloc_count]);

test("a signal asks for a snapshot, and another is written at exit", () => {
  const { status, documents } = measure(host, fresh(), { args: ["signal"] });
  assert.equal(status, 0);
  assert.deepEqual(counts(documents), [
    ["SIGUSR2", 3],
    ["exit", 5],
  ]);
  const [first, last] = documents.snapshots;
  assert.equal(first.instance, last.instance);
  assert.equal(last.totals.alloc_bytes, 50);
  assert.ok(documents.tables.has(last.build_id));
  assert.ok(last.time_ms > Date.UTC(2020));
});

test("a program that handles the signal itself goes on doing so", () => {
  const { status, documents } = measure(host, fresh(), { args: ["handled"] });
  assert.equal(status, 0);
  assert.deepEqual(counts(documents), [["exit", 1]]);
});

test("a signal that is ignored from the start stays ignored", () => {
  const out = fresh();
  const ignoring = ["-c", 'trap "" USR2; exec "$0" signal', host];
  const { status } = runProgram("bash", ignoring, { env: { ...process.env, ALLOCINSTR_OUT: out } });
  assert.equal(status, 0);
  assert.deepEqual(counts(readDocuments(out)), [["exit", 5]]);
});

test("a program asks for a snapshot", () => {
  const { status, documents } = measure(host, fresh(), { args: ["dump"] });
  assert.equal(status, 0);
  assert.deepEqual(counts(documents), [
    ["allocinstr_dump", 4],
    ["exit", 5],
  ]);
});

test("the site table is written once a file", () => {
  const out = fresh();
  measure(host, out, { args: ["dump"] });
  const formats = readFileSync(out, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).format);
  assert.deepEqual(formats, ["allocinstr-sites", "allocinstr-snapshot", "allocinstr-snapshot"]);
});

test("a child counts what it allocates itself, into a file of its own", () => {
  const out = fresh();
  const { status, stdout, pid, documents } = measure(host, out, { args: ["fork"] });
  assert.equal(status, 0);
  // The child ends first, and takes the name; the parent finds it taken.
  assert.deepEqual(counts(documents), [["exit", 2]]);
  assert.equal(documents.snapshots[0].instance, `${stdout.trim()}.1`);
  assert.deepEqual(counts(readDocuments(`${out}.${pid}`)), [["exit", 4]]);
});

test("%p in the name is the process", () => {
  const directory = path.join(scratch, "by-process");
  mkdirSync(directory);
  const out = path.join(directory, "p-%p.json");
  const { pid, stdout } = runProgram(host, ["fork"], {
    env: { ...process.env, ALLOCINSTR_OUT: out },
  });
  const expected = [pid, Number(stdout)].map((p) => `p-${p}.json`);
  assert.deepEqual(readdirSync(directory).sort(), expected.sort());
});

test("a file that is there is left alone", () => {
  const out = fresh();
  writeFileSync(out, "older");
  const { pid } = runProgram(host, ["signal"], { env: { ...process.env, ALLOCINSTR_OUT: out } });
  assert.equal(readFileSync(out, "utf8"), "older");
  assert.deepEqual(counts(readDocuments(`${out}.${pid}`)), [
    ["SIGUSR2", 3],
    ["exit", 5],
  ]);
});

test("a program that closes files that it does not know does not lose the next snapshot", () => {
  const { documents } = measure(host, fresh(), { args: ["closes"] });
  assert.deepEqual(counts(documents), [
    ["allocinstr_dump", 1],
    ["exit", 2],
  ]);
});

for (const [name, out, message] of [
  ["a full disk", "/dev/full", /^allocinstr: \/dev\/full: .* \(no space left on device\)\n$/],
  [
    "a directory that is not there",
    "/nowhere/out",
    /^allocinstr: \/nowhere\/out: .* \(no such directory\)\n$/,
  ],
  ["a path that is a directory", scratch, /^allocinstr: .* \(it is a directory\)\n$/],
  [
    "a path that is too long",
    `/${"x".repeat(5000)}`,
    /^allocinstr: ALLOCINSTR_OUT: the path is too long\n$/,
  ],
]) {
  test(`${name} is said once and ends nothing`, () => {
    const env = { ...process.env, ALLOCINSTR_OUT: out };
    const { status, stderr } = runProgram(host, ["signal"], { env });
    assert.equal(status, 0);
    assert.match(stderr, message);
  });
}

test("nothing is written where nothing is asked for, and the signal has its own effect", () => {
  const env = { ...process.env };
  delete env.ALLOCINSTR_OUT;
  const { signal, stderr } = runProgram(host, ["signal"], { env });
  assert.equal(signal, "SIGUSR2");
  assert.equal(stderr, "");
});

test("a library is a module of its own, loaded and unloaded any number of times", () => {
  const args = ["library", plugin, plugin, plugin];
  const { status, documents } = measure(host, fresh(), { args });
  assert.equal(status, 0);
  // Five in a thread and five in the main thread, each time from 0; and one of the program.
  assert.deepEqual(counts(documents), [
    ["exit", 10],
    ["exit", 10],
    ["exit", 10],
    ["exit", 1],
  ]);
  const instances = new Set(documents.snapshots.map((snapshot) => snapshot.instance));
  assert.equal(instances.size, 4);
});

test("what is allocated after the last snapshot is nobody's, and does no harm", () => {
  const { status, signal, documents } = measure(host, fresh(), { args: ["last"] });
  assert.deepEqual([status, signal], [0, null]);
  assert.deepEqual(counts(documents), [["exit", 3]]);
});

test("signals that come while threads begin and end do no harm", () => {
  const out = fresh();
  const { status, documents } = measure(host, out, { args: ["storm"] });
  assert.equal(status, 0);
  const { label, totals } = documents.snapshots.at(-1);
  assert.deepEqual([label, totals.alloc_count], ["exit", 1000]);
  assert.ok(documents.snapshots.length > 1);
  for (const [at, later] of documents.snapshots.slice(1).entries())
    assert.ok(documents.snapshots[at].totals.alloc_count <= later.totals.alloc_count);
});

test("a program for WASI counts, and writes at exit", () => {
  // Debian has headers for the target by its old name only.
  const target = ["--target=wasm32-wasi", "-Wno-deprecated"];
  const directory = path.join(scratch, "wasi");
  mkdirSync(directory);
  const object = buildRuntime(directory, target);
  const program = path.join(directory, "program.wasm");
  tool("clang-22", [...target, instrumented("wasi.c", target), object, "-o", program]);
  const script = `
    const { WASI } = require("node:wasi");
    const env = { ALLOCINSTR_OUT: "/out/counts.json" };
    const wasi = new WASI({ version: "preview1", env, preopens: { "/out": ${JSON.stringify(directory)} } });
    const module = new WebAssembly.Module(require("node:fs").readFileSync(${JSON.stringify(program)}));
    wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));`;
  const ran = spawnSync(process.execPath, ["--no-warnings", "-e", script], { encoding: "utf8" });
  assert.deepEqual([ran.status, ran.stdout, ran.stderr], [0, "done\n", ""]);
  assert.ok(existsSync(path.join(directory, "counts.json")));
  const [{ totals, label }] = readDocuments(path.join(directory, "counts.json")).snapshots;
  assert.deepEqual([label, totals.alloc_count, totals.alloc_bytes], ["exit", 6, 120]);
});
