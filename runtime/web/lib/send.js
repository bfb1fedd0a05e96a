// Snapshots to a server, from a page that may be about to close.
import { AllocinstrError } from "./error.js";

// What may outlive a page, of all its requests together: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
const KEPT_ALIVE_BYTES = 65_536;

/** @type {typeof import("../send.js").send} */
export async function send(url, snapshots) {
  const parts = split(snapshots);
  // All have begun before the first is awaited: what is left for later is lost with the page.
  const outcomes = await Promise.allSettled(parts.map(({ text, bytes }) => post(url, text, bytes)));
  /** @type {import("../send.js").SendReport} */
  const report = { answered: 0, queued: 0, unsent: [], errors: [] };
  outcomes.forEach((outcome, i) => {
    const part = parts[i].snapshots;
    if (outcome.status === "fulfilled") {
      report[outcome.value] += part.length;
    } else {
      report.unsent.unshift(...part);
      report.errors.push(outcome.reason);
    }
  });
  return report;
}

/**
 * NDJSON in parts that may outlive the page, each in the order of time. The newest is the first to go: where only
 * some can, it says most, since counters only grow.
 * @param {import("../index.js").Snapshot[]} snapshots
 */
function split(snapshots) {
  const parts = [];
  let part = { snapshots: /** @type {typeof snapshots} */ ([]), text: "", bytes: 0 };
  for (const snapshot of snapshots.toReversed()) {
    const line = `${JSON.stringify(snapshot)}\n`;
    const { length } = new TextEncoder().encode(line);
    if (part.bytes > 0 && part.bytes + length > KEPT_ALIVE_BYTES) {
      parts.push(part);
      part = { snapshots: [], text: "", bytes: 0 };
    }
    part.snapshots.unshift(snapshot);
    part.text = line + part.text;
    part.bytes += length;
  }
  if (part.bytes > 0) parts.push(part);
  return parts;
}

/**
 * As plain text, which goes to a server of another origin without asking it first.
 * @param {string} url
 * @param {string} body
 * @param {number} bytes
 */
async function post(url, body, bytes) {
  const fits = bytes <= KEPT_ALIVE_BYTES;
  const hasBeacon = typeof globalThis.navigator?.sendBeacon === "function";
  if (hasBeacon && fits && navigator.sendBeacon(url, body)) return "queued";
  const ordinary = () => fetch(url, { method: "POST", body, keepalive: false });
  // Workers have no beacons. Where one was refused there is no room for another request that outlives the page.
  // A refused `keepalive` fails as what does not arrive does: either is tried once more.
  const response = await (fits && !hasBeacon
    ? fetch(url, { method: "POST", body, keepalive: true }).catch(ordinary)
    : ordinary());
  if (!response.ok) throw new AllocinstrError("not-sent", `${url} answered ${response.status}`);
  return "answered";
}
