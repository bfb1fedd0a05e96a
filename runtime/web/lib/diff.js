// What one instance allocated between two snapshots.
import { AllocinstrError } from "./error.js";

/** @type {typeof import("../index.js").diff} */
export function diff(a, b) {
  same("different-builds", "build_id", a, b);
  same("different-instances", "instance", a, b);
  same("different-instances", "generation", a, b);
  same("different-instances", "merged", a, b);

  const before = new Map(a.rows.map((row) => [row[0], row]));
  const after = new Set(b.rows.map(([id]) => id));
  const lost = a.rows.find(([id]) => !after.has(id));
  if (lost) throw notLater(`site ${lost[0]}`);
  /** @type {import("../index.js").SnapshotRow[]} */
  const rows = [];
  for (const [id, ...fields] of b.rows) {
    const [, ...old] = before.get(id) ?? [id, 0, 0, 0, 0];
    const [count, bytes] = [fields[0] - old[0], fields[1] - old[1]];
    if (count < 0 || bytes < 0) throw notLater(`site ${id}`);
    const live = /** @type {const} */ ([2, 3]).map((field) => minus(fields[field], old[field]));
    if (count !== 0 || live.some((value) => value)) rows.push([id, count, bytes, live[0], live[1]]);
  }
  const totals = /** @type {any} */ ({});
  for (const field of /** @type {(keyof import("../index.js").Totals)[]} */ (
    Object.keys(b.totals)
  )) {
    totals[field] = minus(b.totals[field], a.totals[field]);
    if (!field.startsWith("live") && totals[field] < 0) throw notLater(field);
  }
  // What was gauged only once has no difference.
  const gauges = Object.keys(b.gauges).filter((name) => Object.hasOwn(a.gauges, name));
  return {
    build_id: b.build_id,
    instance: b.instance,
    generation: b.generation,
    allocator_class: b.allocator_class,
    from: { time_ms: a.time_ms, label: a.label },
    to: { time_ms: b.time_ms, label: b.label },
    totals,
    memory_bytes: minus(b.memory_bytes, a.memory_bytes),
    gauges: Object.fromEntries(gauges.map((name) => [name, b.gauges[name] - a.gauges[name]])),
    rows,
  };
}

/**
 * @param {import("../index.js").AllocinstrErrorCode} code
 * @param {"build_id" | "instance" | "generation" | "merged"} field
 * @param {import("../index.js").Snapshot} a
 * @param {import("../index.js").Snapshot} b
 */
function same(code, field, a, b) {
  const [one, two] = [a, b].map((snapshot) => JSON.stringify(snapshot[field] ?? null));
  if (one === two) return;
  throw new AllocinstrError(
    code,
    `${field} is ${one} in the first snapshot and ${two} in the second: only snapshots of one instance ` +
      "of one build, not restarted between them, have a difference",
  );
}

/** @param {string} what */
function notLater(what) {
  return new AllocinstrError(
    "not-later",
    `${what} counts less in the second snapshot than in the first: give the earlier one first`,
  );
}

/**
 * @param {number | null} after
 * @param {number | null} before
 */
function minus(after, before) {
  return after === null || before === null ? null : after - before;
}
