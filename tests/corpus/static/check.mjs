// Checks one module: `node check.mjs INDEX` into modules.mjs, or fails. In a process of its own, so that what it
// needs is given back. Prints {sites, line}.
//
// Both engines and both storages must give valid modules with the same interface and the same sites, and what the site
// table says must be true of the module's bytes, as far as they can be read without allocinstr.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileOf, MODULES } from "./modules.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const allocinstr = process.env.ALLOCINSTR ?? join(root, "target/release/allocinstr");

const MAX_SITES = 8192;
/** wabt needs seconds and a gigabyte for more. */
const WABT_BYTES = 16 << 20;
const RANKS = ["direct", "through", "dispatch"];
/** The two storages, and what each exports as `allocinstr`. */
const STORAGES = { memory: "memory", globals: "function" };
const ENGINES = ["stream", "walrus"];

const module = MODULES[Number(process.argv[2])];
const file = fileOf(module);
assert.ok(file, `${module.package}/${module.path} is not installed: make setup-corpus setup-npm`);
const original = readFileSync(file);
const directory = mkdtempSync(join(tmpdir(), "allocinstr-corpus-"));
try {
  console.log(JSON.stringify(module.refused ? checkRefusal() : checkModule()));
} finally {
  rmSync(directory, { recursive: true });
}

function run(program, args) {
  const started = performance.now();
  const run = spawnSync(program, args, { maxBuffer: 1 << 28, encoding: "utf8" });
  if (run.error) throw run.error;
  return { ...run, seconds: (performance.now() - started) / 1000 };
}

function checkRefusal() {
  const output = join(directory, "refused.wasm");
  const { status, stderr, seconds } = run(allocinstr, ["-print-allocs", ".*", file, "-o", output]);
  assert.equal(status, 3, stderr);
  assert.ok(stderr.includes(module.refused), `another reason: ${stderr}`);
  assert.ok(!existsSync(output), "an output was left behind");
  return { sites: null, line: `refused, ${seconds.toFixed(1)} s` };
}

function checkModule() {
  const before = interfaceOf(original);
  const validates = original.length <= WABT_BYTES && wabtValidates(file);
  const tables = [];
  const notes = [];
  for (const engine of ENGINES) {
    for (const [storage, kind] of Object.entries(STORAGES)) {
      const built = instrument(engine, storage);
      if (built === undefined) continue;
      const { output, table, seconds } = built;
      const bytes = readFileSync(output);
      const { module: compiled, imports, exports } = interfaceOf(bytes);
      assert.deepEqual(imports, before.imports, "imports");
      assert.deepEqual(exports, [...before.exports, { name: "allocinstr", kind }], "exports");
      const [section] = WebAssembly.Module.customSections(compiled, "allocinstr");
      assert.deepEqual(JSON.parse(Buffer.from(section).toString()), table, "section and --sites");
      // wabt reads whatever of the original it can read.
      if (validates)
        assert.ok(wabtValidates(output), `${engine}, ${storage}: wabt finds it invalid`);
      assert.equal(table.storage, storage);
      tables.push({ ...table, storage: null });
      notes.push(
        `${storage === "memory" ? `${engine} ` : ""}${mib(bytes)} ${seconds.toFixed(1)} s`,
      );
      rmSync(output);
    }
  }
  const [table, ...others] = tables;
  for (const other of others)
    assert.deepEqual(other, table, "another engine or storage, other sites");
  assert.equal(table.model, module.model);
  checkTable(table);
  checkPartition(table);
  const wabt = validates ? "" : ", V8 only";
  const line = `${table.sites.length} sites, ${mib(original)} -> ${notes.join(", ")}${wabt}`;
  return { sites: table.sites.length, line };
}

function mib({ length }) {
  return `${(length / (1 << 20)).toFixed(1)} MiB`;
}

function interfaceOf(bytes) {
  const { Module } = WebAssembly;
  const module = new Module(bytes);
  return { module, imports: Module.imports(module), exports: Module.exports(module) };
}

function wabtValidates(path) {
  return run("wasm-validate", ["--enable-all", path]).status === 0;
}

/** What was made, or nothing where the engine cannot read the module, as `walrus` of the module says. */
function instrument(engine, storage) {
  const output = join(directory, `${engine}-${storage}.wasm`);
  const sites = `${output}.json`;
  const how = ["--engine", engine, "--storage", storage, ...(module.args ?? [])];
  const args = ["-print-allocs", ".*", ...how, "--sites", sites, file, "-o", output];
  const { status, stderr, seconds } = run(allocinstr, args);
  if (engine === "walrus" && module.walrus !== undefined) {
    assert.equal(status, 3, stderr);
    assert.ok(stderr.includes(module.walrus), `another reason: ${stderr}`);
    return undefined;
  }
  assert.equal(status, 0, `${engine}, ${storage}: ${stderr}`);
  return { output, table: JSON.parse(readFileSync(sites, "utf8")), seconds };
}

/** What must be true of any table, and of the calls it names. */
function checkTable(table) {
  const { sites, slots, overflow } = table;
  assert.equal(slots, Math.min(sites.length + 1, MAX_SITES));
  assert.deepEqual(overflow, { id: slots - 1, sites: Math.max(sites.length - (slots - 1), 0) });
  assert.deepEqual(
    sites.map(({ id }) => id),
    sites.map((_, index) => Math.min(index, slots - 1)),
  );
  const rank = ({ attribution }) => RANKS.indexOf(attribution);
  const calleeAt = new Map();
  for (const [index, site] of sites.entries()) {
    assert.ok(rank(site) >= 0, site.attribution);
    const previous = sites[index - 1];
    if (previous !== undefined) {
      const ascends = rank(previous) - rank(site) || previous.offset - site.offset;
      assert.ok(ascends < 0, `site ${index} is not after the one before it`);
    }
    const call = callAt(site.offset);
    assert.ok(call, `offset ${site.offset} is no call`);
    const isDirect = call.callee !== undefined;
    const indirect = table.names[site.callee].startsWith("indirect ");
    assert.notEqual(isDirect, indirect, `offset ${site.offset}: ${table.names[site.callee]}`);
    if (site.attribution === "direct") assert.ok(isDirect);
    // One function has one name, and one rule for its size.
    if (isDirect) {
      const { callee } = site;
      const seen = calleeAt.get(call.callee) ?? site;
      assert.equal(callee, seen.callee, `function ${call.callee} goes by two names`);
      assert.equal(site.attribution, seen.attribution, `function ${call.callee}`);
      assert.equal(site.count_only, seen.count_only, `function ${call.callee}`);
      calleeAt.set(call.callee, site);
    }
  }
}

/** The call instruction at a file offset of the original: of a function by index, or of another kind. */
function callAt(offset) {
  const CALL = 0x10;
  const RETURN_CALL = 0x12;
  const OTHERS = [0x11, 0x13, 0x14, 0x15];
  const opcode = original[offset];
  if (OTHERS.includes(opcode)) return {};
  if (opcode !== CALL && opcode !== RETURN_CALL) return undefined;
  let callee = 0;
  for (let at = offset + 1, shift = 0; ; at++, shift += 7) {
    callee += (original[at] & 0x7f) * 2 ** shift;
    if (original[at] < 0x80) return { callee };
  }
}

/** Every direct call is selected by a regular expression or by its complement, and by nothing that `.*` does not. */
function checkPartition(table) {
  const directly = ({ sites }) =>
    sites.filter((site) => site.attribution === "direct").map(({ offset }) => offset);
  const selected = ["^[^a-m]*$", "[a-m]"].map((regex) => {
    const how = ["--format", "json", "--attribute", "through", ...(module.args ?? [])];
    const args = ["sites", "-q", "-print-allocs", regex, ...how, file];
    const { status, stdout, stderr } = run(allocinstr, args);
    assert.equal(status, 0, stderr);
    return directly(JSON.parse(stdout));
  });
  const union = [...new Set(selected.flat())].sort((a, b) => a - b);
  assert.deepEqual(union, directly(table), "two complements do not make up `.*`");
}
