// An engine that has no multi-memory: the `node` of PATH that is older than 22.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test from "node:test";
import { FEED, instrument } from "./instrumented.mjs";
import { missing } from "./missing.mjs";

const INDEX = new URL("../index.js", import.meta.url).href;

test("an_engine_without_multi_memory_is_told_to_rebuild", (t) => {
  const printed = runInOldEngine(
    t,
    instrument(FEED),
    `const error = await compile(code).catch((error) => error);
    const { name, code: why, message, cause } = error;
    print({ name, why, message, cause: cause?.name });`,
  );
  if (printed === undefined) return;
  const { message, ...error } = printed;
  assert.deepEqual(error, {
    name: "AllocinstrError",
    why: "no-multi-memory",
    cause: "CompileError",
  });
  assert.match(message, /--storage globals/);
});

test("counters_in_globals_are_read_without_multi_memory", (t) => {
  const printed = runInOldEngine(
    t,
    instrument(FEED, "--storage", "globals"),
    `const module = await compile(code);
    const instance = await WebAssembly.instantiate(module);
    const profile = attach(module, instance);
    const { render, load, idle } = instance.exports;
    render();
    load(100);
    idle();
    const { totals, rows } = profile.snapshot();
    print({ totals, rows });`,
  );
  if (printed === undefined) return;
  assert.deepEqual(printed, {
    // 16 by render, 100 by load, 8 by idle, which is not selected.
    totals: {
      alloc_count: 3,
      alloc_bytes: 124,
      live_count: null,
      live_bytes: null,
      unattributed_count: 1,
      unattributed_bytes: 8,
    },
    rows: [
      [0, 1, 16, null, null],
      [1, 1, 100, null, null],
    ],
  });
});

/**
 * What a script printed, which has the module as `code`; nothing where the engine is missing.
 * @param {import("node:test").TestContext} t
 * @param {Uint8Array} code
 * @param {string} script
 */
function runInOldEngine(t, code, script) {
  const engine = engineWithoutMultiMemory();
  if (engine === undefined) return missing(t, "node-20", "no `node` older than 22 in PATH");
  const directory = mkdtempSync(join(tmpdir(), "allocinstr-"));
  try {
    const file = join(directory, "feed.wasm");
    writeFileSync(file, code);
    const whole = `
      import { readFileSync } from "node:fs";
      import { attach, compile } from ${JSON.stringify(INDEX)};
      const code = readFileSync(process.argv[1]);
      const print = (value) => console.log(JSON.stringify(value));
      ${script}`;
    const output = execFileSync(engine, ["--input-type=module", "-e", whole, file]);
    return JSON.parse(output.toString());
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The first other `node` in PATH that is too old. */
function engineWithoutMultiMemory() {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, "node"))
    .find((node) => {
      try {
        return Number(execFileSync(node, ["-p", "process.versions.node.split('.')[0]"])) < 22;
      } catch {
        // No node there, or none that runs.
        return false;
      }
    });
}
