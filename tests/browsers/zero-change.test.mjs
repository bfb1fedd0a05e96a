// Packages as they are published, each with its own loader, on a page that only loads allocinstr/auto before them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readMarkers, total } from "../fixtures/markers.mjs";
import { sources } from "../fixtures/measure.mjs";
import { APPS, buildSite } from "./apps.mjs";
import { inBrowsers } from "./browsers.mjs";
import { serve } from "./site.mjs";

const SNAPSHOTS = `
  return import("/allocinstr/auto.js").then(({ profiles }) =>
    profiles().map((profile) => profile.snapshot()),
  )`;

const directory = buildSite("zero-change", Object.keys(APPS));

const asFeed = total(
  ["feed.ts", "note.ts"].flatMap((name) => {
    const file = `web/wasm/app/${name}`;
    return readMarkers(sources("as-feed") + file, file, "O0");
  }),
);

/** What is allocated in all, by counters that are not ours, where there are any. */
const KNOWN = {
  gofmt: ({ counted }) => counted,
  "sh-syntax": ({ counted }) => counted,
  "as-feed": () => asFeed,
};

const inNode = Object.fromEntries(Object.keys(APPS).map((app) => [app, runInNode(app)]));

function runInNode(app) {
  const script = fileURLToPath(new URL("run-in-node.mjs", import.meta.url));
  const files = [`${directory}allocinstr/auto.js`, `${directory}${app}/instrumented`];
  return JSON.parse(
    execFileSync(process.execPath, ["--no-warnings", script, ...files], { stdio: "pipe" }),
  );
}

/** All rows, and what no site explains. */
function sum(snapshots) {
  const all = { count: 0, bytes: 0 };
  for (const { rows, totals } of snapshots) {
    all.count += totals.unattributed_count;
    all.bytes += totals.unattributed_bytes;
    for (const [, count, bytes] of rows) {
      all.count += count;
      all.bytes += bytes;
    }
  }
  return all;
}

/** What the counters of a run must be, given what the app says and the instances that it makes. */
function assertCounted(app, ran, snapshots) {
  assert.equal(snapshots.length, app === "sh-syntax" ? 2 : 1);
  for (const { rows } of snapshots) assert.ok(rows.length > 0, "no site allocates");
  if (app in KNOWN) assert.deepEqual(sum(snapshots), KNOWN[app](ran));
}

const counters = (snapshots) => snapshots.map(({ totals, rows }) => ({ totals, rows }));

for (const app of Object.keys(APPS)) {
  test(`${app} in Node: exact counters`, () =>
    assertCounted(app, inNode[app].ran, inNode[app].snapshots));
}

inBrowsers(async (t, driver) => {
  const site = await serve(directory);
  t.after(() => site.close());

  const run = async (page, app) => {
    await driver.get(`${site.url}pages/${page}.html?${app}`);
    return driver.executeScript("return window.ran");
  };

  for (const app of Object.keys(APPS)) {
    for (const page of ["module", "classic"]) {
      await t.test(
        `${app} after a ${page} script: the same output, and exact counters`,
        async () => {
          const original = await run("original", `${app}/original`);
          const ran = await run(page, `${app}/instrumented`);
          assert.deepEqual(ran.output, original.output);
          assert.deepEqual(ran.output, inNode[app].ran.output);

          const snapshots = await driver.executeScript(SNAPSHOTS);
          assertCounted(app, ran, snapshots);
          // Random numbers decide how often the hash tables of sh-syntax grow; the others always allocate the same.
          if (app !== "sh-syntax")
            assert.deepEqual(counters(snapshots), counters(inNode[app].snapshots));
          assert.deepEqual(await site.refused(driver), []);
        },
      );
    }
  }
});
