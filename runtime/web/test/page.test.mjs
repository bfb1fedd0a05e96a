import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test from "node:test";
import { FEED, STORAGES, instrument } from "./instrumented.mjs";
import { missing } from "./missing.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "chromium";

const PAGE = `<!doctype html>
<script type="module">
  import { attach, compile } from "/index.js";

  async function profile(storage) {
    const module = await compile(fetch("/" + storage + ".wasm"));
    const instance = await WebAssembly.instantiate(module);
    const profile = attach(module, instance, { name: "page" });
    instance.exports.render();
    instance.exports.load(100);
    instance.exports.idle();
    return profile.snapshot({ label: "loaded" });
  }

  const body = await Promise.all(["memory", "globals"].map(profile)).catch(String);
  await fetch("/result", { method: "POST", body: JSON.stringify(body) });
</script>`;

test("attach_and_snapshot_work_in_a_page", { timeout: 60_000 }, async (t) => {
  const { promise: result, resolve, reject } = Promise.withResolvers();
  const modules = new Map(
    STORAGES.map((storage) => [`/${storage}.wasm`, instrument(FEED, "--storage", storage)]),
  );
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (path === "/result") {
      resolve(JSON.parse(await text(request)));
      response.end();
    } else if (path === "/") {
      response.setHeader("content-type", "text/html").end(PAGE);
    } else if (modules.has(path)) {
      response.setHeader("content-type", "application/wasm").end(modules.get(path));
    } else if (/^\/(index|lib\/\w+)\.js$/.test(path)) {
      const file = new URL(`..${path}`, import.meta.url);
      response.setHeader("content-type", "text/javascript").end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

  const userData = mkdtempSync(join(tmpdir(), "allocinstr-"));
  t.after(() => rmSync(userData, { recursive: true, force: true, maxRetries: 10 }));
  const browser = spawn(
    CHROMIUM,
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      `--user-data-dir=${userData}`,
      `http://127.0.0.1:${port}/`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const said = text(browser.stderr);
  const ended = new Promise((end) => browser.once("close", end));
  browser.once("error", reject);
  browser.once("exit", async (status) => reject(new Error(`exit ${status}: ${await said}`)));

  let snapshots;
  try {
    snapshots = await result;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
    return missing(t, "chromium", `no browser \`${CHROMIUM}\``);
  } finally {
    if (browser.kill()) await ended;
  }

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
