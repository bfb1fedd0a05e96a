// Measuring: children by their CPU time and peak memory, programs in engines by their thread's CPU time.
// Everything that is compared runs interleaved, and the order rotates from round to round.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const WASMTIME = fileURLToPath(new URL("../build/bench/python", import.meta.url));

/**
 * Runs each command once a round.
 * @param {Record<string, string[]>} commands
 * @param {number} rounds
 * @returns {Record<string, {cpu: number[], peakBytes: number[]}>} without those that fail, which is said
 */
export function commands(commands, rounds) {
  const measured = Object.fromEntries(
    Object.keys(commands).map((name) => [name, { cpu: [], peakBytes: [] }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const name of rotated(Object.keys(measured), round)) {
      const run = JSON.parse(
        execFileSync("python3", [path("rusage.py"), ...commands[name]], { encoding: "utf8" }),
      );
      if (run.status !== 0) {
        console.error(`${name} fails (status ${run.status}): ${run.message.trim()}`);
        delete measured[name];
        continue;
      }
      measured[name].cpu.push(run.cpu);
      measured[name].peakBytes.push(run.peakBytes);
    }
  }
  return measured;
}

/**
 * Runs modules in an engine: `processes` times afresh, each of them `rounds` rounds after warming up.
 * @param {keyof ENGINES} engine
 * @param {{workload: "run" | "gofmt", args?: number[], modules: Record<string, string>}} job
 * @param {{processes: number, rounds: number}} repetitions
 * @returns {Record<string, number[]>} the median of each process, in seconds
 */
export function programs(engine, job, { processes, rounds }) {
  const medians = Object.fromEntries(Object.keys(job.modules).map((name) => [name, []]));
  for (let process = 0; process < processes; process++) {
    const names = rotated(Object.keys(job.modules), process);
    const modules = Object.fromEntries(names.map((name) => [name, job.modules[name]]));
    const samples = JSON.parse(inEngine(engine, { ...job, modules, rounds }));
    for (const name of names) medians[name].push(median(samples[name]));
  }
  return medians;
}

const ENGINES = {
  node: [process.execPath, path("engine-node.mjs")],
  // What V8 inlines in one module and not in another is left out of the comparison.
  "node --no-wasm-inlining": [process.execPath, "--no-wasm-inlining", path("engine-node.mjs")],
  wasmtime: ["python3", path("engine-wasmtime.py")],
};

function inEngine(engine, job) {
  const [command, ...args] = ENGINES[engine];
  return execFileSync(command, [...args, JSON.stringify(job)], {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: WASMTIME },
  });
}

/** The list, begun elsewhere. */
export function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The ratio of two series that were measured in pairs: its median, least and greatest.
 * @param {number[]} of
 * @param {number[]} to
 */
export function ratio(of, to) {
  const ratios = of.map((value, i) => value / to[i]);
  return { median: median(of) / median(to), least: Math.min(...ratios), most: Math.max(...ratios) };
}
