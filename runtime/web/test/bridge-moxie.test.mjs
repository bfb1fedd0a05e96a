// In a process of its own: the flag is for all of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { wrapWorker } from "../lib/bridge-node.js";
import { FEED, build } from "./instrumented.mjs";

test("moxie_s_functions_on_the_page_answer_for_the_worker_while_it_lives", async (t) => {
  globalThis.__moxie_instrument = true;
  const { worker, bridge } = wrapWorker(new URL("programs/worker-app.mjs", import.meta.url), {
    workerData: { module: build(FEED) },
  });
  t.after(() => worker.terminate());
  await once(worker, "message");
  worker.postMessage({ call: "load", args: [100] });
  worker.postMessage({ call: "idle" });
  await once(worker, "message");
  await once(worker, "message");
  await bridge.ready;

  assert.deepEqual(await globalThis.__moxie_mem_stats?.(), {
    totalAlloc: 108,
    mallocs: 2,
    // What is in use is not known where frees are not counted: the memory's size.
    heapInuse: 65536,
    sys: 65536,
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
