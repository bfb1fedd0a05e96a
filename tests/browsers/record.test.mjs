// What a page has recorded when it is left.
import assert from "node:assert/strict";
import { buildSite } from "./apps.mjs";
import { inBrowsers } from "./browsers.mjs";
import { serve } from "./site.mjs";

const directory = buildSite("record", ["gofmt"]);

inBrowsers(async (t, driver) => {
  const site = await serve(directory);
  t.after(() => site.close());

  await t.test("a page that is left sends its recording, once", async () => {
    await driver.get(`${site.url}pages/record.html?gofmt/instrumented`);
    const counted = await driver.executeScript("return window.recorded");
    await driver.get(`${site.url}pages/original.html?gofmt/original`);
    const [body] = await site.posted();
    const snapshots = body.trimEnd().split("\n").map(JSON.parse);
    assert.deepEqual(
      snapshots.map(({ label, totals }) => [label, totals.alloc_count, totals.alloc_bytes]),
      ["ran", null].map((label) => [label, counted.count, counted.bytes]),
    );
    assert.deepEqual(await site.refused(driver), []);
    assert.equal((await site.posted()).length, 1);
  });
});
