/**
 * Reads the counters of wasm that runs in a dedicated Worker from the page:
 *
 *     import { wrapWorker } from "allocinstr/bridge";
 *     const { worker, bridge } = wrapWorker("app-worker.js", { type: "module" });
 *     const [snapshot] = await bridge.request("snapshot", { label: "loaded" });
 *
 * `worker` is what `new Worker("app-worker.js", …)` gives: its messages are the app's alone. The bridge has
 * a MessageChannel of its own. Where `__moxie_instrument` is set, Moxie's functions on the page add up what the worker
 * answers.
 */
import type { Snapshot, SnapshotOptions, Stats, TopOptions, TopSite, Totals } from "./index.js";
import type { AllocCounters, MemStats } from "./moxie.js";

/** What both ends must agree on. */
export interface BridgeConfig {
  /**
   * Version of the messages. Two releases that differ in it cannot talk.
   * @default 1
   */
  protocol: number;
  /**
   * Requests that may be unanswered at a time, those that timed out included: the worker has them still.
   * @default 8192
   */
  maxPending: number;
  /**
   * Time for an answer, in milliseconds, from when the request is sent: one that waits for the connection has `connectTimeoutMs`.
   * @default 5000
   */
  timeoutMs: number;
  /**
   * Time for the worker to load the hook and take up the connection, in milliseconds.
   * @default 5000
   */
  connectTimeoutMs: number;
}

/** The defaults. */
export const BRIDGE_CONFIG: Readonly<BridgeConfig>;

/**
 * The defaults with changes: one object for both ends, in a module that both import.
 *
 * @throws {RangeError} when a value is not a whole number from 1 to 2147483647, the longest time of a timer
 */
export function bridgeConfig(changes?: Partial<BridgeConfig>): Readonly<BridgeConfig>;

/**
 * `new Worker(url, options)` with the hook loaded before the app's script, which stays as it is. `url` is
 * relative to the page, the app's relative URLs are relative to its own script, and `self.location` is
 * that script's.
 *
 * The worker's script is the package's `worker.js` or, for a classic worker, `worker-script.js`. It has to be of the
 * page's origin; no `blob:` is used. Where `url` is a TrustedScriptURL, a policy named `allocinstr` makes one of the hook.
 */
export function wrapWorker(
  url: string | URL,
  options?: WorkerOptions & BridgeOptions,
): { worker: Worker; bridge: Bridge };

/**
 * Connects to a worker whose own script loads the hook first, such as a wrapper beside it:
 *
 *     import "/node_modules/allocinstr/worker.js";
 *     import "./app-worker.js";
 *
 * A worker without the hook takes the first message for one of the app.
 */
export function connect(worker: Worker, options?: BridgeOptions): Bridge;

export interface BridgeOptions {
  /** @default BRIDGE_CONFIG */
  config?: Readonly<BridgeConfig>;
}

/** What the hook answers. Those that give an array have an element in it for each instrumented instance. */
export interface StandardFunctions {
  /** As `__moxie_read_alloc_counters` of the worker would. */
  readAllocCounters(): AllocCounters;
  /** As `__moxie_mem_stats` of the worker would. */
  memStats(): MemStats;
  snapshot(options?: SnapshotOptions): Snapshot[];
  /** `Profile.stats()` of the instance `name`. */
  stats(): { name: string; stats: Stats }[];
  /** `Profile.top(n, options)` of the instance `name`. */
  top(n?: number, options?: TopOptions): { name: string; top: TopSite[] }[];
  /** The totals alone, of the instance `name`: for what watches often. */
  counters(): { name: string; totals: Totals }[];
}

export interface Bridge {
  /**
   * Kept when the worker has taken up the connection, and Moxie's functions, if wanted, answer for it. Rejected with `connect-timeout`, `config-mismatch`,
   * or `worker-failed`, or `worker-gone`. After the first and the third the bridge goes on trying to.
   */
  readonly ready: Promise<void>;

  /**
   * Calls a function that the worker serves. What it takes and gives is cloned.
   *
   * @throws {AllocinstrError} always as a rejection:
   *   `busy`: `maxPending` requests are unanswered;
   *   `timeout`: no answer within `timeoutMs`, whatever comes later is ignored;
   *   `connect-timeout`, `config-mismatch`, `worker-failed`: not connected;
   *   `worker-gone`: it was terminated or has ended, or the bridge is closed;
   *   `unknown-request`: the worker serves no such function;
   *   `request-failed`: the function threw, and `cause` has the error's `name`, `code` and `message`; or what it takes
   *   or gives cannot be cloned. An AllocinstrError of the function keeps its code where that is none of these.
   */
  request<Name extends keyof StandardFunctions>(
    name: Name,
    ...args: Parameters<StandardFunctions[Name]>
  ): Promise<ReturnType<StandardFunctions[Name]>>;
  request(name: string, ...args: unknown[]): Promise<any>;

  /** How the requests fare. */
  stats(): BridgeStats;

  /** Rejects what is pending and leaves the worker alone. */
  close(): void;
}

/**
 * Many pending with a small `oldestMs`: asked faster than answered. A large `oldestMs`: the worker does not
 * answer at all, and no larger `maxPending` would help.
 */
export interface BridgeStats {
  connected: boolean;
  /** Unanswered requests now. */
  pending: number;
  /** How many of `pending` have timed out. */
  abandoned: number;
  maxPending: number;
  /** Age of the oldest pending request in milliseconds; null without one. */
  oldestMs: number | null;
  /** Since the start: taken, refused as `busy`, answered in time, timed out, and answered too late. */
  accepted: number;
  refused: number;
  answered: number;
  timedOut: number;
  late: number;
  /** Half of the last 1024 answers, late ones included, took at most this many milliseconds. */
  p50Ms: number | null;
  /** 99 % of them took at most this. */
  p99Ms: number | null;
}
