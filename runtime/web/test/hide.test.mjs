// What only a page has: it hides, it has beacons, and it loads classic scripts.
import assert from "node:assert/strict";
import test from "node:test";
import { inPage } from "./in-page.mjs";
import { FEED, instrument } from "./instrumented.mjs";

// Another page in a frame, which the first one takes away: it hides as pages do that are left.
const FRAME = `
<!doctype html>
<script src="/auto-script.js"></script>
<script src="/frame-app.js"></script>
<script type="module" src="/frame-record.js"></script>
`;
const FRAME_APP = `
globalThis.app = WebAssembly.instantiateStreaming(fetch("/feed.wasm?token=1")).then(({ instance }) => instance.exports);
`;
const FRAME_RECORD = `
import { record } from "/lib/record.js";
const { load } = await app;
const { profiles } = await globalThis[Symbol.for("allocinstr")].ready;
const recording = record(profiles()[0], { url: "/collected/" + location.hash.slice(1) });
load(100);
recording.sample({ label: "é".repeat(Number(location.hash.slice(1)) / 2) });
load(1);
parent.postMessage("recorded", "*");
`;

const SCRIPT = `
import { send } from "/lib/send.js";

/** What has arrived at an address, when that many requests have. */
const arrived = async (path, count) => (await fetch("/arrived/" + count + path)).json();
const bytes = (body) =>
  body.trimEnd().split("\\n").map((line) => JSON.parse(line).totals.alloc_bytes);

/** What a frame sends when it goes whose snapshots are of so many bytes. */
async function left(size) {
  const frame = document.createElement("iframe");
  frame.src = "/frame.html#" + size;
  const recorded = new Promise((resolve) => addEventListener("message", resolve, { once: true }));
  document.body.append(frame);
  await recorded;
  frame.remove();
  return (await arrived("/collected/" + size, 1)).map(bytes);
}

/** What happens to parts that are too much together to outlive the page. */
async function beacons() {
  const snapshot = (label) => ({ label, totals: { alloc_bytes: label.length } });
  const report = await send("/collected/parts", ["a", "b", "c"].map((letter) => snapshot(letter.repeat(40_000))));
  return { ...report, errors: report.errors.map(String) };
}

async function answerOf(worker) {
  return new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
}

report((async () => ({
  left: await left(10),
  sent: await beacons(),
  parts: (await arrived("/collected/parts", 3)).length,
  worker: await answerOf(new Worker("/classic-worker.js")),
  sentByWorker: await answerOf(new Worker("/send-worker.js", { type: "module" })),
}))());
`;

// Four parts, of which only the first may outlive the worker.
const SEND_WORKER = `
import { send } from "/lib/send.js";
const label = "x".repeat(20_000);
const report = await send("/collected/worker", Array.from({ length: 10 }, () => ({ label })));
postMessage({ ...report, errors: report.errors.map(String) });
`;

// A worker as they were before modules, with one line more.
const CLASSIC_WORKER = `
importScripts("/auto-script.js");
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(get("/feed.wasm")));
exports.load(7);
globalThis[Symbol.for("allocinstr")].ready.then(({ profiles }) =>
  postMessage(profiles().map((profile) => profile.snapshot().rows)),
);

function get(path) {
  const request = new XMLHttpRequest();
  request.open("GET", path, false);
  request.responseType = "arraybuffer";
  request.send();
  return request.response;
}
`;

test(
  "a_page_that_is_left_sends_its_recording_and_a_classic_worker_is_read",
  { timeout: 60_000 },
  async (t) => {
    /** @type {Map<string, string[]>} */
    const bodies = new Map();
    const arrival = new EventTarget();
    const files = {
      "/feed.wasm": instrument(FEED),
      "/frame.html": FRAME,
      "/frame-app.js": FRAME_APP,
      "/frame-record.js": FRAME_RECORD,
      "/classic-worker.js": CLASSIC_WORKER,
      "/send-worker.js": SEND_WORKER,
    };
    const result = await inPage(t, SCRIPT, files, async (path, body) => {
      if (path.startsWith("/collected/")) {
        bodies.set(path, [...(bodies.get(path) ?? []), body]);
        arrival.dispatchEvent(new Event("arrived"));
        return "taken";
      }
      const [, count, of] = /^\/arrived\/(\d+)(.+)$/.exec(path) ?? [];
      if (!of) return undefined;
      while ((bodies.get(of) ?? []).length < Number(count)) {
        await new Promise((resolve) =>
          arrival.addEventListener("arrived", resolve, { once: true }),
        );
      }
      return bodies.get(of);
    });
    if (result === undefined) return;
    assert.deepEqual(result, {
      // A sample, and one when it hid: that it said so twice sends nothing twice.
      left: [[100, 101]],
      // One of 40 000 bytes and two of as many are too much for beacons.
      sent: { answered: 2, queued: 1, unsent: [], errors: [] },
      parts: 3,
      worker: [[[1, 1, 7, null, null]]],
      sentByWorker: { answered: 10, queued: 0, unsent: [], errors: [] },
    });
  },
);
