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
    timer = setInterval(attempt, ms, sample);
    // In Node, recording is no reason to go on.
    if (typeof timer === "object") timer.unref();
  }

  /** @param {import("../index.js").Snapshot[]} all in the order of time */
  function keep(all) {
    snapshots = all;
    // All the time stays covered, by every second one, and from here on they come half as often.
    while (snapshots.length > limit) {
      const last = snapshots.length - 1;
      snapshots = snapshots.filter((_, i) => i % 2 === 0 || i === last);
      every(Math.min(interval * 2, LONGEST_INTERVAL_MS));
    }
  }

  /** @param {import("../index.js").SnapshotOptions} [options] */
  function sample(options) {
    const snapshot = profile.snapshot(options);
    keep([...snapshots, snapshot]);
    return snapshot;
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
