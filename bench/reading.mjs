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
    const times = [];
    for (let i = -WARM_UP; i < READINGS; i++) {
      const before = performance.now();
      const snapshot = profile.snapshot();
      const after = performance.now();
      if (i >= 0) times.push((after - before) / 1e3);
      if (snapshot.totals.alloc_count !== allocations || snapshot.rows.length !== 8192) {
        throw new Error(`read ${snapshot.totals.alloc_count} in ${snapshot.rows.length} rows`);
      }
    }
    times.sort((a, b) => a - b);
    const micro = (seconds) => (seconds * 1e6).toFixed(0);
    const at = (share) => times[Math.floor(share * (READINGS - 1))];
    add({
      what: `reading 8192 sites in JavaScript, ${storage}`,
      measured: `${micro(median(times))} µs (${micro(at(0.05))} to ${micro(at(0.95))}, 5 % to 95 %)`,
      control: "",
      target: `≤ ${micro(MOST_SECONDS[storage])} µs`,
      reached: median(times) <= MOST_SECONDS[storage],
    });
  }
}
