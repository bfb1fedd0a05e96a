// A series of snapshots that stays small, however long it goes on.
import { send } from "./send.js";

// A longer one is taken for 1 ms.
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

/** @type {typeof import("../record.js").record} */
export function record(
  profile,
  { intervalMs = 10_000, limit = 360, url, onError = console.warn } = {},
) {
  if (!(intervalMs > 0 && intervalMs <= LONGEST_INTERVAL_MS)) {
    throw new RangeError(`intervalMs is ${intervalMs}, not above 0 and at most 2^31 - 1`);
  }
  if (!Number.isSafeInteger(limit) || limit < 2) {
    throw new RangeError(`limit is ${limit}, not a whole number from 2`);
  }
  /** @type {import("../index.js").Snapshot[]} */
  let snapshots = [];
  /** @type {WeakMap<import("../index.js").Snapshot, { ms: number, order: number }>} by a clock that nobody sets */
  const taken = new WeakMap();
  let order = 0;
  let interval = intervalMs;
  /** @type {ReturnType<typeof setInterval>} */
  let timer;
  let sentCount = -1;
  let stopped = false;

  /** @param {number} ms */
  function every(ms) {
    clearInterval(timer);
    if (stopped) return;
    interval = ms;
    timer = setInterval(attempt, ms, tick);
    // In Node, recording is no reason to go on.
    if (typeof timer === "object") timer.unref();
  }

  /** @param {import("../index.js").Snapshot[]} all in the order of time */
  function keep(all) {
    snapshots = all;
    while (snapshots.length > limit) snapshots.splice(leastMissed(), 1);
  }

  /** Which of all but the oldest and the newest leaves the smallest gap: so the whole time stays covered. */
  function leastMissed() {
    let least = 1;
    let smallest = gap(0, 2);
    for (let i = 2; i < snapshots.length - 1; i++) {
      const { ms, order } = gap(i - 1, i + 1);
      if (ms < smallest.ms || (ms === smallest.ms && order < smallest.order)) {
        least = i;
        smallest = { ms, order };
      }
    }
    return least;
  }

  /**
   * @param {number} from index
   * @param {number} to index
   */
  function gap(from, to) {
    const [a, b] = [from, to].map((i) => /** @type {any} */ (taken.get(snapshots[i])));
    return { ms: b.ms - a.ms, order: b.order - a.order };
  }

  /** @param {import("../index.js").SnapshotOptions} [options] */
  function sample(options) {
    const snapshot = profile.snapshot(options);
    taken.set(snapshot, { ms: performance.now(), order: order++ });
    keep([...snapshots, snapshot]);
    return snapshot;
  }

  function tick() {
    sample();
    if (snapshots.length < limit) return;
    // Those that are kept are that far apart; what is taken by hand in between changes no pace.
    const { ms } = gap(0, limit - 1);
    let slower = interval;
    while (slower * (limit - 1) < ms) slower *= 2;
    if (slower !== interval) every(Math.min(slower, LONGEST_INTERVAL_MS));
  }

  async function flush() {
    if (url === undefined) throw new TypeError("there is no `url` to flush the recording to");
    const { totals } = sample();
    const batch = snapshots;
    // A page that hides says so up to three times.
    if (batch.length === 1 && totals.alloc_count === sentCount) {
      snapshots = [];
      return { answered: 0, queued: 0, unsent: [], errors: [] };
    }
    sentCount = totals.alloc_count;
    snapshots = [];
    every(intervalMs);
    const report = await send(url, batch);
    if (report.unsent.length > 0) keep([...report.unsent, ...snapshots]);
    return report;
  }
  /** @param {() => unknown} action */
  async function attempt(action) {
    try {
      await action();
    } catch (error) {
      // It would be the same every time.
      stop();
      onError(error);
    }
  }

  function stop() {
    stopped = true;
    clearInterval(timer);
    page?.removeEventListener("visibilitychange", hide);
    globalThis.removeEventListener?.("pagehide", hide);
  }

  /** @param {Event} event */
  function hide({ type }) {
    const isShown = type === "visibilitychange" && page.visibilityState === "visible";
    if (isShown || url === undefined) return;
    attempt(async () => (await flush()).errors.forEach((error) => onError(error)));
  }

  // Of a mobile browser that is closed, only the first is sure to come; of a page that is left, some tell only the second.
  const page = globalThis.document;
  page?.addEventListener("visibilitychange", hide);
  globalThis.addEventListener?.("pagehide", hide);
  every(intervalMs);

  return {
    get snapshots() {
      return [...snapshots];
    },
    get intervalMs() {
      return interval;
    },
    sample,
    flush,
    stop,
  };
}
