import assert from "node:assert/strict";
import test from "node:test";
import { Latencies } from "../lib/latencies.js";
import { random } from "./random.mjs";

test("quantiles_are_those_of_the_last_1024_times", (t) => {
  const { below, seed } = random(t);
  const latencies = new Latencies();
  assert.equal(latencies.quantile(0.5), null);
  /** @type {number[]} */
  const all = [];
  for (let step = 0; step < 3000; step++) {
    all.push(below(1000) / 8);
    latencies.add(all[step]);
    const sorted = all.slice(-1024).sort((a, b) => a - b);
    for (const percent of [1, 50, 99, 100]) {
      const quantile = /** @type {number} */ (latencies.quantile(percent / 100));
      const at = `p${percent} of step ${step}, seed ${seed}`;
      // By its definition: so many are at most this, and of any less they are fewer.
      const most = sorted.filter((ms) => ms <= quantile).length;
      const less = sorted.filter((ms) => ms < quantile).length;
      assert.ok(most * 100 >= percent * sorted.length, at);
      assert.ok(less * 100 < percent * sorted.length, at);
    }
  }
});
