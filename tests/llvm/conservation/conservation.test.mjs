// Σ sites + pool is what a tracer has counted that shares nothing with us: exactly, in one thread and in eight, instrumented
// before or after optimisation and optimised again, whatever is selected. And the program does what it did.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  allocinstr,
  buildRuntime,
  measure,
  runProgram,
  scratchDirectory,
  tool,
} from "../build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const scratch = scratchDirectory();
const runtime = buildRuntime(scratch);
const tracer = path.join(scratch, "tracer.o");
tool("clang-22", ["-O1", "-fno-builtin", "-c", path.join(here, "tracer.c"), "-o", tracer]);
const wrapped = [
  "malloc",
  "calloc",
  "realloc",
  "aligned_alloc",
  "posix_memalign",
  "_Znwm",
  "_Znam",
].map((name) => `-Wl,--wrap=${name}`);

/** The tracer's count and bytes of a run. */
function traced(out) {
  return readFileSync(out, "utf8").trim().split(" ").map(Number);
}

const PROGRAMS = [
  { source: "churn.c", compiler: "clang-22", threads: ["1", "8"] },
  { source: "containers.cpp", compiler: "clang++-22", threads: ["1"] },
];

for (const { source, compiler, threads } of PROGRAMS) {
  for (const before of ["-O0", "-O2"]) {
    const bitcode = path.join(scratch, `${source}${before}.bc`);
    const flags = [before, "-g", "-pthread", "-emit-llvm", "-c", path.join(here, source)];
    tool(compiler, [...flags, "-o", bitcode]);
    const original = `${bitcode}.original`;
    tool(compiler, ["-O0", "-pthread", bitcode, "-o", original]);
    for (const after of ["-O0", "-O2"]) {
      for (const [at, regex] of [".*", "^$nothing", "lib_|app::"].entries()) {
        const output = `${bitcode}${after}.${at}.bc`;
        const program = `${output}.exe`;
        const instrumented = allocinstr(
          ["-print-allocs", regex, bitcode, "-o", output, "-q"],
          scratch,
        );
        assert.equal(instrumented.status, 0, instrumented.stderr);
        tool(compiler, [after, "-pthread", output, runtime, tracer, ...wrapped, "-o", program]);
        for (const number of threads) {
          test(`${source} ${before}, instrumented for ${regex}, ${after}, threads ${number}`, () => {
            const plain = runProgram(original, [number]);
            const out = `${program}.${number}`;
            const env = { TRACER_OUT: `${out}.tracer` };
            const ran = measure(program, `${out}.json`, { args: [number], env });
            assert.equal(ran.stderr, "");
            assert.deepEqual([ran.status, ran.stdout], [plain.status, plain.stdout]);
            const [{ totals, rows }] = ran.documents.snapshots;
            assert.deepEqual([totals.alloc_count, totals.alloc_bytes], traced(`${out}.tracer`));
            const sum = rows.reduce((sum, row) => sum + row[1], totals.unattributed_count);
            assert.equal(sum, totals.alloc_count);
            assert.equal(regex === "^$nothing", rows.length === 0);
          });
        }
      }
    }
  }
}
