import { COUNTERS_EXPORT, countersOf } from "./counters.js";
import { readSites } from "./sites.js";

// A series needs names that differ, and a program may make any number of instances of one module.
let attached = 0;

/** @type {typeof import("../index.js").attach} */
export function attach(module, instance, { name = `instance-${attached}`, generation = 0 } = {}) {
  const table = readSites(module);
  const counters = countersOf(table, instance);
  const memories = programMemories(module, instance);
  attached += 1;

  return {
    snapshot({ label = null } = {}) {
      const pool = counters.pool();
      /** @type {import("../index.js").SnapshotRow[]} */
      const rows = [];
      let { count, bytes } = pool;
      counters.forEach((id, siteCount, siteBytes) => {
        if (siteCount === 0) return;
        rows.push([id, siteCount, siteBytes, null, null]);
        count += siteCount;
        bytes += siteBytes;
      });
      return {
        format: "allocinstr-snapshot",
        version: 1,
        build_id: table.build_id,
        instance: name,
        generation,
        time_ms: Date.now(),
        label,
        allocator_class: table.allocator_class,
        totals: {
          alloc_count: count,
          alloc_bytes: bytes,
          live_count: null,
          live_bytes: null,
          unattributed_count: pool.count,
          unattributed_bytes: pool.bytes,
        },
        memory_bytes: sizeOf(memories),
        gauges: {},
        rows,
      };
    },
  };
}

/**
 * A memory that is exported under two names is one memory.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Instance} instance
 */
function programMemories(module, instance) {
  const names = WebAssembly.Module.exports(module)
    .filter(({ kind, name }) => kind === "memory" && name !== COUNTERS_EXPORT)
    .map(({ name }) => name);
  return new Set(names.map((name) => /** @type {WebAssembly.Memory} */ (instance.exports[name])));
}

/** @param {Set<WebAssembly.Memory>} memories */
function sizeOf(memories) {
  if (memories.size === 0) return null;
  return [...memories].reduce((total, { buffer }) => total + buffer.byteLength, 0);
}
