import type { Snapshot } from "./index.js";

/**
 * Posts snapshots as NDJSON, such that a page may close meanwhile: by `navigator.sendBeacon`, and by
 * `fetch` with `keepalive` in a worker. Browsers let 64 KiB in all outlive a page, so what is more is sent in parts,
 * the newest first; what does not fit, or is refused, by an ordinary `fetch`, which the page has to wait for.
 *
 * All requests have begun when it returns. The promise is kept when they have ended, whatever came of them.
 *
 * Delivery is at least once: whose answer cannot be read is `unsent`, even if it arrived. A server of another origin has to
 * allow the page's (`Access-Control-Allow-Origin`), or what no beacon took counts as unsent every time.
 */
export function send(url: string, snapshots: Snapshot[]): Promise<SendReport>;

export interface SendReport {
  /** Snapshots that the server answered with success. */
  answered: number;
  /** Snapshots that the browser took as beacons; nobody is told what becomes of them. */
  queued: number;
  /** Snapshots that were not sent, in their order. */
  unsent: Snapshot[];
  /** Why not, one for each request. */
  errors: unknown[];
}
