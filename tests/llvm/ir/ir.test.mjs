// Hand-written LLVM IR, one case a file: `<case>.ll` says in its first lines what it must do, derived by hand:
//
//   ; args: arguments of allocinstr
//   ; expect: SITE COUNT BYTES      a row of the snapshot, `pool` for the unattributed pool; all others are 0
//   ; stdout: LINE                  what it prints
//   ; exit: STATUS                  of the program
//   ; status: STATUS                of allocinstr, where there is nothing to run
//
// and `<case>.golden` holds what allocinstr makes of its functions, its site table and what it says. The program runs
// as it is written and optimised again (-O2), with --inline, too, and counts the same; totals are the same whatever is selected.
// BLESS=1 rewrites the goldens.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
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

/** Totals do not depend on these: everything, nothing, part of it. */
const REGEXES = [".*", "^$nothing", "[.]m"];

/** What a case says of itself. */
function readCase(file) {
  const header = readFileSync(path.join(here, file), "utf8").split("\n");
  const said = (key) =>
    header
      .filter((line) => line.startsWith(`; ${key}: `))
      .map((line) => line.slice(key.length + 4));
  const expect = said("expect").map((line) => line.split(" "));
  const rows = expect.filter(([id]) => id !== "pool").map((row) => row.map(Number));
  const pool = expect.find(([id]) => id === "pool") ?? ["pool", 0, 0];
  return {
    args: said("args")[0].split(" "),
    rows: rows.sort(([a], [b]) => a - b),
    pool: [Number(pool[1]), Number(pool[2])],
    stdout: said("stdout")
      .map((line) => `${line}\n`)
      .join(""),
    exit: said("exit").map(Number)[0],
    status: Number(said("status")[0] ?? 0),
  };
}

/** The functions of the program, without what counts, and with attributes in the place of their groups' numbers. */
function programFunctions(ir) {
  const groups = new Map();
  for (const [, group, text] of ir.matchAll(/^attributes (#\d+) = \{ (.*) \}$/gm))
    groups.set(group, text);
  const functions = ir.match(/^define [^]*?^}$/gm) ?? [];
  return functions
    .filter((text) => !/^define .*@(allocinstr\.|logAlloc\()/.test(text))
    .map((text) => text.replace(/#\d+/g, (group) => groups.get(group)))
    .join("\n\n");
}

function siteLines(table) {
  const frame = (id) => {
    const [name, file, line, column] = table.frames[id];
    return `${table.names[name]} ${file === null ? "?" : table.names[file]}:${line}:${column}`;
  };
  return table.sites.map((site) => {
    const chain = site.chain.map(frame).join(" < ");
    const size = site.count_only ? "?" : (site.size ?? "dynamic");
    return `${site.id} ${site.attribution} ${site.kind} ${table.names[site.callee]} size ${size} call ${site.offset}: ${frame(site.frame)} of ${chain}`;
  });
}

const totals = ({ alloc_count: count, alloc_bytes: bytes }) => [count, bytes];

for (const file of readdirSync(here).filter((name) => name.endsWith(".ll"))) {
  const name = path.basename(file, ".ll");
  test(name, () => {
    const expected = readCase(file);
    const output = path.join(scratch, file);
    const sites = path.join(scratch, `${name}.json`);
    const done = allocinstr([...expected.args, file, "-o", output, "--sites", sites], here);
    assert.equal(done.status, expected.status, done.stderr);
    const golden = [];
    if (done.status === 0) {
      const table = JSON.parse(readFileSync(sites, "utf8"));
      golden.push(programFunctions(readFileSync(output, "utf8")), "", ...siteLines(table));
    } else {
      assert.ok(!existsSync(output), "nothing is written");
    }
    const said = done.stderr.split("\n").filter((line) => !/^(time|size) /.test(line));
    golden.push("", ...said);
    checkGolden(path.join(here, `${name}.golden`), golden.join("\n"));
    if (expected.exit !== undefined) checkRuns(name, file, output, expected);
  });
}

function checkGolden(golden, text) {
  if (process.env.BLESS) writeFileSync(golden, text);
  assert.equal(text, readFileSync(golden, "utf8"));
}

function checkRuns(name, file, output, expected) {
  const original = path.join(scratch, `${name}.original`);
  tool("clang++-22", ["-Wno-override-module", path.join(here, file), "-o", original]);
  const plain = runProgram(original, []);
  assert.equal(plain.status, expected.exit, plain.stderr);
  const log = expected.args.includes("--log-fn");
  const inlined = path.join(scratch, `${name}.inline.bc`);
  const args = [...expected.args, ...(log ? [] : ["--inline"]), file, "-o", inlined, "-q"];
  assert.equal(allocinstr(args, here).status, 0);
  for (const [level, shape] of [
    ["-O0", output],
    ["-O2", output],
    ["-O0", inlined],
    ["-O2", inlined],
  ]) {
    const program = path.join(scratch, `${path.basename(shape)}${level}`);
    const objects = log ? [] : [runtime];
    tool("clang++-22", [level, shape, ...objects, "-o", program]);
    if (log) {
      const ran = runProgram(program, []);
      assert.deepEqual([ran.stdout, ran.status], [expected.stdout, expected.exit], level);
      continue;
    }
    const { documents, status } = measure(program, `${program}.json`);
    assert.equal(status, expected.exit, level);
    const [snapshot] = documents.snapshots;
    const rows = snapshot.rows.map(([id, count, bytes]) => [id, count, bytes]);
    assert.deepEqual(rows, expected.rows, level);
    const { unattributed_count: count, unattributed_bytes: bytes } = snapshot.totals;
    assert.deepEqual([count, bytes], expected.pool, level);
    if (shape === inlined) continue;
    for (const [at, regex] of REGEXES.entries()) {
      const other = `${program}.${at}`;
      const args = [...expected.args, file, "-o", `${other}.bc`, "-q"];
      args[args.indexOf("-print-allocs") + 1] = regex;
      assert.equal(allocinstr(args, here).status, 0);
      tool("clang++-22", [level, `${other}.bc`, runtime, "-o", other]);
      const found = measure(other, `${other}.json`).documents.snapshots[0];
      assert.deepEqual(totals(found.totals), totals(snapshot.totals), `${level} ${regex}`);
    }
  }
}

test("every golden is of a case", () => {
  for (const golden of readdirSync(here).filter((name) => name.endsWith(".golden"))) {
    assert.ok(existsSync(path.join(here, golden.replace(/golden$/, "ll"))), golden);
  }
});
