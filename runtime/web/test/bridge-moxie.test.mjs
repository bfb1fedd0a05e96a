// In a process of its own: the flag is for all of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { MessageChannel } from "node:worker_threads";
import { bridgeConfig, bridgeOver } from "../lib/bridge.js";
import { wrapWorker } from "../lib/bridge-node.js";
import { copyOfThePackage } from "./copy.mjs";
import { FEED, build } from "./instrumented.mjs";

globalThis.__moxie_instrument = true;
await import("../auto.js");

const APP = new URL("programs/worker-app.mjs", import.meta.url);
const NONE = { totalAlloc: 0, mallocs: 0, heapInuse: 0, sys: 0 };
// What is in use is not known where frees are not counted: the memory's size.
const LOADED = { totalAlloc: 100, mallocs: 1, heapInuse: 65536, sys: 65536 };

/**
 * A worker that has allocated 100 bytes.
 * @param {import("node:test").TestContext} t
 */
async function start(t, wrap = wrapWorker, config = {}) {
  const held = new Int32Array(new SharedArrayBuffer(4));
  const { worker, bridge } = wrap(APP, {
    workerData: { module: build(FEED), held },
    config: bridgeConfig({ connectTimeoutMs: 60_000, ...config }),
  });
  t.after(() => {
    Atomics.store(held, 0, 1);
    return worker.terminate();
  });
  await once(worker, "message");
  worker.postMessage({ call: "load", args: [100] });
  await once(worker, "message");
  await bridge.ready;
  return { worker, bridge };
}

test("moxie_s_functions_on_the_page_answer_for_the_worker_while_it_lives", async (t) => {
  const { worker } = await start(t);
  worker.postMessage({ call: "idle" });
  await once(worker, "message");

  assert.deepEqual(await globalThis.__moxie_mem_stats?.(), {
    ...LOADED,
    totalAlloc: 108,
    mallocs: 2,
  });
  const counters = await globalThis.__moxie_read_alloc_counters?.();
  assert.deepEqual(counters, {
    sites: [{ id: 1, name: counters?.sites[0].name, count: 1, bytes: 100 }],
    overflow: { count: 0, bytes: 0 },
    unattributed: { count: 1, bytes: 8 },
  });
  assert.match(String(counters?.sites[0].name), /feed\.load/);

  await worker.terminate();
  assert.deepEqual((await globalThis.__moxie_read_alloc_counters?.())?.sites, []);
});

test("a_worker_that_another_copy_of_the_package_wrapped_is_answered_for", async (t) => {
  const copy = await import(new URL("lib/bridge-node.js", copyOfThePackage(t)).href);
  const { worker } = await start(t, copy.wrapWorker);
  assert.deepEqual(await globalThis.__moxie_mem_stats?.(), LOADED);
  await worker.terminate();
  assert.deepEqual(await globalThis.__moxie_mem_stats?.(), NONE);
});

test("a_worker_with_two_bridges_is_asked_once_and_a_closed_bridge_is_not_asked", async (t) => {
  const { worker, bridge } = await start(t);
  const { port1, port2 } = new MessageChannel();
  const second = bridgeOver(/** @type {any} */ (port1), bridgeConfig()).bridge;
  // Before it is known whose it is, too.
  const early = globalThis.__moxie_mem_stats?.();
  worker.postMessage({ accept: port2 }, [port2]);
  assert.deepEqual(await early, LOADED);
  await second.ready;
  const { accepted } = second.stats();
  assert.deepEqual(await globalThis.__moxie_mem_stats?.(), LOADED);
  assert.equal(second.stats().accepted, accepted);

  // The other one is asked in place of one that is closed meanwhile.
  const meanwhile = globalThis.__moxie_mem_stats?.();
  bridge.close();
  assert.deepEqual(await meanwhile, LOADED);
  second.close();
  assert.deepEqual(globalThis.__moxie_mem_stats?.(), NONE);
});

test("a_worker_that_refuses_the_page_is_not_asked", async (t) => {
  const { worker, bridge } = await start(t);
  worker.postMessage({ configure: bridgeConfig({ maxPending: 16 }) });
  await once(worker, "message");
  await assert.rejects(bridge.request("echo", 1), { code: "config-mismatch" });
  assert.deepEqual(globalThis.__moxie_mem_stats?.(), NONE);
});

test("a_worker_that_does_not_answer_is_named", async (t) => {
  const { worker } = await start(t, wrapWorker, { timeoutMs: 30 });
  worker.postMessage("hold");
  await once(worker, "message");
  await assert.rejects(async () => globalThis.__moxie_mem_stats?.(), {
    name: "AllocinstrError",
    code: "timeout",
    message: /^.*programs\/worker-app\.mjs: the worker did not answer within 0.03 s/,
  });
});
