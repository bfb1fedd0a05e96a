// Several instances of one build as one: docs/formats.md, section 3.
import { AllocinstrError } from "./error.js";

const FORMAT = "allocinstr-snapshot";
const VERSION = 1;

/** @type {typeof import("../index.js").merge} */
export function merge(snapshots, { name, label = null, sharedMemory = false } = {}) {
  if (!Array.isArray(snapshots)) throw malformed("what is to be merged is no array");
  if (snapshots.length === 0) throw malformed("there is none to merge");
  snapshots.forEach(check);
  const [first] = snapshots;
  checkBuild(snapshots);
  const merged = instancesOf(snapshots);

  const totals = /** @type {any} */ (
    Object.fromEntries(
      TOTALS.map((field) => [field, sum(snapshots.map(({ totals }) => totals[field]))]),
    )
  );
  const memories = snapshots.map(({ memory_bytes }) => memory_bytes);
  return {
    format: FORMAT,
    version: VERSION,
    build_id: first.build_id,
    instance: name ?? snapshots.map(({ instance }) => instance).join("+"),
    generation: Math.max(...snapshots.map(({ generation }) => generation)),
    time_ms: Math.max(...snapshots.map(({ time_ms }) => time_ms)),
    label,
    allocator_class: first.allocator_class,
    totals,
    memory_bytes: sharedMemory ? largest(memories) : sum(memories),
    gauges: mergeGauges(snapshots),
    rows: mergeRows(snapshots),
    merged,
  };
}

const ALWAYS_KNOWN = /** @type {const} */ ([
  "alloc_count",
  "alloc_bytes",
  "unattributed_count",
  "unattributed_bytes",
]);
const TOTALS = /** @type {const} */ ([...ALWAYS_KNOWN, "live_count", "live_bytes"]);

/** @param {import("../index.js").Snapshot[]} snapshots */
function mergeRows(snapshots) {
  /** @type {Map<number, import("../index.js").SnapshotRow[]>} */
  const byId = new Map();
  for (const row of snapshots.flatMap(({ rows }) => rows)) {
    const same = byId.get(row[0]);
    if (same) same.push(row);
    else byId.set(row[0], [row]);
  }
  return [...byId]
    .sort(([a], [b]) => a - b)
    .map(([id, rows]) => {
      const fields = [1, 2, 3, 4].map((field) => sum(rows.map((row) => row[field])));
      return /** @type {import("../index.js").SnapshotRow} */ ([id, ...fields]);
    });
}

/** @param {import("../index.js").Snapshot[]} snapshots */
function mergeGauges(snapshots) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const [gauge, value] of snapshots.flatMap(({ gauges }) => Object.entries(gauges))) {
    sums.set(gauge, (sums.get(gauge) ?? 0) + value);
  }
  return Object.fromEntries(sums);
}

/**
 * What is not known of one is not known of all.
 * @param {(number | null)[]} values
 */
function sum(values) {
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  if (!Number.isSafeInteger(total)) {
    throw malformed("the sum is past 2^53, where numbers are not exact");
  }
  return total;
}

/** @param {(number | null)[]} values */
function largest(values) {
  return values.reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)));
}

/** @param {import("../index.js").Snapshot[]} snapshots */
function checkBuild(snapshots) {
  const builds = new Set(snapshots.map(({ build_id }) => build_id));
  if (builds.size > 1) {
    throw new AllocinstrError(
      "different-builds",
      `snapshots of different builds (${[...builds].join(", ")}): site ids mean other sites in another ` +
        "build, so merge those of one build, and compare builds by their reports",
    );
  }
  if (snapshots.some(({ allocator_class: kind }) => kind !== snapshots[0].allocator_class)) {
    throw malformed("of one build with different allocator classes");
  }
}

/**
 * Each has to be there once, also within what was merged before.
 * @param {import("../index.js").Snapshot[]} snapshots
 */
function instancesOf(snapshots) {
  const seen = new Set();
  /** @type {[string, number][]} */
  const instances = [];
  for (const { instance, generation, merged } of snapshots) {
    if (!merged) instances.push([instance, generation]);
    else for (const each of merged) instances.push(each);
  }
  for (const [instance, generation] of instances) {
    const key = JSON.stringify([instance, generation]);
    if (seen.has(key)) {
      throw new AllocinstrError(
        "same-instance",
        `two snapshots of ${JSON.stringify(instance)} would count what it allocated twice: merge the ` +
          "last snapshot of each instance, and name instances apart with `attach(…, { name })`",
      );
    }
    seen.add(key);
  }
  return instances;
}

/**
 * Checks all that is summed: snapshots come from other threads, as JSON.
 * @param {import("../index.js").Snapshot} snapshot
 */
function check(snapshot) {
  if (snapshot?.format !== FORMAT) throw malformed(`format is not "${FORMAT}"`);
  if (snapshot.version !== VERSION) {
    throw new AllocinstrError(
      "unknown-version",
      `snapshot version ${JSON.stringify(snapshot.version)}; this package reads version ${VERSION}: ` +
        "use one release of the `allocinstr` package in all threads",
    );
  }
  const { totals, rows, memory_bytes: memoryBytes, generation, time_ms: time, gauges } = snapshot;
  if (typeof snapshot.build_id !== "string" || typeof snapshot.instance !== "string") {
    throw malformed("build_id or instance is no string");
  }
  if (!isCount(generation) || !isCount(time)) throw malformed("generation or time_ms is no count");
  if (!isCountOrNull(memoryBytes)) throw malformed("memory_bytes is no count");
  if (
    !ALWAYS_KNOWN.every((field) => isCount(totals?.[field])) ||
    !TOTALS.every((field) => isCountOrNull(totals[field]))
  ) {
    throw malformed("totals");
  }
  if (!Array.isArray(rows) || !rows.every(isRow)) throw malformed("rows");
  const { merged = [] } = snapshot;
  if (!Array.isArray(merged) || !merged.every(isInstance)) throw malformed("merged");
  if (!Object.values(gauges ?? { missing: null }).every(Number.isFinite)) throw malformed("gauges");
}

/** @param {unknown} row */
function isRow(row) {
  return (
    Array.isArray(row) &&
    row.length === 5 &&
    row.slice(0, 3).every(isCount) &&
    row.slice(3).every(isCountOrNull)
  );
}

/** @param {unknown} value */
function isInstance(value) {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && isCount(value[1])
  );
}

/** @param {unknown} value */
function isCount(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/** @param {unknown} value */
function isCountOrNull(value) {
  return value === null || isCount(value);
}

/** @param {string} what */
function malformed(what) {
  return new AllocinstrError("malformed-snapshot", `malformed snapshot: ${what}`);
}
