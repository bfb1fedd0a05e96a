// Σ sites + pool is what a tracer has counted that shares nothing with us: exactly, in one thread and in eight, instrumented
// before or after optimisation, optimised again or at link time, whatever is selected. And the program does what it did.

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

/** What happens to instrumented bitcode on its way to a program. */
const AFTER = {
  "-O0": ["-O0"],
  "-O2": ["-O2"],
  "link-time optimisation": ["-O2", "-flto", "-fuse-ld=lld"],
  "without unused sections": ["-O2", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"],
};

const SELECTIONS = [[".*"], [".*", "--inline"], ["^$nothing"], ["lib_|app::"]];

const PROGRAMS = [
  { source: "churn.c", compiler: "clang-22", threads: ["1", "8"] },
  { source: "containers.cpp", compiler: "clang++-22", threads: ["1"] },
];

for (const { source, compiler, threads } of PROGRAMS) {
  for (const before of ["-O0", "-O2"]) {
    const bitcode = path.join(scratch, `${source}${before}.bc`);
    const compile = [before, "-g", "-pthread", "-emit-llvm", "-c", path.join(here, source)];
    tool(compiler, [...compile, "-o", bitcode]);
    const original = `${bitcode}.original`;
    tool(compiler, ["-O0", "-pthread", bitcode, "-o", original]);
    for (const [after, flags] of Object.entries(AFTER)) {
      for (const [at, [regex, ...shape]] of SELECTIONS.entries()) {
        const output = `${bitcode}.${after.replaceAll(" ", "-")}.${at}.bc`;
        const program = `${output}.exe`;
        const instrumented = allocinstr(
          ["-print-allocs", regex, bitcode, "-o", output, "-q"],
          scratch,
        );
        assert.equal(instrumented.status, 0, instrumented.stderr);
        tool(compiler, [...flags, "-pthread", output, runtime, tracer, ...wrapped, "-o", program]);
        for (const number of threads) {
          test(`${source} ${before}, instrumented for ${regex} ${shape}, ${after}, threads ${number}`, () => {
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

test("each of several modules counts its own, and the sum is exact", () => {
  const program = path.join(scratch, "modules");
  const outputs = ["main", "note", "list"].map((name) => {
    const bitcode = path.join(scratch, `modules-${name}.bc`);
    const source = path.join(here, "modules.c");
    tool("clang-22", ["-O1", "-g", `-DONLY_${name}`, "-emit-llvm", "-c", source, "-o", bitcode]);
    const output = path.join(scratch, `modules-${name}.instr.bc`);
    const done = allocinstr(["-print-allocs", ".", bitcode, "-o", output, "-q"], scratch);
    assert.equal(done.status, 0, done.stderr);
    return output;
  });
  for (const flags of Object.values(AFTER)) {
    tool("clang-22", [...flags, ...outputs, runtime, tracer, ...wrapped, "-o", program]);
    const out = path.join(scratch, `modules-${Object.values(AFTER).indexOf(flags)}`);
    const ran = measure(program, `${out}.json`, { env: { TRACER_OUT: `${out}.tracer` } });
    assert.deepEqual([ran.status, ran.stdout], [0, "60\n"]);
    const { snapshots, tables } = ran.documents;
    const sum = (field) => snapshots.reduce((sum, { totals }) => sum + totals[field], 0);
    assert.deepEqual([sum("alloc_count"), sum("alloc_bytes")], traced(`${out}.tracer`));
    const own = snapshots.map(({ build_id: id, totals }) => {
      const [function_] = tables.get(id).sites.map((site) => tables.get(id).frames[site.frame][0]);
      return [tables.get(id).names[function_], totals.alloc_count, totals.alloc_bytes];
    });
    // Ten notes of 5 bytes; ten nodes of 16; one buffer of 3.
    assert.deepEqual(own.sort(), [
      ["main", 1, 3],
      ["node", 10, 160],
      ["note", 10, 50],
    ]);
  }
});
