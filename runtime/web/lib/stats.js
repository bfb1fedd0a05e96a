// Memory statistics, each from the best source there is.
import { exportsOf } from "./counters.js";
import { AllocinstrError } from "./error.js";

/** What a program may export, a function without parameters or a global, for one statistic each. */
const OWN = /** @type {const} */ ({
  totalAlloc: "mem_stats_total_alloc",
  mallocs: "mem_stats_mallocs",
  heapInuse: "mem_stats_heap_inuse",
  sys: "mem_stats_sys",
});

/**
 * @param {import("../index.js").Profile} profile
 * @returns {import("../index.js").Stats}
 */
export function statsOf({ instance, snapshot }) {
  const exports = exportsOf(instance);
  // The program's own come first, and before the counters: a runtime may allocate to tell them.
  const program = Object.fromEntries(
    Object.entries(OWN)
      .map(([field, name]) => [field, read(exports, name)])
      .filter(([, value]) => value !== undefined),
  );
  const { totals, allocator_class, memory_bytes } = snapshot();
  const counters = {
    totalAlloc: totals.alloc_bytes,
    mallocs: totals.alloc_count,
    // What is never freed is in use.
    ...(allocator_class === "never-frees" && { heapInuse: totals.alloc_bytes }),
  };
  const memory = { heapInuse: memory_bytes, sys: memory_bytes };

  const stats = /** @type {any} */ ({});
  const source = /** @type {any} */ ({});
  for (const field of Object.keys(OWN)) {
    source[field] = field in program ? "program" : field in counters ? "counters" : "memory";
    stats[field] = { program, counters, memory }[/** @type {"memory"} */ (source[field])][
      /** @type {"sys"} */ (field)
    ];
  }
  return { ...stats, source };
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {string} name
 */
function read(exports, name) {
  const exported = exports[name];
  if (exported === undefined) return undefined;
  let value;
  try {
    value =
      exported instanceof WebAssembly.Global ? exported.value : /** @type {any} */ (exported)();
  } catch (cause) {
    throw malformed(name, "cannot be read", { cause });
  }
  // What crosses into JavaScript is signed.
  const number =
    typeof value === "bigint" ? Number(BigInt.asUintN(64, value)) : value < 0 ? value >>> 0 : value;
  if (!Number.isSafeInteger(number))
    throw malformed(name, `is ${String(value)}, no count of bytes`);
  return number;
}

/**
 * @param {string} name
 * @param {string} what
 * @param {ErrorOptions} [options]
 */
function malformed(name, what, options) {
  return new AllocinstrError("malformed-stats", `export \`${name}\` ${what}`, options);
}
