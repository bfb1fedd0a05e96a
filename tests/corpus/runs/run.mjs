// One run of one package, in a process of its own: programs keep state in JavaScript for good, and two runs are only
// comparable when both begin from nothing. Usage: run.mjs DRIVER MODULE RESULT, where MODULE takes the place of the
// module that the driver names, and RESULT is the file to write.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { attach } from "../../../runtime/web/index.js";
import { fixTimeAndChance } from "./fixed.mjs";

// Taken away, because emscripten hands them on to the program.
const [driverFile, moduleFile, resultFile] = process.argv.splice(2);
const { file, run } = await import(driverFile);
const original = readFileSync(file);
const substitute = readFileSync(moduleFile);
const ran = [];

const { Module, Instance } = WebAssembly;
const bytesOf = (source) =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
const load = (source) => (original.equals(bytesOf(source)) ? substitute : source);
const ours = new WeakSet();

WebAssembly.Module = class extends Module {
  constructor(source) {
    const code = load(source);
    super(code);
    if (code === substitute) ours.add(this);
  }
};
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    if (ours.has(module)) ran.push({ module, imports, instance: this });
  }
};
WebAssembly.compile = async (source) => new WebAssembly.Module(source);
WebAssembly.instantiate = async (source, imports) => {
  if (source instanceof Module) return new WebAssembly.Instance(source, imports);
  const module = new WebAssembly.Module(source);
  return { module, instance: new WebAssembly.Instance(module, imports) };
};

fixTimeAndChance();
const output = await run();
if (ran.length !== 1) throw new Error(`${ran.length} instances of ${file}, not 1`);
const [{ module, imports, instance }] = ran;

/** The program's memory, which it exports or imports: everything that it did is in there. */
function memory() {
  const isMemory = ({ kind, name }) => kind === "memory" && name !== "allocinstr";
  const exported = Module.exports(module).find(isMemory);
  if (exported) return instance.exports[exported.name];
  const imported = Module.imports(module).find(isMemory);
  return imports[imported.module][imported.name];
}

/** What a twin of twin.mjs has counted. */
function readTwin({ twin_count: count, twin_bytes: bytes }) {
  return count ? { count: Number(count.value), bytes: Number(bytes.value) } : null;
}

const { buffer } = memory();
const isInstrumented = Module.customSections(module, "allocinstr").length > 0;
const result = {
  output,
  memory: {
    bytes: buffer.byteLength,
    sha256: createHash("sha256").update(Buffer.from(buffer)).digest("hex"),
  },
  snapshot: isInstrumented ? attach(module, instance).snapshot() : null,
  twin: readTwin(instance.exports),
};
writeFileSync(resultFile, JSON.stringify(result));
// Some packages leave timers and workers behind.
process.exit(0);
