// The names that Moxie's tools know: `__moxie_read_alloc_counters`, `__moxie_mem_stats`, `__moxie_alloc_log`.
import { AllocinstrError } from "./error.js";
import { createLog } from "./log.js";
import { connectMoxie, oncePerThread } from "./remotes.js";
import { statsOf } from "./stats.js";
import { thread } from "./thread.js";
import { placeOf, tableOf } from "./top.js";

/** @typedef {import("../moxie.js").AllocCounters} AllocCounters */
/** @typedef {import("../moxie.js").MemStats} MemStats */
/** @typedef {import("../moxie.js").ThreadCounters} ThreadCounters */

export { connectMoxie };

/** @type {typeof import("../moxie.js").moxieOf} */
export function moxieOf(profiles) {
  return {
    readAllocCounters: () => addCounters(profiles().map(countersOf)),
    memStats: () => addStats(profiles().map(statsOf)),
  };
}

/** @type {typeof import("../moxie.js").installMoxie} */
export function installMoxie(profiles, given = {}) {
  const early = /** @type {any} */ (given);
  const here = moxieOf(profiles);
  /**
   * At once where no program is in another thread.
   * @template T
   * @param {"readAllocCounters" | "memStats"} name
   * @param {(answers: T[]) => T} add
   */
  const everywhere = (name, add) => () => {
    if (thread().remotes.size === 0) return add([/** @type {T} */ (here[name]())]);
    return askAll(name, /** @type {() => T} */ (here[name])).then(add);
  };
  const log = createLog();
  /** @type {Record<string, unknown>} */
  const globals = {
    __moxie_read_alloc_counters: everywhere("readAllocCounters", countersOfAll),
    __moxie_mem_stats: everywhere("memStats", addStats),
    __moxie_alloc_log: log,
  };
  const scope = /** @type {any} */ (globalThis);
  for (const [name, value] of Object.entries(globals)) {
    // A program that brings its own keeps it.
    if (!(name in scope) || scope[name] === early[name]) scope[name] = value;
  }
  if (early.__moxie_alloc_log) {
    log.push(...early.__moxie_alloc_log);
    // Whoever has taken that one still logs.
    early.__moxie_alloc_log.push = log.push;
  }
}

/**
 * @template T
 * @param {"readAllocCounters" | "memStats"} name
 * @param {() => T} here
 * @returns {Promise<T[]>} of this thread and each other
 */
async function askAll(name, here) {
  const { remotes } = thread();
  const asked = oncePerThread([...remotes].map((remote) => ({ remote })));
  const own = here();
  try {
    const others = await Promise.all(
      asked.map(async ({ remote }) => ({ remote, answer: await ask(remote, name) })),
    );
    // Whose bridges they are is known for certain when they have answered.
    return [own, ...oncePerThread(others).map(({ answer }) => /** @type {T} */ (answer))];
  } catch (error) {
    // One that has left meanwhile has no programs any more, or another bridge.
    if (asked.some(({ remote }) => !remotes.has(remote))) return askAll(name, here);
    throw error;
  }
}

/**
 * @param {import("../moxie.js").MoxieRemote} remote
 * @param {"readAllocCounters" | "memStats"} name
 */
async function ask(remote, name) {
  try {
    return await remote[name]();
  } catch (error) {
    if (remote.name === undefined || !(error instanceof Error)) throw error;
    const { code, message } = /** @type {AllocinstrError} */ (error);
    throw new AllocinstrError(code, `${remote.name}: ${message}`, { cause: error });
  }
}

/**
 * @param {import("../index.js").Profile} profile
 * @returns {ThreadCounters}
 */
function countersOf(profile) {
  const { rows, totals, build_id } = profile.snapshot();
  const table = tableOf(profile);
  const named = "sites" in table ? new Map(table.sites.map((site) => [site.id, site])) : null;
  /** @type {ThreadCounters} */
  const counters = {
    sites: [],
    overflow: { count: 0, bytes: 0 },
    unattributed: { count: totals.unattributed_count, bytes: totals.unattributed_bytes },
  };
  for (const [id, count, bytes] of rows) {
    // The overflow slot is the last.
    if (id === table.slots - 1) {
      counters.overflow = { count, bytes };
    } else {
      const site = named?.get(id);
      const name = site ? nameOf(/** @type {any} */ (table), site) : `site ${id}`;
      counters.sites.push({ build_id, id, name, count, bytes });
    }
  }
  return counters;
}

/**
 * @param {import("../index.js").SiteTable} table
 * @param {import("../index.js").Site} site
 */
function nameOf(table, site) {
  const { function: name, file, line } = placeOf(table, site.frame);
  const where = file === null ? "" : ` (${file}:${line})`;
  return `${name ?? ""}${where} → ${table.names[site.callee]}`;
}

/**
 * What tools are shown, who know of no builds.
 * @param {ThreadCounters[]} all
 * @returns {AllocCounters}
 */
function countersOfAll(all) {
  const { sites, ...shared } = addCounters(all);
  return {
    sites: sites.map(({ id, name, count, bytes }) => ({ id, name, count, bytes })),
    ...shared,
  };
}

/**
 * Instances of one build have the same sites, and of another others, even where none has a name.
 * @param {ThreadCounters[]} all
 * @returns {ThreadCounters}
 */
function addCounters(all) {
  /** @type {Map<string, ThreadCounters["sites"][number]>} */
  const sites = new Map();
  for (const site of all.flatMap(({ sites }) => sites)) {
    const key = `${site.build_id} ${site.id} ${site.name}`;
    const same = sites.get(key);
    if (same) Object.assign(same, addCounts([same, site]));
    else sites.set(key, { ...site });
  }
  return {
    sites: [...sites.values()],
    overflow: addCounts(all.map(({ overflow }) => overflow)),
    unattributed: addCounts(all.map(({ unattributed }) => unattributed)),
  };
}

/** @param {{ count: number, bytes: number }[]} all */
function addCounts(all) {
  const total = { count: 0, bytes: 0 };
  for (const { count, bytes } of all) {
    total.count += count;
    total.bytes += bytes;
  }
  return total;
}

/**
 * What is not known of one is not known of all.
 * @param {MemStats[]} all
 * @returns {MemStats}
 */
function addStats(all) {
  const total = /** @type {any} */ ({});
  for (const field of /** @type {const} */ (["totalAlloc", "mallocs", "heapInuse", "sys"])) {
    const values = all.map((stats) => stats[field]);
    total[field] = values.includes(null)
      ? null
      : values.reduce(
          (sum, value) => /** @type {number} */ (sum) + /** @type {number} */ (value),
          0,
        );
  }
  return total;
}
