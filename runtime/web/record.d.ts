import type { Profile, Snapshot, SnapshotOptions } from "./index.js";
import type { SendReport } from "./send.js";

/**
 * Takes a snapshot now and then. Of a recording past its limit the snapshot is dropped that leaves the smallest gap, never the
 * oldest or the newest: the whole time stays covered. The interval doubles when `limit` snapshots no longer cover that time; what
 * `sample` takes in between does not change it.
 *
 * With a `url`, a page that hides (`visibilitychange`, `pagehide`) takes a last snapshot and sends all that was not
 * sent; the recording goes on. Worker threads are not told that their page hides.
 *
 * A recording keeps its profile, hence the instance, until it is stopped and dropped.
 */
export function record(profile: Pick<Profile, "snapshot">, options?: RecordOptions): Recording;

export interface RecordOptions {
  /**
   * Milliseconds between snapshots, at first.
   * @default 10_000
   */
  intervalMs?: number;
  /**
   * How many snapshots are kept, at least 2.
   * @default 360
   */
  limit?: number;
  /**
   * Where they are sent, as NDJSON.
   * @default none
   */
  url?: string | undefined;
  /**
   * Told why a snapshot failed, which ends the recording, or why some could not be sent when the page hid, which are
   * kept for the next time.
   * @default console.warn
   */
  onError?: (error: unknown) => void;
}

export interface Recording {
  /** Those that were not sent, in the order of time. */
  readonly snapshots: Snapshot[];
  /** Milliseconds between snapshots, as it is now. */
  readonly intervalMs: number;
  /** Takes one now, besides. */
  sample(options?: SnapshotOptions): Snapshot;
  /**
   * Takes one and sends all. What was not sent is kept. Nothing is sent where nothing was allocated since the
   * last time.
   */
  flush(): Promise<SendReport>;
  /** Ends it; `snapshots` are still there. */
  stop(): void;
}
