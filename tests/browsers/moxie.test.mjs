// Moxie's names on the page of an app: only there where they are asked for, and what they answer.
import assert from "node:assert/strict";
import { buildSite } from "./apps.mjs";
import { inBrowsers } from "./browsers.mjs";
import { serve } from "./site.mjs";

const directory = buildSite("moxie", ["gofmt"]);

const MOXIE = ["__moxie_alloc_log", "__moxie_mem_stats", "__moxie_read_alloc_counters"];

inBrowsers(async (t, driver) => {
  const site = await serve(directory);
  t.after(() => site.close());

  const open = async (page, app) => {
    await driver.get(`${site.url}pages/${page}.html?gofmt/${app}`);
    return driver.executeScript("return window.ran");
  };
  const globals = () => driver.executeScript("return Object.getOwnPropertyNames(window).sort()");

  for (const page of ["module", "classic"]) {
    await t.test(`a ${page} script without the flag puts no name on the page`, async () => {
      await open("original", "original");
      const names = await globals();
      await open(page, "instrumented");
      assert.deepEqual(await globals(), names);
      // One symbol, by which two copies of the package find each other.
      const symbols = "return Object.getOwnPropertySymbols(window).map(String)";
      assert.ok((await driver.executeScript(symbols)).includes("Symbol(allocinstr)"));
      assert.deepEqual(await site.refused(driver), []);
    });
  }

  await t.test("with the flag, there are Moxie's names and no others", async () => {
    await open("original", "original");
    const names = await globals();
    await open("moxie", "instrumented");
    const own = ["__moxie_instrument", "early"];
    assert.deepEqual(await globals(), [...names, ...MOXIE, ...own].sort());
    assert.deepEqual(await site.refused(driver), []);
  });

  await t.test("they can be called as soon as the script is there", async () => {
    await open("moxie", "instrumented");
    const stats = await driver.executeScript("return window.early");
    assert.deepEqual(Object.keys(stats).sort(), ["heapInuse", "mallocs", "sys", "totalAlloc"]);
  });

  await t.test("they answer with what the program's own counters say", async () => {
    const { counted, memoryBytes } = await open("moxie", "instrumented");
    assert.deepEqual(await driver.executeScript("return window.__moxie_mem_stats()"), {
      totalAlloc: counted.bytes,
      mallocs: counted.count,
      // Nothing is ever freed.
      heapInuse: counted.bytes,
      sys: memoryBytes,
    });

    const { sites, overflow, unattributed } = await driver.executeScript(
      "return window.__moxie_read_alloc_counters()",
    );
    const all = [...sites, overflow, unattributed];
    const sum = (of) => all.reduce((total, counters) => total + counters[of], 0);
    assert.deepEqual({ count: sum("count"), bytes: sum("bytes") }, counted);
    for (const site of sites) {
      assert.deepEqual(Object.keys(site).sort(), ["bytes", "count", "id", "name"]);
      assert.match(site.name, /\S → \S/);
    }
    // In every text, the loader asks for room once.
    const room = sites.filter(({ name }) => name.startsWith("main.alloc#wasmexport"));
    assert.deepEqual(
      room.map(({ count }) => count),
      [3],
    );
  });
});
