// Runs one program in several builds and says what each of them did, so that the builds can be compared.
//
// stdin: {"modules": [path of a .wasm file, …], "runs": [JavaScript expression over the exports, …]}
// stdout: one report for each module. Counters are read here by docs/formats.md §1 and not by the
// package in runtime/web, so that the two check each other.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const SECTION = "allocinstr";
const HEADER_BYTES = 48;
const RECORD_BYTES = 16;
const PAGE_BYTES = 65536;

class Exit extends Error {}

const show = (value) => {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "function";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (Object.is(value, -0)) return "-0";
  return String(value);
};

// What the cases may import from `env`. Every call is traced, except calls of `log_alloc`: only the
// instrumented build makes those.
function host(report) {
  const state = { exports: undefined, memory: undefined };
  const tag = new WebAssembly.Tag({ parameters: ["i32"] });
  let top = 4096;
  const functions = {
    // A bump allocator that never fails and never frees, for either pointer width.
    malloc(size) {
      const at = top;
      top += Number(size);
      return typeof size === "bigint" ? BigInt(at) : at;
    },
    // As the main module's operator new for a side module.
    _Znwm: (size) => functions.malloc(size),
    log: () => undefined,
    callback: (...args) => state.exports.callback(...args),
    // Comes back into the module through whichever allocator it exports.
    callback_malloc: (size) => state.exports.malloc(size),
    throw() {
      throw new Error("thrown by env.throw");
    },
    throw_tag(value) {
      throw new WebAssembly.Exception(tag, [value]);
    },
    // As `proc_exit`: the program ends from within a call that never returns.
    exit(code) {
      throw new Exit(`exit ${code}`);
    },
  };
  const env = {
    tag,
    table: new WebAssembly.Table({ element: "anyfunc", initial: 4 }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 4 }),
    shared_memory: new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true }),
    log_alloc(site, size, ...rest) {
      report.logged.push([site, show(size), ...rest.map(show)]);
    },
  };
  for (const [name, implementation] of Object.entries(functions)) {
    env[name] = (...args) => {
      report.trace.push(`${name}(${args.map(show).join(", ")})`);
      return implementation(...args);
    };
  }
  return { env, state };
}

function attempt(action) {
  try {
    return show(action());
  } catch (error) {
    if (error instanceof WebAssembly.Exception) return "throws a WebAssembly.Exception";
    return `throws ${error.constructor.name}: ${error.message}`;
  }
}

// Everything of an instance that its host can see, counters excepted.
function visible(exports, env) {
  const seen = {};
  const add = (name, value) => {
    if (value instanceof WebAssembly.Memory) {
      const bytes = new Uint8Array(value.buffer);
      seen[name] =
        `${bytes.length} bytes, sha256 ${createHash("sha256").update(bytes).digest("hex")}`;
    } else if (value instanceof WebAssembly.Table) {
      const rows = Array.from({ length: Number(value.length) }, (_, i) => {
        const row = value.get(typeof value.length === "bigint" ? BigInt(i) : i);
        return row === null ? "null" : typeof row;
      });
      seen[name] = rows.join(" ");
    } else if (value instanceof WebAssembly.Global) {
      seen[name] = show(value.value);
    }
  };
  for (const [name, value] of Object.entries(env)) add(`env.${name}`, value);
  for (const [name, value] of Object.entries(exports)) if (name !== SECTION) add(name, value);
  return seen;
}

// Counters in globals, by the function that reads them.
function readable(read, table) {
  const slots = table.log_fn ? 0 : table.slots;
  const field = (slot, at) => String(BigInt.asUintN(64, read(slot, at)));
  const record = (slot) => [field(slot, 0), field(slot, 1)];
  for (const slot of [-2, slots, 0x7fffffff, -0x80000000]) {
    let result;
    try {
      result = read(slot, 0);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    }
    if (result !== undefined) throw new Error(`slot ${slot} of ${slots} is ${result}`);
  }
  return {
    slots,
    pool: record(-1),
    sites: Array.from({ length: slots }, (_, id) => record(id)),
  };
}

function counters(memory) {
  const view = new DataView(memory.buffer);
  const magic = String.fromCharCode(...new Uint8Array(memory.buffer, 0, 8));
  const [version, slots, recordBytes] = [8, 12, 16].map((at) => view.getUint32(at, true));
  if (magic !== "allocins" || version !== 1 || recordBytes !== RECORD_BYTES) {
    throw new Error(`header: ${magic}, version ${version}, records of ${recordBytes} bytes`);
  }
  for (let at = 20; at < 32; at += 4) {
    if (view.getUint32(at, true) !== 0) throw new Error(`header: byte ${at} is not zero`);
  }
  const pages = Math.ceil((HEADER_BYTES + slots * RECORD_BYTES) / PAGE_BYTES);
  if (memory.buffer.byteLength !== pages * PAGE_BYTES) {
    throw new Error(`${slots} slots in ${memory.buffer.byteLength} bytes`);
  }
  let grown = true;
  try {
    memory.grow(1);
  } catch {
    grown = false;
  }
  if (grown) throw new Error("the counter memory can grow");
  const record = (at) => [
    String(view.getBigUint64(at, true)),
    String(view.getBigUint64(at + 8, true)),
  ];
  return {
    slots,
    pool: record(32),
    sites: Array.from({ length: slots }, (_, id) => record(HEADER_BYTES + id * RECORD_BYTES)),
  };
}

function run(path, runs) {
  const module = new WebAssembly.Module(readFileSync(path));
  const report = {
    imports: WebAssembly.Module.imports(module).map((i) => `${i.kind} ${i.module}.${i.name}`),
    exports: WebAssembly.Module.exports(module).map((e) => `${e.kind} ${e.name}`),
    results: [],
    trace: [],
    logged: [],
    visible: {},
    section: null,
    counters: null,
    program_total: null,
  };
  const sections = WebAssembly.Module.customSections(module, SECTION);
  if (sections.length > 0) report.section = new TextDecoder().decode(sections[0]);
  const { env, state } = host(report);
  let instance;
  report.results.push(attempt(() => void (instance = new WebAssembly.Instance(module, { env }))));
  if (instance === undefined) return report;
  const exports = (state.exports = instance.exports);
  for (const expression of runs) {
    const call = new Function("exports", `with (exports) { return (${expression}) }`);
    report.results.push(attempt(() => call(exports)));
  }
  report.visible = visible(exports, env);
  if (SECTION in exports) {
    const exported = exports[SECTION];
    report.counters =
      exported instanceof WebAssembly.Memory
        ? counters(exported)
        : readable(exported, JSON.parse(report.section));
  }
  // A program that keeps its own log (`--log-fn`) says here what it has in it.
  if ("logged_count" in exports) {
    report.program_total = [String(exports.logged_count()), String(exports.logged_bytes())];
  }
  return report;
}

const job = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(job.modules.map((path) => run(path, job.runs))));
