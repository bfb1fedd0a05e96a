import { COUNTERS_EXPORT, PAST_EXACT, countersOf, exportsOf } from "./counters.js";
import { AllocinstrError } from "./error.js";
import { headerOf } from "./header.js";
import { unique } from "./name.js";

// A series needs names that differ, and a program may make any number of instances of one module.
let attached = 0;

/** @type {typeof import("../index.js").attach} */
export function attach(module, instance, { name: given, generation = 0, memory } = {}) {
  const header = headerOf(module);
  const exports = exportsOf(instance);
  const counters = countersOf(header, exports);
  /** @type {Set<any>} one that is exported under two names is one memory */
  const memories = new Set(memory && [memory]);
  for (const { kind, name } of WebAssembly.Module.exports(module)) {
    if (kind === "memory" && name !== COUNTERS_EXPORT) memories.add(exports[name]);
  }
  const name = given ?? unique(`instance-${attached}`);
  attached += 1;

  // Read into again and again.
  const counts = new Float64Array(header.slots);
  const bytes = new Float64Array(header.slots);

  /** @returns {import("../index.js").Totals} */
  function read() {
    const pool = counters.pool();
    counters.read(counts, bytes);
    return {
      alloc_count: sum(counts, pool.count),
      alloc_bytes: sum(bytes, pool.bytes),
      live_count: null,
      live_bytes: null,
      unattributed_count: pool.count,
      unattributed_bytes: pool.bytes,
    };
  }

  /** @type {import("../index.js").Profile} */
  const profile = {
    name,
    module,
    instance,
    totals: read,
    // Loaded when first asked for.
    top: async (n, options) => (await import("./top.js")).topOf(profile, n, options),
    stats: async () => (await import("./stats.js")).statsOf(profile),
    snapshot({ label = null, gauges = {} } = {}) {
      for (const [gauge, value] of Object.entries(gauges)) {
        if (!Number.isFinite(value))
          throw new RangeError(`gauge ${gauge} is ${value}, not a finite number`);
      }
      const totals = read();
      /** @type {import("../index.js").SnapshotRow[]} */
      const rows = [];
      for (let id = 0; id < counts.length; id++) {
        if (counts[id] !== 0) rows.push([id, counts[id], bytes[id], null, null]);
      }
      return {
        format: "allocinstr-snapshot",
        version: 1,
        build_id: header.build_id,
        instance: name,
        generation,
        time_ms: Date.now(),
        label,
        allocator_class: header.allocator_class,
        totals,
        memory_bytes: memories.size
          ? [...memories].reduce((total, { buffer }) => total + buffer.byteLength, 0)
          : null,
        gauges,
        rows,
      };
    },
  };
  return profile;
}

/**
 * @param {Float64Array} values
 * @param {number} start
 */
function sum(values, start) {
  let total = start;
  for (let i = 0; i < values.length; i++) total += values[i];
  if (Number.isSafeInteger(total)) return total;
  throw new AllocinstrError("malformed-counters", `the total ${PAST_EXACT}`);
}
