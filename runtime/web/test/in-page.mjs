import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import { missing } from "./missing.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "chromium";

/** All that an instrumented app needs: no `blob:`, no `eval`. */
export const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/** @type {Record<string, string>} */
const TYPES = { ".wasm": "application/wasm", ".js": "text/javascript", ".html": "text/html" };

const REPORT = `
const report = async (result) => {
  const body = JSON.stringify(await result.catch((error) => String(error?.stack ?? error)));
  await fetch("/result", { method: "POST", body });
};
`;

/**
 * Runs a module in a page, beside the package's files, and gives what it hands to \`report\`, a promise; nothing where
 * there is no browser.
 * @param {import("node:test").TestContext} t
 * @param {string} script
 * @param {Record<string, string | Uint8Array>} files by path
 * @param {(path: string, body: string) => unknown} [answer] what is answered to other requests, as JSON
 * @param {string} [policy] of the page and its workers
 */
export async function inPage(t, script, files, answer = () => undefined, policy = POLICY) {
  const { promise: result, resolve, reject } = Promise.withResolvers();
  const served = new Map([
    ...Object.entries(files),
    ["/", '<!doctype html><script type="module" src="/page.js"></script>'],
    ["/page.js", REPORT + script],
  ]);
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    response.setHeader("content-security-policy", policy);
    response.setHeader("content-type", TYPES[extname(path)] ?? "text/html");
    if (path === "/result") {
      resolve(JSON.parse(await text(request)));
      response.end();
    } else if (served.has(path)) {
      response.end(served.get(path));
    } else if (/^\/(lib\/)?[\w-]+\.js$/.test(path)) {
      try {
        response.end(readFileSync(new URL(`..${path}`, import.meta.url)));
      } catch {
        response.writeHead(404).end();
      }
    } else {
      const answered = await answer(path, await text(request));
      if (answered === undefined) response.statusCode = 404;
      response.end(JSON.stringify(answered));
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

  const timer = setTimeout(() => reject(new Error("the page reported nothing")), 30_000);
  try {
    return await result;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
    missing(t, "chromium", `no browser \`${CHROMIUM}\``);
  } finally {
    clearTimeout(timer);
    if (browser.kill()) await ended;
  }
}
