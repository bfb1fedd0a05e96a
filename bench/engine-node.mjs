// Runs the modules of a job (argv, JSON) in this Node and prints their times in seconds, by name.
// What is timed is this thread's CPU time: compiler threads work for all modules alike.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const job = JSON.parse(process.argv[2]);
const WARM_UP_ROUNDS = 5;
// V8 compiles what is hot anew in the background, and takes longer where the machine is busy.
const WARM_UP_SECONDS = 1;

const runs = Object.fromEntries(
  await Promise.all(
    Object.entries(job.modules).map(async ([name, file]) => [name, await workload(file)]),
  ),
);
const names = Object.keys(runs);
const samples = Object.fromEntries(names.map((name) => [name, []]));
const expected = runs[names[0]]();
const warmAt = performance.now() + WARM_UP_SECONDS * 1e3 * names.length;
for (let round = -WARM_UP_ROUNDS; round < job.rounds; round++) {
  if (round === 0 && performance.now() < warmAt) round--;
  for (let i = 0; i < names.length; i++) {
    const name = names[(i + round + WARM_UP_ROUNDS) % names.length];
    const before = process.threadCpuUsage();
    const result = runs[name]();
    const { user, system } = process.threadCpuUsage(before);
    if (result !== expected) throw new Error(`${name} gives ${result}, not ${expected}`);
    if (round >= 0) samples[name].push((user + system) / 1e6);
  }
}
console.log(JSON.stringify(samples));

async function workload(file) {
  const module = new WebAssembly.Module(readFileSync(file));
  if (job.workload === "gofmt") return formatter(module);
  // The peer: a logger in JavaScript that counts as our counters do.
  const counts = new Float64Array(1024);
  const bytes = new Float64Array(1024);
  const log = (site, size) => {
    counts[site] += 1;
    bytes[site] += size;
  };
  const { exports } = new WebAssembly.Instance(module, {
    env: { log, ...traceFunctions(module, log) },
  });
  exports._initialize?.();
  return () => exports.run(...job.args);
}

// What `wasm-opt --trace-calls` imports: the allocator's result, then its arguments.
function traceFunctions(module, log) {
  const imports = WebAssembly.Module.imports(module).filter(({ name }) =>
    name.startsWith("trace_"),
  );
  return Object.fromEntries(imports.map(({ name }) => [name, (_result, size) => log(0, size)]));
}

async function formatter(module) {
  const root = join(import.meta.dirname, "..");
  const { format } = await import("../tests/node_modules/@wasm-fmt/gofmt/gofmt_binding.js");
  const files = readFileSync(join(root, "demo/files.txt"), "utf8").trim().split("\n");
  const sources = files.map((file) =>
    readFileSync(join(process.env.GOROOT, "src", file), "utf8").replace(/^\t/gm, "\t\t"),
  );
  return () => {
    // The program never frees: an instance of its own each time.
    const { exports } = new WebAssembly.Instance(module);
    exports._initialize();
    return sources.reduce((length, source) => length + format(exports, source).length, 0);
  };
}
