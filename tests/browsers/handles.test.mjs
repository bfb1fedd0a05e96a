// A page's elements by handle, and what a WebDriver script reads of them.
import assert from "node:assert/strict";
import { buildSite } from "./apps.mjs";
import { inBrowsers } from "./browsers.mjs";
import { serve } from "./site.mjs";

const directory = buildSite("handles", []);

inBrowsers(async (t, driver) => {
  const site = await serve(directory);
  t.after(() => site.close());
  await driver.get(`${site.url}pages/elements.html`);

  await t.test("a log that went round is an array to a WebDriver script", async () => {
    const log = await driver.executeScript("return window.log");
    assert.deepEqual(
      log.map(({ source, metric, value }) => [source, metric, value]),
      // The first two made room.
      [1000, 2000, 5000].map((value) => ["_elements", "size", value]),
    );
    assert.deepEqual(Object.keys(log[0]).sort(), ["metric", "source", "ts", "value"]);
    const parts = "return [log.length, log[0].value, log.slice(-1)[0].value, [...log].length]";
    assert.deepEqual(await driver.executeScript(parts), [3, 1000, 5000, 3]);
  });

  await t.test("elements are held until they are released, and the peak is kept", async () => {
    assert.deepEqual(await driver.executeScript("return window.gauges()"), {
      "_elements.size": 6000,
      "_elements.size.peak": 6000,
    });
    assert.equal(await driver.executeScript("return table.get(ids[5999]).textContent"), "6000");
    assert.equal(await driver.executeScript("return table.releaseAll(ids.slice(1))"), 5999);
    assert.deepEqual(await driver.executeScript("return window.gauges()"), {
      "_elements.size": 1,
      "_elements.size.peak": 6000,
    });
    const stale = "try { table.get(ids[5999]) } catch ({ code }) { return code }";
    assert.equal(await driver.executeScript(stale), "stale-handle");
  });
});
