// `make bench`: measures, prints the table, and keeps it in docs/performance.md.
//
//   node bench/main.mjs [--rounds N] [--processes N] [rewriting] [running] [reading] [watching]
//
// Only a full run, without parts, is kept.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ALLOCINSTR, ROOT, WASM_OPT_108, WASM_OPT_132 } from "./modules.mjs";
import { reading } from "./reading.mjs";
import { rewriting } from "./rewriting.mjs";
import { running } from "./running.mjs";
import { markdown } from "./table.mjs";
import { watching } from "./watching.mjs";

if (!ALLOCINSTR || !process.env.GOROOT)
  throw new Error("run `make bench`, which sets ALLOCINSTR and GOROOT");
const { values, positionals } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    processes: { type: "string", default: "7" },
  },
  allowPositionals: true,
});
const repetitions = { rounds: Number(values.rounds), processes: Number(values.processes) };
const parts = { rewriting, running, reading, watching };
const started = new Date();
for (const name of positionals.length ? positionals : Object.keys(parts)) parts[name](repetitions);
console.log(markdown());

const KEPT = join(ROOT, "docs/performance.md");
if (positionals.length === 0) {
  const text = readFileSync(KEPT, "utf8");
  const begin = "<!-- The rest of this file is written by `make bench`. -->\n";
  const head = text.slice(0, text.indexOf(begin) + begin.length);
  writeFileSync(KEPT, `${head}\n${machine()}\n\n${markdown()}\n`);
}

function machine() {
  const version = (command, ...args) =>
    execFileSync(command, args, { encoding: "utf8" }).split("\n", 1)[0];
  const [cpu] = os.cpus();
  const wasmtime = /wasmtime==(\S+)/.exec(
    readFileSync(join(import.meta.dirname, "requirements.txt"), "utf8"),
  )[1];
  const facts = {
    date: started.toISOString().slice(0, 10),
    machine: `${os.cpus().length} × ${cpu.model.trim()}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, ${os.type()} ${os.release()} ${os.arch()}`,
    load: `${os.loadavg()[0].toFixed(2)} at the end; ${repetitions.rounds} rounds, ${repetitions.processes} processes`,
    engines: `Node ${process.version.slice(1)} (V8 ${process.versions.v8}), wasmtime ${wasmtime}`,
    others: `${version(...WASM_OPT_132, "--version")}; ${version(...WASM_OPT_108, "--version")}`,
    allocinstr: `${version(ALLOCINSTR, "--version")}, built by ${version("rustc", "--version")}`,
  };
  return Object.entries(facts)
    .map(([name, fact]) => `- ${name}: ${fact}`)
    .join("\n");
}
