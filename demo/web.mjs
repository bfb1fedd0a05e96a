// Serves a page that formats Go as you type, by gofmt in a worker, and shows who allocates there. Ends with Ctrl-C.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serve } from "../tests/browsers/site.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SITE = `${ROOT}build/demo-web`;

/**
 * Instruments the published gofmt, and serves it under the package's own loader.
 * @param {number} port 0 takes one that is free
 */
export function start(port) {
  const { ALLOCINSTR } = process.env;
  if (!ALLOCINSTR) throw new Error("run `make demo-web`, which sets ALLOCINSTR");
  rmSync(SITE, { recursive: true, force: true });
  mkdirSync(SITE, { recursive: true });
  cpSync(`${ROOT}demo/web`, SITE, { recursive: true });
  cpSync(`${ROOT}runtime/web`, `${SITE}/allocinstr`, { recursive: true });
  cpSync(`${ROOT}tests/node_modules/@wasm-fmt/gofmt`, `${SITE}/gofmt`, { recursive: true });
  execFileSync(ALLOCINSTR, ["-q", "-print-allocs", ".*", "--in-place", `${SITE}/gofmt/gofmt.wasm`]);
  return serve(SITE, { port });
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8080" } } });
  const site = await start(Number(values.port)).catch((error) => {
    if (error.code !== "EADDRINUSE") throw error;
    console.error(`port ${values.port} is taken: make demo-web PORT=0 takes one that is free`);
    process.exit(1);
  });
  console.log(site.url);
  console.error("gofmt counts as you type there; Ctrl-C ends");
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, site.close);
}
