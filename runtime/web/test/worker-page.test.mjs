// Workers of a page whose scripts know nothing of the hook.
import assert from "node:assert/strict";
import test from "node:test";
import { inPage } from "./in-page.mjs";
import { FEED, instrument } from "./instrumented.mjs";

// Listens only when it has its module, as programs do.
const MODULE = `
const first = await new Promise((resolve) => { onmessage = ({ data }) => resolve(data); });
const { module, instance } = await WebAssembly.instantiateStreaming(fetch("feed.wasm"));
onmessage = ({ data }) => {
  instance.exports.load(data);
  postMessage(["loaded", data]);
};
postMessage(["first", first, location.pathname, new Request("x").url === new URL("x", import.meta.url).href]);
`;

const CLASSIC = `
importScripts("names.js");
const instance = WebAssembly.instantiateStreaming(fetch("feed.wasm"));
addEventListener("message", async ({ data }) => {
  (await instance).instance.exports.load(data);
  postMessage([NAME, data, location.pathname]);
});
`;

const SCRIPT = `
import { wrapWorker } from "/lib/bridge.js";

const messages = (worker, count) => new Promise((resolve) => {
  const all = [];
  worker.onmessage = ({ data }) => { if (all.push(data) === count) resolve(all); };
});
const rows = async (bridge) => (await bridge.request("snapshot")).map(({ rows, instance }) => ({ rows, instance }));
const codeOf = (promise) => promise.then(() => "kept", ({ code }) => code);

async function module() {
  const { worker, bridge } = wrapWorker("app/module.js", { type: "module" });
  // Both before the worker has any script; one of them before it listens again.
  worker.postMessage("early");
  const [first] = await messages(worker, 1);
  worker.postMessage(100);
  const [loaded] = await messages(worker, 1);
  const read = await rows(bridge);
  const pending = bridge.request("never");
  worker.terminate();
  return { first, loaded, rows: read, gone: await codeOf(pending) };
}

async function classic() {
  const { worker, bridge } = wrapWorker("app/classic.js");
  worker.postMessage(7);
  worker.postMessage(9);
  return { messages: await messages(worker, 2), rows: await rows(bridge) };
}

async function beside() {
  const { connect } = await import("/lib/bridge.js");
  const worker = new Worker("app/beside.js", { type: "module" });
  const bridge = connect(worker);
  worker.postMessage("early");
  const [first] = await messages(worker, 1);
  return { first, rows: await rows(bridge) };
}

// A script that fails is told as without the hook, and the hook, which has been loaded, answers.
async function broken(type) {
  const { worker, bridge } = wrapWorker("app/broken.js", { type });
  const { message } = await new Promise((resolve) => { worker.onerror = resolve; });
  return { message, connected: await codeOf(bridge.ready) };
}

async function closed() {
  const { worker, bridge } = wrapWorker("app/closing.js", { type: "module" });
  await bridge.ready;
  const pending = bridge.request("never");
  worker.postMessage("close");
  return codeOf(pending);
}

async function absent() {
  const { connect } = await import("/lib/bridge.js");
  return codeOf(connect(new Worker("app/missing.js")).ready);
}

report((async () => ({
  module: await module(),
  classic: await classic(),
  beside: await beside(),
  broken: [await broken("module"), await broken("classic")],
  closed: await closed(),
  absent: await absent(),
}))());
`;

test("workers_of_a_page_run_as_without_the_hook_and_are_read", { timeout: 60_000 }, async (t) => {
  const result = await inPage(t, SCRIPT, {
    "/app/module.js": MODULE,
    "/app/classic.js": CLASSIC,
    "/app/names.js": 'const NAME = "classic";',
    "/app/beside.js": 'import "/worker.js";\nimport "./module.js";',
    "/app/broken.js": 'throw new Error("broken app");',
    "/app/closing.js": `
      import { serve } from "/lib/serve.js";
      serve({ never: () => new Promise(() => {}) });
      onmessage = () => close();
    `,
    "/app/feed.wasm": instrument(FEED),
  });
  if (result === undefined) return;
  assert.ok(typeof result === "object", result);
  const { module, classic, beside, broken, closed, absent } = result;
  assert.deepEqual(module, {
    first: ["first", "early", "/app/module.js", true],
    loaded: ["loaded", 100],
    rows: [{ instance: module.rows[0]?.instance, rows: [[1, 1, 100, null, null]] }],
    gone: "worker-gone",
  });
  assert.deepEqual(classic, {
    messages: [
      ["classic", 7, "/app/classic.js"],
      ["classic", 9, "/app/classic.js"],
    ],
    // 7 and 9 bytes.
    rows: [{ instance: classic.rows[0]?.instance, rows: [[1, 2, 16, null, null]] }],
  });
  // Its location is that of the wrapper.
  assert.deepEqual(beside.first.slice(0, 3), ["first", "early", "/app/beside.js"]);
  assert.deepEqual(beside.rows[0].rows, []);
  for (const { message, connected } of broken) {
    assert.match(message, /broken app/);
    assert.ok(["kept", "worker-failed"].includes(connected), connected);
  }
  // At once, not when the time for an answer is over.
  assert.equal(closed, "worker-gone");
  assert.equal(absent, "worker-failed");
});
