import assert from "node:assert/strict";
import test from "node:test";
import { inPage } from "./in-page.mjs";
import { FEED, STORAGES, instrument } from "./instrumented.mjs";

const SCRIPT = `  import { attach, compile } from "/index.js";

async function profile(storage) {
  const module = await compile(fetch("/" + storage + ".wasm"));
  const instance = await WebAssembly.instantiate(module);
  const profile = attach(module, instance, { name: "page" });
  instance.exports.render();
  instance.exports.load(100);
  instance.exports.idle();
  return profile.snapshot({ label: "loaded" });
}

report(Promise.all(["memory", "globals"].map(profile)));
`;

test("attach_and_snapshot_work_in_a_page", { timeout: 60_000 }, async (t) => {
  const files = Object.fromEntries(
    STORAGES.map((storage) => [`/${storage}.wasm`, instrument(FEED, "--storage", storage)]),
  );
  const snapshots = await inPage(t, SCRIPT, files);
  if (snapshots === undefined) return;

  assert.ok(Array.isArray(snapshots), snapshots);
  for (const { label, instance, totals, memory_bytes, rows } of snapshots) {
    assert.deepEqual(
      { label, instance, totals, memory_bytes, rows },
      {
        label: "loaded",
        instance: "page",
        // 16 by render, 100 by load, 8 by idle, which is not selected.
        totals: {
          alloc_count: 3,
          alloc_bytes: 124,
          live_count: null,
          live_bytes: null,
          unattributed_count: 1,
          unattributed_bytes: 8,
        },
        memory_bytes: 65536,
        rows: [
          [0, 1, 16, null, null],
          [1, 1, 100, null, null],
        ],
      },
    );
  }
  assert.equal(snapshots.length, STORAGES.length);
});
