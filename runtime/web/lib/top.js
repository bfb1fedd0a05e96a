// Which sites allocate most, by the names in the site table: docs/formats.md, section 2.
import { AllocinstrError } from "./error.js";
import { readSites } from "./sites.js";

const TOP = 20;

/** @type {WeakMap<WebAssembly.Module, import("../index.js").SiteTable | import("../index.js").SiteTableHeader>} */
const tables = new WeakMap();

/**
 * Kept, because names are asked for again and again by those who show them.
 * @param {import("../index.js").Profile} profile
 */
export function tableOf({ module }) {
  let table = tables.get(module);
  if (!table) {
    table = readSites(module);
    tables.set(module, table);
  }
  return table;
}

/**
 * @param {import("../index.js").Profile} profile
 * @param {number} [n]
 * @param {import("../index.js").TopOptions} [options]
 */
export function topOf(profile, n, options) {
  return top(profile.snapshot(), tableOf(profile), n, options);
}

/** @type {typeof import("../index.js").top} */
export function top(snapshot, sites, n = TOP, { by = "bytes" } = {}) {
  const table = named(sites);
  if (snapshot.build_id !== table.build_id) {
    throw new AllocinstrError(
      "different-builds",
      `the snapshot is of build ${snapshot.build_id} and the site table of ${table.build_id}: site ` +
        "ids mean other sites in another build",
    );
  }
  if (by !== "bytes" && by !== "count") {
    throw new RangeError(`by is ${JSON.stringify(by)}, not "bytes" or "count"`);
  }
  // All lines are `Infinity`.
  if (!(n >= 0 && Math.floor(n) === n))
    throw new RangeError(`n is ${n}, not a whole number from 0`);
  const field = by === "bytes" ? "alloc_bytes" : "alloc_count";
  const other = by === "bytes" ? "alloc_count" : "alloc_bytes";

  const byId = new Map(table.sites.map((site) => [site.id, site]));
  /** @type {Map<string | null, import("../index.js").TopSite>} */
  const merged = new Map();
  for (const [id, count, bytes] of snapshot.rows) {
    const isOverflow = id === table.overflow.id;
    const site = byId.get(id);
    if (!site && !isOverflow) {
      throw new AllocinstrError("malformed-snapshot", `site ${id} is not in the site table`);
    }
    // Copies of one source allocation share a key.
    const key = isOverflow ? null : /** @type {import("../index.js").Site} */ (site).key;
    let line = merged.get(key);
    if (!line) {
      line = isOverflow ? overflow(table) : describe(table, /** @type {any} */ (site));
      merged.set(key, line);
    }
    line.ids.push(id);
    line.alloc_count += count;
    line.alloc_bytes += bytes;
  }
  return [...merged.values()]
    .sort((a, b) => b[field] - a[field] || b[other] - a[other] || a.ids[0] - b.ids[0])
    .slice(0, n);
}

/**
 * @param {import("../index.js").SiteTable} table
 * @param {number} frame
 * @returns {import("../index.js").Place}
 */
export function placeOf({ names, frames }, frame) {
  const nameOf = (/** @type {number | null} */ index) => (index === null ? null : names[index]);
  const [func, file, line, column] = frames[frame];
  return { function: nameOf(func), file: nameOf(file), line, column };
}

/**
 * @param {import("../index.js").SiteTable} table
 * @param {import("../index.js").Site} site
 * @returns {import("../index.js").TopSite}
 */
function describe(table, site) {
  const resolve = (/** @type {number} */ frame) => placeOf(table, frame);
  return {
    ids: [],
    key: site.key,
    ...resolve(site.frame),
    chain: site.chain.map(resolve),
    kind: site.kind,
    callee: table.names[site.callee],
    attribution: site.attribution,
    count_only: site.count_only ?? false,
    alloc_count: 0,
    alloc_bytes: 0,
  };
}

/**
 * @param {import("../index.js").SiteTable} table
 * @returns {import("../index.js").TopSite}
 */
function overflow({ overflow }) {
  return {
    ids: [],
    key: null,
    function: `<overflow> (${overflow.sites} sites)`,
    file: null,
    line: 0,
    column: 0,
    chain: [],
    kind: null,
    callee: null,
    attribution: null,
    count_only: false,
    alloc_count: 0,
    alloc_bytes: 0,
  };
}

/** @param {import("../index.js").SiteTable | import("../index.js").SiteTableHeader} table */
function named(table) {
  if ("sites" in table) return table;
  throw new AllocinstrError(
    "no-names",
    "the module was instrumented with `--no-names`: read the file that `--sites` wrote, and call " +
      "`top(snapshot, sites)` with that",
  );
}
