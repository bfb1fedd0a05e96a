import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { AllocinstrError, readSites } from "../index.js";
import { BRIDGE_CONFIG, bridgeConfig, bridgeOver } from "../lib/bridge.js";
import { wrapWorker } from "../lib/bridge-node.js";
import { accept } from "../lib/serve.js";
import { copyOfThePackage } from "./copy.mjs";
import { FEED, build } from "./instrumented.mjs";

const APP = new URL("programs/worker-app.mjs", import.meta.url);

/**
 * The app in a worker that has started, and a call that it can be held in.
 * @param {import("node:test").TestContext} t
 * @param {Record<string, unknown>} [workerData]
 * @param {Partial<import("../bridge.js").BridgeConfig>} [config]
 */
async function start(t, workerData = {}, config = {}) {
  const held = new Int32Array(new SharedArrayBuffer(4));
  const { worker, bridge } = wrapWorker(APP, {
    workerData: { held, ...workerData },
    // A machine that is busy starts threads late, and answers late.
    config: bridgeConfig({ connectTimeoutMs: 60_000, ...config }),
  });
  t.after(() => {
    Atomics.store(held, 0, 1);
    return worker.terminate();
  });
  assert.deepEqual(await once(worker, "message"), ["started"]);
  return {
    worker,
    bridge,
    async hold() {
      Atomics.store(held, 0, 0);
      worker.postMessage("hold");
      assert.deepEqual(await once(worker, "message"), ["held"]);
    },
    letGo: () => Atomics.store(held, 0, 1),
  };
}

/**
 * @param {Promise<unknown>} promise
 * @param {import("../index.js").AllocinstrErrorCode} code
 * @param {RegExp} says
 */
async function refuses(promise, code, says) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof AllocinstrError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, says);
    return true;
  });
}

/**
 * @param {import("node:test").TestContext} t
 * @param {() => boolean} holds
 */
async function until(t, holds) {
  while (!holds()) {
    t.signal.throwIfAborted();
    await new Promise((next) => setImmediate(next));
  }
}

test("the_page_reads_a_worker_whose_messages_are_its_own", async (t) => {
  const module = build(FEED);
  const { worker, bridge } = await start(t, { module, names: "mine" });
  /** @type {unknown[]} */
  const messages = [];
  worker.on("message", (message) => messages.push(message));
  worker.postMessage({ call: "render" });
  worker.postMessage({ call: "load", args: [100] });
  worker.postMessage({ call: "idle" });
  await until(t, () => messages.length === 3);

  await bridge.ready;
  const [snapshot, ...others] = await bridge.request("snapshot", { label: "loaded" });
  assert.deepEqual(others, []);
  assert.equal(snapshot.build_id, readSites(module).build_id);
  assert.equal(snapshot.label, "loaded");
  // 16 by render, 100 by load, 8 by idle, which is not selected.
  const totals = {
    alloc_count: 3,
    alloc_bytes: 124,
    live_count: null,
    live_bytes: null,
    unattributed_count: 1,
    unattributed_bytes: 8,
  };
  assert.deepEqual(snapshot.totals, totals);
  assert.deepEqual(snapshot.rows, [
    [0, 1, 16, null, null],
    [1, 1, 100, null, null],
  ]);
  const name = snapshot.instance;
  assert.deepEqual(await bridge.request("counters"), [{ name, totals }]);
  const [{ stats }] = await bridge.request("stats");
  assert.deepEqual([stats.totalAlloc, stats.mallocs, stats.sys], [124, 3, 65536]);
  const [{ top }] = await bridge.request("top", 1);
  assert.deepEqual(
    top.map((site) => [site.function, site.alloc_bytes]),
    [["feed.load", 100]],
  );
  // Nothing of all that came to the app, or from it.
  assert.deepEqual(messages, [
    { called: "render", result: undefined, names: "mine" },
    { called: "load", result: undefined, names: "mine" },
    { called: "idle", result: undefined, names: "mine" },
  ]);
});

test("the_8193rd_request_is_refused_and_the_others_are_answered", async (t) => {
  const { bridge, hold, letGo } = await start(t, {}, { timeoutMs: 60_000 });
  await bridge.ready;
  await hold();
  const requests = Array.from({ length: 8192 }, (_, i) => bridge.request("echo", i));
  await refuses(
    bridge.request("echo", 8192),
    "busy",
    /^8192 requests are unanswered, .* for [\d.]+ s: they are asked faster than the worker answers/,
  );
  const full = bridge.stats();
  assert.deepEqual(
    [full.pending, full.maxPending, full.refused, full.accepted, full.abandoned],
    [8192, 8192, 1, 8192, 0],
  );
  letGo();
  assert.deepEqual(
    await Promise.all(requests),
    requests.map((_, i) => i),
  );
  assert.equal(await bridge.request("echo", "after"), "after");
  const { pending, oldestMs, answered } = bridge.stats();
  assert.deepEqual({ pending, oldestMs, answered }, { pending: 0, oldestMs: null, answered: 8193 });
});

test("a_busy_worker_times_out_after_five_seconds_and_answers_again", async (t) => {
  const { bridge, hold, letGo } = await start(t);
  await bridge.ready;
  await hold();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const request = bridge.request("echo", "late");
  t.mock.timers.tick(4999);
  // What has come meanwhile would be told now.
  t.mock.timers.tick(0);
  assert.equal(bridge.stats().timedOut, 0);
  t.mock.timers.tick(1);
  t.mock.timers.tick(1);
  await refuses(request, "timeout", /did not answer within 5 s: it is in a long-running call/);
  assert.deepEqual([bridge.stats().timedOut, bridge.stats().abandoned], [1, 1]);
  t.mock.timers.reset();

  letGo();
  assert.equal(await bridge.request("echo", "again"), "again");
  const { pending, abandoned, late, answered } = bridge.stats();
  assert.deepEqual([pending, abandoned, late, answered], [0, 0, 1, 1]);
});

test("a_worker_that_answers_nothing_is_told_from_one_that_is_asked_too_fast", async (t) => {
  const { bridge, hold, letGo } = await start(t, {}, { maxPending: 4, timeoutMs: 30 });
  await bridge.ready;
  await hold();
  const requests = Array.from({ length: 4 }, () => bridge.request("touch"));
  await refuses(bridge.request("touch"), "busy", /they are asked faster/);
  for (const request of requests) await refuses(request, "timeout", /within 0.03 s/);
  // What timed out is with the worker still: sending more would take more and more memory.
  await refuses(bridge.request("touch"), "busy", /the worker does not answer any/);
  const { pending, abandoned, oldestMs } = bridge.stats();
  assert.deepEqual([pending, abandoned], [4, 4]);
  assert.ok(/** @type {number} */ (oldestMs) >= 30);

  // By the clock of the worker, too.
  const now = Date.now();
  await until(t, () => Date.now() - now > 30);
  letGo();
  await until(t, () => bridge.stats().pending === 0);
  assert.equal(bridge.stats().late, 4);
  // None of the four was begun: nobody waited for it any more.
  assert.equal(await bridge.request("touch"), 1);
});

test("both_ends_have_to_be_configured_alike", async (t) => {
  const config = bridgeConfig({ maxPending: 16, timeoutMs: 1000, connectTimeoutMs: 60_000 });
  const other = await start(t, { config });
  const says =
    /maxPending is 8192 in the page and 16 in the worker, timeoutMs is 5000 in the page and 1000 in the worker; give both/;
  await refuses(
    other.bridge.ready.then(() => other.bridge.request("never")),
    "config-mismatch",
    says,
  );
  await refuses(other.bridge.request("echo", 1), "config-mismatch", says);

  const same = await start(t, { config }, config);
  await same.bridge.ready;
  assert.equal(await same.bridge.request("echo", 1), 1);
});

test("a_configuration_that_comes_after_the_connection_is_compared", async (t) => {
  const { worker, bridge } = await start(t);
  await bridge.ready;
  worker.postMessage({ configure: bridgeConfig({ maxPending: 16 }) });
  assert.deepEqual(await once(worker, "message"), ["configured"]);
  await refuses(bridge.request("echo", 1), "config-mismatch", /maxPending is 8192 in the page/);
});

test("a_page_of_another_release_is_refused", async (t) => {
  const { bridge } = await start(t, {}, { protocol: 2 });
  await refuses(bridge.ready, "config-mismatch", /: protocol is 2 in the page and 1 in the worker/);
});

test("a_configuration_that_is_none_is_refused", () => {
  assert.deepEqual(bridgeConfig(), {
    protocol: 1,
    maxPending: 8192,
    timeoutMs: 5000,
    connectTimeoutMs: 5000,
  });
  assert.ok(Object.isFrozen(BRIDGE_CONFIG) && Object.isFrozen(bridgeConfig()));
  for (const changes of [
    { maxPending: 0 },
    { timeoutMs: 1.5 },
    { timeoutMs: 2 ** 31 },
    { timeout: 5 },
  ]) {
    assert.throws(() => bridgeConfig(changes), RangeError);
  }
});

test("a_worker_without_the_hook_is_told_after_the_time_to_connect", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const { bridge } = bridgeOver(/** @type {any} */ (port1), BRIDGE_CONFIG);
  const early = bridge.request("unknown");
  t.mock.timers.tick(4999);
  assert.equal(bridge.stats().pending, 1);
  t.mock.timers.tick(1);
  const says = /did not take up the connection within 5 s: it has not loaded the hook/;
  await refuses(bridge.ready, "connect-timeout", says);
  await refuses(early, "connect-timeout", says);
  assert.deepEqual([bridge.stats().pending, bridge.stats().connected], [0, false]);
  const later = bridge.request("unknown");
  t.mock.timers.tick(5000);
  t.mock.timers.tick(1);
  await refuses(later, "connect-timeout", says);
  assert.equal(bridge.stats().pending, 0);
  t.mock.timers.reset();

  // One that was only slow is connected when it comes.
  const waiting = bridge.request("unknown");
  accept(/** @type {any} */ (port2));
  await refuses(waiting, "unknown-request", /the worker serves no `unknown`/);
  assert.equal(bridge.stats().connected, true);
});

test("a_request_before_the_connection_has_the_time_to_connect_and_then_that_to_answer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const config = bridgeConfig({ timeoutMs: 10, connectTimeoutMs: 5000 });
  const { bridge } = bridgeOver(/** @type {any} */ (port1), config);
  const request = bridge.request("unknown");
  t.mock.timers.tick(4990);
  t.mock.timers.tick(1);
  assert.equal(bridge.stats().pending, 1);
  // Longer ago than an answer may take, by the clock of both ends.
  const now = Date.now();
  await until(t, () => Date.now() - now > 10);
  accept(/** @type {any} */ (port2));
  await refuses(request, "unknown-request", /the worker serves no `unknown`/);

  // From sending on, an answer has its own time.
  const late = bridge.request("unknown");
  t.mock.timers.tick(10);
  t.mock.timers.tick(1);
  await refuses(late, "timeout", /within 0.01 s/);
});

test("what_another_copy_of_the_package_serves_is_answered", async (t) => {
  const { worker, bridge } = await start(t);
  worker.postMessage({ serveBy: new URL("lib/serve.js", copyOfThePackage(t)).href });
  await once(worker, "message");
  assert.equal(await bridge.request("mine"), "mine");
});

test("a_script_is_the_main_one_as_without_the_hook", async (t) => {
  const script = new URL("programs/worker-main.cjs", import.meta.url);
  const { worker } = wrapWorker(script);
  t.after(() => worker.terminate());
  assert.deepEqual(await once(worker, "message"), [[true, fileURLToPath(script)]]);
});

test("what_cannot_be_asked_or_answered_is_an_error_of_that_request", async (t) => {
  const { bridge } = await start(t);
  await refuses(bridge.request("toString"), "unknown-request", /serves no `toString`/);
  await refuses(bridge.request("fail", "it broke"), "request-failed", /^it broke$/);
  await refuses(bridge.request("fail", undefined), "request-failed", /^undefined$/);
  await refuses(bridge.request("closure"), "request-failed", /could not be cloned/);
  const own = { name: "AllocinstrError", code: "no-names", message: "built without" };
  await refuses(bridge.request("fail", own), "no-names", /^built without$/);
  // Neither of another's code, nor of one that tells how the bridge fares.
  for (const cause of [
    { name: "Error", code: "no-names", message: "not ours" },
    { name: "AllocinstrError", code: "busy", message: "not this bridge" },
  ]) {
    await assert.rejects(bridge.request("fail", cause), {
      name: "AllocinstrError",
      code: "request-failed",
      message: cause.message,
      cause,
    });
  }
  // What has no text is no reason to end.
  await refuses(bridge.request("bare"), "request-failed", /threw what has no text/);
  const cannotBeCloned = /** @type {any} */ (
    await bridge.request("echo", () => {}).catch((error) => error)
  );
  assert.deepEqual(
    [cannotBeCloned.name, cannotBeCloned.code, cannotBeCloned.cause?.name],
    ["AllocinstrError", "request-failed", "DataCloneError"],
  );
  assert.equal(await bridge.request("echo", 5), 5);
  assert.equal(bridge.stats().pending, 0);
});

test("a_worker_that_ends_leaves_nothing_pending", async (t) => {
  for (const end of [
    (/** @type {any} */ worker) => worker.terminate(),
    (/** @type {any} */ worker) => worker.postMessage("exit"),
  ]) {
    const { worker, bridge } = await start(t);
    await bridge.ready;
    const requests = [bridge.request("never"), bridge.request("never")];
    end(worker);
    for (const request of requests) await refuses(request, "worker-gone", /the worker has ended/);
    await refuses(bridge.request("echo", 1), "worker-gone", /the worker has ended/);
    const { pending, connected } = bridge.stats();
    assert.deepEqual({ pending, connected }, { pending: 0, connected: false });
  }
});

test("a_bridge_that_is_closed_leaves_the_worker_running", async (t) => {
  const module = build(FEED);
  const { worker, bridge } = await start(t, { module });
  const request = bridge.request("never");
  bridge.close();
  await refuses(request, "worker-gone", /the bridge was closed/);
  worker.postMessage({ call: "idle" });
  const [{ called }] = await once(worker, "message");
  assert.equal(called, "idle");
});

test("a_hook_and_a_bridge_are_no_reason_for_a_worker_to_go_on", async (t) => {
  const { worker, bridge } = wrapWorker(new URL("programs/worker-idle.mjs", import.meta.url));
  t.after(() => worker.terminate());
  await bridge.ready.catch(() => {});
  if (worker.threadId !== -1) await once(worker, "exit");
  await refuses(bridge.request("snapshot"), "worker-gone", /ended/);
});

test("latencies_are_those_of_the_answers", async (t) => {
  const { bridge, hold, letGo } = await start(t);
  assert.deepEqual([bridge.stats().p50Ms, bridge.stats().p99Ms], [null, null]);
  for (let i = 0; i < 98; i++) await bridge.request("echo", i);
  await hold();
  const slow = [bridge.request("echo", 98), bridge.request("echo", 99)];
  const since = performance.now();
  await until(t, () => performance.now() - since > 100);
  letGo();
  await Promise.all(slow);
  const { p50Ms, p99Ms } = bridge.stats();
  assert.ok(/** @type {number} */ (p99Ms) >= 100, `${p99Ms} ms`);
  assert.ok(/** @type {number} */ (p50Ms) < 100, `${p50Ms} ms`);
});
