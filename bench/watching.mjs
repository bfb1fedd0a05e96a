// What it costs a program that is not instrumented that allocinstr/auto is loaded.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { GOFMT, ROOT } from "./modules.mjs";
import { median, ratio, rotated } from "./measure.mjs";
import { add, percent } from "./table.mjs";

const AUTO = ["--import", join(ROOT, "runtime/web/auto.js")];
const KINDS = { without: [], control: [], auto: AUTO };
/** Of a program's time, the instances it makes included. */
const MOST_PERCENT = 1;
const MOST_MICROSECONDS = 5;

/** @param {{processes: number, rounds: number}} repetitions */
export function watching({ processes, rounds }) {
  const job = { workload: "gofmt", modules: { gofmt: GOFMT }, rounds };
  const { without, control, auto } = inProcesses(processes, "engine-node.mjs", job, "gofmt");
  const [cost, noise] = [ratio(auto, without), ratio(control, without)];
  add({
    what: "gofmt, not instrumented, with `allocinstr/auto` loaded (Node)",
    measured: percent(cost),
    control: percent(noise),
    target: `≤ ${MOST_PERCENT} %, or the control's spread`,
    reached: cost.median <= Math.max(1 + MOST_PERCENT / 100, noise.most),
  });

  const calls = inProcesses(processes, "instantiate-node.mjs", { rounds }, "instantiate");
  const micro = Object.fromEntries(
    Object.entries(calls).map(([name, seconds]) => [name, median(seconds) * 1e6]),
  );
  add({
    what: "`await WebAssembly.instantiate(module)` of an empty module, with `allocinstr/auto` loaded (Node)",
    measured: `${micro.auto.toFixed(1)} µs, without ${micro.without.toFixed(1)} µs`,
    control: `${micro.control.toFixed(1)} µs`,
    target: `≤ ${MOST_MICROSECONDS} µs more`,
    reached: micro.auto - micro.without <= MOST_MICROSECONDS,
  });
}

/** The median of each process, in seconds. */
function inProcesses(processes, script, job, measured) {
  const medians = Object.fromEntries(Object.keys(KINDS).map((name) => [name, []]));
  for (let nth = 0; nth < processes; nth++) {
    for (const name of rotated(Object.keys(KINDS), nth)) {
      const args = [...KINDS[name], join(import.meta.dirname, script), JSON.stringify(job)];
      const samples = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
      medians[name].push(median(samples[measured]));
    }
  }
  return medians;
}
