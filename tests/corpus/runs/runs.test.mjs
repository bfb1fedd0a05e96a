// Published packages at real work. Each has a driver beside this file: `file` is its module, `run()` does the work and
// returns all that a caller sees, and `shows` is what must be in there. Whatever is selected and however the counting is
// built in, the instrumented program does what the original does, down to the last byte of its memory, and counts the same.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readSites } from "../../../runtime/web/index.js";
import { NOTHING } from "../instrument.mjs";
import { twinOf } from "./twin.mjs";

const DRIVERS = [
  "biome",
  "canvaskit",
  "duckdb",
  "mupdf",
  "php",
  "pyodide",
  "ruby",
  "shfmt",
  "stockfish",
];

/** Ways to build the same counting: all give the same counters. */
const BUILDS = [
  [],
  ["--inline"],
  ["--storage", "globals"],
  ["--engine", "walrus"],
  ["--engine", "walrus", "--storage", "globals"],
];

/** Emscripten's programs show their source when they fail: all of it, on one line. */
const execute = (file, args) =>
  promisify(execFile)(file, args, { maxBuffer: 1 << 26 }).catch(({ code, stderr }) => {
    throw new Error(`${path.basename(file)} ended with ${code}: ${stderr.slice(-2000)}`);
  });
const root = fileURLToPath(new URL("../../../", import.meta.url));
const binary = path.resolve(root, process.env.ALLOCINSTR ?? "target/release/allocinstr");
const runner = fileURLToPath(new URL("run.mjs", import.meta.url));
const temporary = mkdtempSync(path.join(tmpdir(), "allocinstr-"));
after(() => rmSync(temporary, { recursive: true }));

/** What a program did when `module` took the place of the original. */
async function run(driver, module) {
  const result = path.join(driver.directory, "result.json");
  await execute(process.execPath, ["--no-warnings", runner, driver.url, module, result]);
  const { output, memory, snapshot, twin: counted } = JSON.parse(readFileSync(result, "utf8"));
  return { program: { output, memory }, snapshot, counted };
}

async function runInstrumented(driver, regex, options) {
  const file = path.join(driver.directory, "instrumented.wasm");
  const all = ["-q", "-print-allocs", regex, ...options, ...(driver.options ?? [])];
  await execute(binary, [...all, driver.file, "-o", file]);
  const module = new WebAssembly.Module(readFileSync(file));
  const { program, snapshot } = await run(driver, file);
  return { interface: interfaceOf(module), sites: readSites(module).sites, program, ...snapshot };
}

/** What a module asks of its host and gives it, but for the counters. */
function interfaceOf(module) {
  const { imports, exports } = WebAssembly.Module;
  return { imports: imports(module), exports: exports(module).filter(isNotCounters) };
}

const isNotCounters = ({ name }) => name !== "allocinstr";

/** All strings in a value. */
const textsOf = (value) =>
  typeof value === "object" && value !== null
    ? Object.values(value).flatMap(textsOf)
    : [String(value)];

const everything = ({ alloc_count: count, alloc_bytes: bytes }) => ({ count, bytes });

describe("packages at work", { concurrency: availableParallelism() }, () => {
  for (const name of DRIVERS) {
    test(name, async (t) => {
      const url = new URL(`${name}.mjs`, import.meta.url).href;
      const directory = mkdtempSync(path.join(temporary, `${name}-`));
      const driver = { url, directory, ...(await import(url)) };
      const original = {
        interface: interfaceOf(new WebAssembly.Module(readFileSync(driver.file))),
        ...(await run(driver, driver.file)),
      };
      const assertSameProgram = (actual, options = []) => {
        assert.deepEqual(actual.interface, original.interface);
        if (driver.takesExportsIntoTable && options.includes("globals")) {
          // Then pointers to functions have other values in memory.
          assert.deepEqual(actual.program.output, original.program.output);
          assert.equal(actual.program.memory.bytes, original.program.memory.bytes);
        } else {
          assert.deepEqual(actual.program, original.program);
        }
      };
      const reference = await runInstrumented(driver, ".*", BUILDS[0]);

      await t.test("the original does its work", () => {
        const texts = textsOf(original.program.output);
        for (const part of driver.shows) {
          assert.ok(
            texts.some((text) => text.includes(part)),
            `no ${JSON.stringify(part)}`,
          );
        }
      });

      await t.test("two runs of the original do the same", async () => {
        assert.deepEqual((await run(driver, driver.file)).program, original.program);
      });

      await t.test("the program is the same, and ten sites or more allocate", () => {
        assertSameProgram(reference);
        assert.ok(reference.rows.length >= 10, `${reference.rows.length} sites`);
      });

      for (const options of BUILDS.slice(1)) {
        await t.test(`${options.join(" ")}: the same program, sites and counters`, async () => {
          const { sites, totals, rows, ...actual } = await runInstrumented(driver, ".*", options);
          assertSameProgram(actual, options);
          assert.deepEqual({ totals, rows }, { totals: reference.totals, rows: reference.rows });
          assert.deepEqual(sites, reference.sites);
        });
      }

      for (const [regex, ...options] of [
        ...driver.regexes.map((regex) => [regex]),
        [NOTHING],
        [".*", "-print-allocs-max-sites", "3"],
      ]) {
        await t.test(`${[regex, ...options].join(" ")}: the same program and totals`, async () => {
          const { totals, rows, ...actual } = await runInstrumented(driver, regex, options);
          assertSameProgram(actual);
          assert.deepEqual(everything(totals), everything(reference.totals));
          assert.equal(rows.length > 0, regex !== NOTHING);
        });
      }

      if (driver.allocators === undefined) return;
      await t.test("a twin counts the same totals in its allocators", async () => {
        const twin = await run(driver, twinOf(driver.file, driver.allocators, driver.directory));
        assert.deepEqual(twin.program, original.program);
        assert.deepEqual(everything(reference.totals), twin.counted);
      });
    });
  }
});
