import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { FEED, STATS, VAST, instrument } from "./instrumented.mjs";
import { printed } from "./program.mjs";

const directory = mkdtempSync(join(tmpdir(), "allocinstr-"));
test.after(() => rmSync(directory, { recursive: true }));

/**
 * Runs a script with the instrumented programs as `load(i)`.
 * @param {string} script
 * @param {Buffer[]} modules
 */
function withPrograms(script, ...modules) {
  const files = modules.map((module, i) => {
    const file = join(directory, `${i}.wasm`);
    writeFileSync(file, module);
    return file;
  });
  return printed(
    `import { readFileSync } from "node:fs";
    const moxie = () => Reflect.ownKeys(globalThis).filter((key) => /^__moxie/.test(String(key)));
    const load = (i) => new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[1 + i]))).exports;
    const auto = () => import(WEB + "auto.js").then(() => globalThis[Symbol.for("allocinstr")].ready);
    ${script}`,
    { args: files },
  );
}

for (const flag of ["undefined", "false", "1", '"true"', "{}"]) {
  test(`with_the_flag_${flag}_nothing_of_it_is_there_or_loaded`, () => {
    const result = withPrograms(
      `import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({
        load(url, context, next) {
          loaded.push(url.slice(WEB.length));
          return next(url, context);
        },
      });
      globalThis.__moxie_instrument = ${flag};
      await auto();
      print({ moxie: moxie(), loaded: loaded.sort() });`,
    );
    assert.deepEqual(result.moxie, ["__moxie_instrument"]);
    const files = ["counters", "error", "header", "name", "profile"].map(
      (name) => `lib/${name}.js`,
    );
    assert.deepEqual(result.loaded, ["auto-script.js", "auto.js", ...files]);
  });
}

test("with_the_flag_the_counters_and_the_statistics_of_this_thread_are_answered_at_once", () => {
  const result = withPrograms(
    `globalThis.__moxie_instrument = true;
    await auto();
    const [before, early] = [__moxie_mem_stats(), __moxie_read_alloc_counters()];
    const { render, load: loadBytes, idle } = load(0);
    const again = load(0);
    render();
    loadBytes(100);
    again.load(7);
    idle();
    print({ moxie: moxie(), before, early, stats: __moxie_mem_stats(), counters: __moxie_read_alloc_counters() });`,
    instrument(FEED),
  );
  assert.deepEqual(result, {
    moxie: [
      "__moxie_instrument",
      "__moxie_alloc_log",
      "__moxie_read_alloc_counters",
      "__moxie_mem_stats",
    ],
    before: { totalAlloc: 0, mallocs: 0, heapInuse: 0, sys: 0 },
    early: {
      sites: [],
      overflow: { count: 0, bytes: 0 },
      unattributed: { count: 0, bytes: 0 },
    },
    // 16 by render, 100 and 7 by load, 8 by idle, in two memories of 64 KiB.
    stats: { totalAlloc: 131, mallocs: 4, heapInuse: 131072, sys: 131072 },
    counters: {
      sites: [
        { id: 0, name: "feed.render → bump", count: 1, bytes: 16 },
        { id: 1, name: "feed.load → bump", count: 2, bytes: 107 },
      ],
      overflow: { count: 0, bytes: 0 },
      unattributed: { count: 1, bytes: 8 },
    },
  });
});

test("the_names_are_there_at_once_and_answer_by_promises_until_they_are_loaded", () => {
  const result = withPrograms(
    `import { createRequire } from "node:module";
    globalThis.__moxie_instrument = true;
    // At once, as nothing that is imported is waited for.
    createRequire(WEB)("./auto.js");
    const first = moxie();
    load(0).load(100);
    const [stats, counters] = [__moxie_mem_stats(), __moxie_read_alloc_counters()];
    const log = __moxie_alloc_log;
    log.push({ ts: 1, source: "ws", metric: "_conns.size", value: 1 });
    const pending = [stats, counters].map((answer) => answer instanceof Promise);
    const answers = [await stats, await counters];
    await globalThis[Symbol.for("allocinstr")].ready;
    log.push({ ts: 2, source: "ws", metric: "_conns.size", value: 2 });
    print({ first, pending, stats: answers[0], sites: answers[1].sites, at: __moxie_mem_stats(), log: __moxie_alloc_log });`,
    instrument(FEED),
  );
  const stats = { totalAlloc: 100, mallocs: 1, heapInuse: 65536, sys: 65536 };
  assert.deepEqual(result.first.sort(), [
    "__moxie_alloc_log",
    "__moxie_instrument",
    "__moxie_mem_stats",
    "__moxie_read_alloc_counters",
  ]);
  assert.deepEqual(result.pending, [true, true]);
  assert.deepEqual(result.stats, stats);
  assert.deepEqual(result.sites, [{ id: 1, name: "feed.load → bump", count: 1, bytes: 100 }]);
  assert.deepEqual(result.at, stats);
  assert.deepEqual(
    result.log.map((/** @type {any} */ { value }) => value),
    [1, 2],
  );
});

test("sites_of_other_builds_stay_apart_and_what_is_unknown_of_one_is_unknown_of_all", () => {
  const result = withPrograms(
    `globalThis.__moxie_instrument = true;
    await auto();
    load(0).render();
    load(1).load(5);
    load(2).load(20);
    print({ stats: __moxie_mem_stats(), counters: __moxie_read_alloc_counters() });`,
    instrument(FEED, "-print-allocs-max-sites", "1"),
    instrument(VAST, "--no-names"),
    instrument(STATS),
  );
  // 16, 5, and the third program's own: 32 and 16 to tell, from 2^32. The second has no memory.
  assert.deepEqual(result.stats, {
    totalAlloc: 16 + 5 + 2 ** 32 + 32 + 16,
    mallocs: 4,
    heapInuse: null,
    sys: null,
  });
  assert.deepEqual(result.counters, {
    sites: [
      { id: 0, name: "site 0", count: 1, bytes: 5 },
      { id: 0, name: "feed.load → bump", count: 1, bytes: 20 },
    ],
    overflow: { count: 1, bytes: 16 },
    unattributed: { count: 1, bytes: 16 },
  });
});

test("sites_of_builds_without_names_are_not_added_up", () => {
  const result = withPrograms(
    `globalThis.__moxie_instrument = true;
    await auto();
    load(0).load(100);
    load(0).load(7);
    load(1).load(20);
    const { connectMoxie } = await import(WEB + "lib/moxie.js");
    const here = __moxie_read_alloc_counters();
    // Another thread with the same programs.
    const { moxieOf } = await import(WEB + "lib/moxie.js");
    const { profiles } = await import(WEB + "auto.js");
    const answer = structuredClone(moxieOf(profiles).readAllocCounters());
    connectMoxie({ memStats: async () => ({}), readAllocCounters: async () => answer });
    print({ here: here.sites, both: (await __moxie_read_alloc_counters()).sites });`,
    instrument(FEED, "--no-names"),
    instrument(FEED, "--no-names", "--bytes", "heap"),
  );
  const site = (/** @type {number} */ count, /** @type {number} */ bytes) => ({
    id: 1,
    name: "site 1",
    count,
    bytes,
  });
  assert.deepEqual(result.here, [site(2, 107), site(1, 20)]);
  assert.deepEqual(result.both, [site(4, 214), site(2, 40)]);
});

test("with_another_thread_the_answers_are_promises_of_both", () => {
  const result = withPrograms(
    `import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    globalThis.__moxie_instrument = true;
    await auto();
    load(0).load(100);
    const { connectMoxie } = await import(WEB + "lib/moxie.js");
    // A program in a thread that answers two questions.
    const worker = new Worker(\`
      import { parentPort, workerData } from "node:worker_threads";
      import { readFileSync } from "node:fs";
      const { profiles } = await import(workerData.web + "auto.js");
      const { moxieOf } = await import(workerData.web + "lib/moxie.js");
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(workerData.file)));
      exports.load(7);
      exports.render();
      parentPort.on("message", (question) => parentPort.postMessage(moxieOf(profiles)[question]()));
    \`, { eval: true, execArgv: ["--input-type=module"], workerData: { web: WEB, file: process.argv[1] } });
    const ask = (question) => async () => {
      worker.postMessage(question);
      return (await once(worker, "message"))[0];
    };
    const end = connectMoxie({ memStats: ask("memStats"), readAllocCounters: ask("readAllocCounters") });
    const pending = __moxie_mem_stats();
    const stats = await pending;
    const counters = await __moxie_read_alloc_counters();
    end();
    print({ isPromise: pending instanceof Promise, stats, counters, after: __moxie_mem_stats() });
    await worker.terminate();`,
    instrument(FEED),
  );
  assert.deepEqual(result, {
    isPromise: true,
    stats: { totalAlloc: 123, mallocs: 3, heapInuse: 131072, sys: 131072 },
    counters: {
      sites: [
        { id: 1, name: "feed.load → bump", count: 2, bytes: 107 },
        { id: 0, name: "feed.render → bump", count: 1, bytes: 16 },
      ],
      overflow: { count: 0, bytes: 0 },
      unattributed: { count: 0, bytes: 0 },
    },
    after: { totalAlloc: 100, mallocs: 1, heapInuse: 65536, sys: 65536 },
  });
});

test("a_worker_is_asked_from_the_moment_it_is_wrapped", () => {
  const result = withPrograms(
    `globalThis.__moxie_instrument = true;
    await auto();
    const { wrapWorker } = await import(WEB + "lib/bridge-node.js");
    const { worker } = wrapWorker(new URL(WEB + "test/programs/worker-app.mjs"), { workerData: {}, execArgv: [] });
    const answer = __moxie_mem_stats();
    print({ isPromise: answer instanceof Promise, stats: await answer });
    await worker.terminate();`,
  );
  assert.deepEqual(result, {
    isPromise: true,
    stats: { totalAlloc: 0, mallocs: 0, heapInuse: 0, sys: 0 },
  });
});

test("the_log_keeps_the_last_10_000_and_a_program_s_own_names_are_left", () => {
  const result = withPrograms(
    `globalThis.__moxie_instrument = true;
    globalThis.__moxie_mem_stats = () => "own";
    await auto();
    for (let value = 0; value < 10_001; value++) {
      __moxie_alloc_log.push({ ts: 1, source: "dom", metric: "_elements.size", value });
    }
    print({
      length: __moxie_alloc_log.length,
      first: __moxie_alloc_log[0],
      last: __moxie_alloc_log.at(-1).value,
      stats: __moxie_mem_stats(),
      counters: typeof __moxie_read_alloc_counters,
    });`,
  );
  assert.deepEqual(result, {
    length: 10_000,
    first: { ts: 1, source: "dom", metric: "_elements.size", value: 1 },
    last: 10_000,
    stats: "own",
    counters: "function",
  });
});
