// What it costs the host to read all counters.
import { readFileSync } from "node:fs";
import { attach } from "../runtime/web/index.js";
import { instrument, program } from "./modules.mjs";
import { median } from "./measure.mjs";
import { add } from "./table.mjs";

const MOST_SECONDS = { memory: 100e-6, globals: 5e-3 };
const WARM_UP = 200;
const READINGS = 1000;

export function reading() {
  const file = program("sites-8192");
  for (const storage of ["memory", "globals"]) {
    const options = ["-print-allocs", "^site_", "--storage", storage];
    const module = new WebAssembly.Module(readFileSync(instrument(file, "read.wasm", ...options)));
    const instance = new WebAssembly.Instance(module);
    instance.exports._initialize?.();
    // Every counter has something to tell.
    const allocations = instance.exports.run(3, 0);
    const profile = attach(module, instance);
    if (profile.snapshot().rows.length !== 8192) throw new Error("not every site allocated");

    const sums = seconds(() => profile.totals(), allocations);
    const rows = seconds(() => profile.snapshot().totals, allocations);
    add({
      what: `reading 8192 sites in JavaScript, ${storage}`,
      measured: `${spread(sums)}; with an object a row for JSON ${spread(rows)}`,
      control: "",
      target: `≤ ${micro(MOST_SECONDS[storage])} µs`,
      reached: median(sums) <= MOST_SECONDS[storage],
    });
  }
}

function seconds(read, allocations) {
  const times = [];
  for (let i = -WARM_UP; i < READINGS; i++) {
    const before = performance.now();
    const totals = read();
    const after = performance.now();
    if (i >= 0) times.push((after - before) / 1e3);
    if (totals.alloc_count !== allocations) throw new Error(`read ${totals.alloc_count}`);
  }
  return times.sort((a, b) => a - b);
}

/** The median, and between which two nine of ten readings were. */
function spread(times) {
  const at = (share) => times[Math.floor(share * (READINGS - 1))];
  return `${micro(median(times))} µs (${micro(at(0.05))} to ${micro(at(0.95))})`;
}

const micro = (seconds) => (seconds * 1e6).toFixed(0);
