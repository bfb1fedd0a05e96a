// An app whose wasm is in a worker, read from the page, as a WebDriver script would.
import assert from "node:assert/strict";
import { buildSite } from "./apps.mjs";
import { inBrowsers } from "./browsers.mjs";
import { serve } from "./site.mjs";

const directory = buildSite("worker", ["gofmt", "sh-syntax"]);

const MAX_PENDING = 8192;
const TIMEOUT_MS = 5000;

/** @param {{ sites: { count: number, bytes: number }[] }} counters as `__moxie_read_alloc_counters()` gives them */
function sum({ sites, overflow, unattributed }) {
  const all = { count: 0, bytes: 0 };
  for (const { count, bytes } of [...sites, overflow, unattributed]) {
    all.count += count;
    all.bytes += bytes;
  }
  return all;
}

inBrowsers(async (t, driver) => {
  // The page shares memory with the worker, by which it holds it up.
  const site = await serve(directory, { isolated: true });
  t.after(() => site.close());

  const open = async (worker) => {
    await driver.get(`${site.url}pages/worker.html?${worker}`);
    return driver.executeScript("return window.ran");
  };

  for (const [script, how] of [
    ["worker.mjs", "a module worker"],
    ["watched.mjs", "a worker that loads the hook itself"],
  ])
    await t.test(`${how}: its statistics are read from the page`, async () => {
      const { counted, memoryBytes } = await open(`gofmt/instrumented/${script}`);
      assert.deepEqual(await driver.executeScript("return window.__moxie_mem_stats()"), {
        totalAlloc: counted.bytes,
        mallocs: counted.count,
        // Nothing is ever freed.
        heapInuse: counted.bytes,
        sys: memoryBytes,
      });
      const counters = await driver.executeScript("return window.__moxie_read_alloc_counters()");
      assert.deepEqual(sum(counters), counted);
      assert.deepEqual(await site.refused(driver), []);
    });

  await t.test("a classic worker: its statistics are read from the page", async () => {
    const { first, isItsOwn, counted } = await open("sh-syntax/instrumented/worker-script.js");
    // The instance that it made at once is among them.
    assert.ok(first.count > 0);
    assert.ok(isItsOwn);
    const counters = await driver.executeScript("return window.__moxie_read_alloc_counters()");
    assert.deepEqual(sum(counters), counted);
    const stats = await driver.executeScript("return window.__moxie_mem_stats()");
    assert.equal(stats.mallocs, counted.count);
    assert.equal(stats.totalAlloc, counted.bytes);
    assert.deepEqual(await site.refused(driver), []);
  });

  await t.test(
    "a request to a worker in a long loop times out, and later ones are answered",
    async () => {
      const { counted } = await open("gofmt/instrumented/worker.mjs");
      await driver.executeScript("return window.hold()");
      const { message, ms } = await driver.executeScript(`
      const start = performance.now();
      return window.__moxie_mem_stats().then(
        (stats) => ({ message: JSON.stringify(stats) }),
        ({ message }) => ({ message, ms: performance.now() - start }),
      )`);
      assert.match(
        message,
        /gofmt\/instrumented\/worker\.mjs: the worker did not answer within 5 s: it is in a long-running call/,
      );
      assert.ok(ms >= TIMEOUT_MS && ms < 2 * TIMEOUT_MS, `${ms} ms`);
      await driver.executeScript("window.release()");
      const stats = await driver.executeScript("return window.__moxie_mem_stats()");
      assert.equal(stats.mallocs, counted.count);
      assert.deepEqual(await site.refused(driver), []);
    },
  );

  await t.test("the 8193rd request is refused, and the others are answered", async () => {
    // So that none times out on a busy machine.
    await open("gofmt/instrumented/worker.mjs&60000");
    await driver.executeScript("return window.hold()");
    const refusal = await driver.executeScript(
      `
      window.asked = Array.from({ length: arguments[0] }, () => window.bridge.request("counters"));
      return window.bridge.request("counters").then(JSON.stringify, ({ code }) => code);`,
      MAX_PENDING,
    );
    assert.equal(refusal, "busy");
    assert.equal(await driver.executeScript("return window.bridge.stats().pending"), MAX_PENDING);
    await driver.executeScript("window.release()");
    const { counted, answers, stats } = await driver.executeScript(`
      return Promise.all(window.asked).then(async (answers) => ({
        ...(await window.ran),
        answers: answers.map(([{ totals }]) => totals.alloc_count),
        stats: window.bridge.stats(),
      }));`);
    assert.deepEqual(answers, Array(MAX_PENDING).fill(counted.count));
    const { pending, accepted, refused, timedOut } = stats;
    assert.deepEqual({ pending, refused, timedOut }, { pending: 0, refused: 1, timedOut: 0 });
    assert.ok(accepted >= MAX_PENDING);
    assert.deepEqual(await site.refused(driver), []);
  });
});
