/**
 * Reads the allocation counters of a WebAssembly module that `allocinstr` instrumented.
 * The formats are described in `docs/formats.md` of the allocinstr repository.
 */
export * from "./record.js";
export * from "./send.js";

/**
 * Compiles a module as `WebAssembly.compile` and `WebAssembly.compileStreaming` do. On an engine
 * without multi-memory, where the module cannot load, it says so and what to do (`no-multi-memory`).
 */
export function compile(
  source: BufferSource | Response | PromiseLike<BufferSource | Response>,
): Promise<WebAssembly.Module>;

/**
 * Finds the counters of one instance. Counters are per instance, hence per thread; attaching costs
 * the program nothing, and any number of profiles may read one instance.
 *
 * @param module the instrumented module
 * @param instance an instance of that very module
 * @throws {AllocinstrError} when the module is not instrumented or its counters cannot be read
 */
export function attach(
  module: WebAssembly.Module,
  instance: WebAssembly.Instance,
  options?: AttachOptions,
): Profile;

/**
 * Reads the site table out of a module. Built with `--no-names`, a module has only its header.
 *
 * @throws {AllocinstrError} when the module is not instrumented or the table is malformed
 */
export function readSites(module: WebAssembly.Module): SiteTable | SiteTableHeader;

/**
 * Sums snapshots of several instances of one build, such as the threads of a program: as if one
 * instance had made all the allocations. The snapshots may come from other threads, as JSON.
 *
 * @param snapshots one of each instance; the last, where there are several
 * @throws {AllocinstrError} when they are of different builds (`different-builds`), two are of one
 *   instance (`same-instance`), or one is no snapshot (`malformed-snapshot`, `unknown-version`)
 */
export function merge(snapshots: Snapshot[], options?: MergeOptions): Snapshot;

/**
 * What one instance allocated between two snapshots: of every site, of the pool, and in all.
 *
 * @param a the earlier one
 * @param b the later one
 * @throws {AllocinstrError} when the snapshots are of different builds (`different-builds`), of different
 *   instances or generations (`different-instances`), or the other way round (`not-later`)
 */
export function diff(a: Snapshot, b: Snapshot): Diff;

/**
 * The sites that allocated most, by their names. Copies of one source allocation, made by unrolling or
 * inlining, are one line, as in `allocinstr report`.
 *
 * @param snapshot of any thread, or a difference
 * @param sites what `readSites` gives, or the parsed file that `--sites` wrote
 * @param n how many lines, or Infinity; @default 20
 * @throws {RangeError} when `n` is no whole number from 0, or `by` is neither bytes nor count
 * @throws {AllocinstrError} when the table is another build's (`different-builds`), has no names
 *   (`no-names`), or lacks a site (`malformed-snapshot`)
 */
export function top(
  snapshot: Snapshot | Diff,
  sites: SiteTable | SiteTableHeader,
  n?: number,
  options?: TopOptions,
): TopSite[];

export interface TopOptions {
  /**
   * What is most: bytes or allocations.
   * @default "bytes"
   */
  by?: "bytes" | "count";
}

/** A place in the source; line and column from 1 (0: unknown). */
export interface Place {
  function: string | null;
  file: string | null;
  line: number;
  column: number;
}

/** A source allocation, its copies added up. The overflow slot, which sites share, has nulls. */
export interface TopSite extends Place {
  /** Site ids. */
  ids: number[];
  /** Names the site across builds. */
  key: string | null;
  /** The inline chain, innermost first. */
  chain: Place[];
  kind: Site["kind"] | null;
  /** The function that is called. */
  callee: string | null;
  attribution: Attribution | null;
  /** True where the bytes cannot be known and are counted as 0. */
  count_only: boolean;
  /** Allocations. */
  alloc_count: number;
  /** Bytes allocated, freed ones included. */
  alloc_bytes: number;
}

/** What was allocated between two snapshots; `top` takes it, too. */
export interface Diff {
  build_id: string;
  instance: string;
  generation: number;
  allocator_class: AllocatorClass;
  /** When and in what state the earlier snapshot was taken; Unix time in milliseconds. */
  from: { time_ms: number; label: string | null };
  to: { time_ms: number; label: string | null };
  /** The later less the earlier. */
  totals: Totals;
  /** Growth of the memory in bytes. */
  memory_bytes: number | null;
  /** Of those that are in both. */
  gauges: Record<string, number>;
  /** The sites that allocated in between, by id. */
  rows: SnapshotRow[];
}

/**
 * Memory statistics in bytes, with the meaning of Go's `runtime.MemStats`; null where there is no source.
 */
export interface Stats {
  /** Bytes allocated since the start, freed ones included. */
  totalAlloc: number;
  /** Allocations since the start. */
  mallocs: number;
  /** Bytes in use. */
  heapInuse: number | null;
  /** Bytes taken from the engine. */
  sys: number | null;
  /** Where each is from. */
  source: Record<"totalAlloc" | "mallocs" | "heapInuse" | "sys", StatsSource>;
}

/**
 * The first of these that knows:
 * - `program`: the program's own, the exports `mem_stats_total_alloc`, `mem_stats_mallocs`, `mem_stats_heap_inuse` and
 *   `mem_stats_sys`: functions without parameters, or globals
 * - `counters`: ours; what is in use they know where the allocator never frees
 * - `memory`: the size of the exported memory
 */
export type StatsSource = "program" | "counters" | "memory";

export interface MergeOptions {
  /**
   * Name of the merged instance.
   * @default the names of all, joined by "+"
   */
  name?: string;
  /**
   * @default null
   */
  label?: string | null;
  /**
   * Whether the instances have one memory, as threads do. Then `memory_bytes` is that of the largest
   * reading, otherwise the sum.
   * @default false
   */
  sharedMemory?: boolean;
}

export interface AttachOptions {
  /**
   * Name of the instance, unique within a series of snapshots.
   * @default "instance-N", with N counting what was attached before
   */
  name?: string;
  /**
   * How many times this instance was restarted before.
   * @default 0
   */
  generation?: number;
  /**
   * The memory that the program imports, which counts in `memory_bytes` with those that it exports.
   * @default none
   */
  memory?: WebAssembly.Memory;
}

export interface Profile {
  /** Name of the instance. */
  readonly name: string;
  /** What was attached. */
  readonly module: WebAssembly.Module;
  readonly instance: WebAssembly.Instance;

  /**
   * Reads all counters now. The program goes on counting.
   *
   * @throws {AllocinstrError} when a counter is past 2^53 (`malformed-counters`)
   * @throws {RangeError} when a gauge is no finite number
   */
  snapshot(options?: SnapshotOptions): Snapshot;

  /**
   * Reads all counters now, as `snapshot` does, and only sums them: for what watches often.
   *
   * @throws {AllocinstrError} when a counter is past 2^53 (`malformed-counters`)
   */
  totals(): Totals;

  /**
   * The sites that allocated most, by their names, which are read when first asked for.
   *
   * @param n how many lines; @default 20
   * @throws {AllocinstrError} when the module was built with `--no-names` (`no-names`)
   */
  top(n?: number, options?: TopOptions): Promise<TopSite[]>;

  /**
   * Memory statistics, each from the best source there is.
   *
   * @throws {AllocinstrError} when an export of the program is no statistic (`malformed-stats`)
   */
  stats(): Promise<Stats>;
}

export interface SnapshotOptions {
  /**
   * What the program was doing, in the caller's words.
   * @default null
   */
  label?: string | null;
  /**
   * Other things that the host counts, by name.
   * @default {}
   */
  gauges?: Record<string, number>;
}

/** The counters of one instance at one time, ready for `JSON.stringify`; a series is NDJSON. */
export interface Snapshot {
  format: "allocinstr-snapshot";
  version: 1;
  /** Names the site table that the rows belong to. */
  build_id: string;
  /** Name of the instance. */
  instance: string;
  /** Restarts of the instance. */
  generation: number;
  /** Unix time in milliseconds. */
  time_ms: number;
  label: string | null;
  allocator_class: AllocatorClass;
  totals: Totals;
  /** Size of the program's own memory in bytes; null where none is exported or given. */
  memory_bytes: number | null;
  /** Other things that the host counts, by name. */
  gauges: Record<string, number>;
  /** The sites that allocated, by id. */
  rows: SnapshotRow[];
  /** What `merge` summed, where it did. */
  merged?: [instance: string, generation: number][];
}

/** Everything that the instance allocated: all rows and the unattributed pool. */
export interface Totals {
  /** Allocations. */
  alloc_count: number;
  /** Bytes allocated since the start, freed ones included. */
  alloc_bytes: number;
  /** Allocations not freed; null where frees are not tracked. */
  live_count: number | null;
  /** Bytes not freed; null where frees are not tracked. */
  live_bytes: number | null;
  /** Allocations that belong to no site. */
  unattributed_count: number;
  /** Bytes that belong to no site. */
  unattributed_bytes: number;
}

/** Site id, allocations, bytes, and the allocations and bytes not freed (null: not tracked). */
export type SnapshotRow = [
  id: number,
  alloc_count: number,
  alloc_bytes: number,
  live_count: number | null,
  live_bytes: number | null,
];

/** `never-frees`: bytes are the growth. `frees-untracked`: bytes are churn. */
export type AllocatorClass = "never-frees" | "frees-untracked";

/** What every site table holds, even with `--no-names`. */
export interface SiteTableHeader {
  format: "allocinstr-sites";
  version: 1;
  /** Hash of the input and of the options that change counting, 32 hex digits. */
  build_id: string;
  allocator_class: AllocatorClass;
  /** Where the counters are: `memory` or `globals`. */
  storage: string;
  /** How many sites have counters, overflow slot included. */
  slots: number;
}

export interface SiteTable extends SiteTableHeader {
  /** The allocator model. */
  model: string;
  /** `requested`, or `heap`: rounded and with headers, as the heap spends them. */
  bytes: "requested" | "heap";
  /** What `-print-allocs` selected. */
  regex: string;
  attribute: Attribution;
  /** The program's function that counts instead (`--log-fn`). */
  log_fn: string | null;
  /** The slot that sites past `-print-allocs-max-sites` share, and how many they are. */
  overflow: { id: number; sites: number };
  /** Every string once. */
  names: string[];
  /** Function and file, as indices into `names`, and line and column from 1 (0: unknown). */
  frames: [function: number | null, file: number | null, line: number, column: number][];
  sites: Site[];
}

/** A selected call that allocates. */
export interface Site {
  /** Index of its counters; sites past the cap share `overflow.id`. */
  id: number;
  /** Names the site across builds, 16 hex digits. */
  key: string;
  /** The frame that is reported, an index into `frames`. */
  frame: number;
  /** The inline chain, innermost first, indices into `frames`. */
  chain: number[];
  kind: "alloc" | "slice" | "map" | "chan" | "append" | "string" | "call" | "host";
  /** The function that is called, an index into `names`. */
  callee: number;
  attribution: Attribution;
  /** Bytes of one allocation where constant. */
  size: number | null;
  /** True where the bytes cannot be known and are counted as 0. */
  count_only?: boolean;
  /** Of the call, in bytes, in the file of the module that was instrumented. */
  offset: number;
}

export type Attribution = "direct" | "through" | "dispatch" | "host";

export class AllocinstrError extends Error {
  readonly name: "AllocinstrError";
  readonly code: AllocinstrErrorCode;
  constructor(code: AllocinstrErrorCode, message: string, options?: ErrorOptions);
}

/**
 * - `not-instrumented`: the module has no custom section `allocinstr`
 * - `malformed-sites`: the section is no site table
 * - `unknown-version`: a newer or older release wrote the table or the counters
 * - `unknown-storage`: the counters are kept neither in a memory nor in globals
 * - `no-counters`: the instance does not export the memory or function `allocinstr`
 * - `slots-mismatch`: module and instance come from different builds
 * - `malformed-counters`: what is exported holds no counters, or one that is past 2^53
 * - `malformed-snapshot`: what is to be merged is no snapshot, or a sum is past 2^53
 * - `different-builds`: snapshots of different builds do not belong together
 * - `same-instance`: two of the snapshots to merge are of one instance
 * - `log-fn`: built with `--log-fn`, the program counts for itself
 * - `different-instances`: snapshots of different instances or generations have no difference
 * - `not-later`: the second snapshot of a difference is the earlier one
 * - `no-names`: built with `--no-names`, the site table is elsewhere
 * - `malformed-stats`: an export named like a statistic is none
 * - `not-sent`: the server did not take the snapshots
 * - `no-multi-memory`: the engine cannot load the module; rebuild with `--storage globals`
 * - `unknown-handle`: a handle that the table never gave out
 * - `stale-handle`: a handle whose object was released
 * - `handles-full`: the table has no id left for a new object
 * - `busy`: as many requests to a worker are unanswered as may be
 * - `timeout`: a worker did not answer in time
 * - `connect-timeout`: a worker did not take up the connection in time
 * - `config-mismatch`: page and worker are configured differently, or of releases that cannot talk
 * - `worker-failed`: a worker's script failed before it took up the connection
 * - `worker-gone`: a worker was terminated or has ended, or the bridge to it was closed
 * - `unknown-request`: a worker serves no function of that name
 * - `request-failed`: a function that a worker serves failed
 */
export type AllocinstrErrorCode =
  | "not-instrumented"
  | "malformed-sites"
  | "unknown-version"
  | "unknown-storage"
  | "no-counters"
  | "slots-mismatch"
  | "malformed-counters"
  | "malformed-snapshot"
  | "different-builds"
  | "same-instance"
  | "different-instances"
  | "not-later"
  | "no-names"
  | "malformed-stats"
  | "not-sent"
  | "log-fn"
  | "no-multi-memory"
  | "unknown-handle"
  | "stale-handle"
  | "handles-full"
  | "busy"
  | "timeout"
  | "connect-timeout"
  | "config-mismatch"
  | "worker-failed"
  | "worker-gone"
  | "unknown-request"
  | "request-failed";
