// Published packages as apps: each a directory with the package's own files and loader, and our few lines that use it
// (apps/). The instrumented app is the same directory with another module in it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OWN = `${ROOT}tests/browsers/`;
const { ALLOCINSTR = `${ROOT}target/release/allocinstr`, NODE = process.execPath } = process.env;
const AS_FEED = `${ROOT}build/browsers/as-feed/`;

const input = (name) => `${ROOT}tests/corpus/inputs/${name}`;

/**
 * `files` are copied under their names, `module` is the file among them that is instrumented.
 * @type {Record<string, { files: Record<string, string>, module: string, options?: string[] }>}
 */
export const APPS = {
  gofmt: {
    files: {
      package: `${ROOT}tests/node_modules/@wasm-fmt/gofmt`,
      "ledger.go": input("ledger.go"),
      "pipeline.go": input("pipeline.go"),
      "broken.go": input("broken.go"),
    },
    module: "package/gofmt.wasm",
    // As the program's own counters do.
    options: ["--bytes", "heap"],
  },
  "sh-syntax": {
    files: {
      package: `${ROOT}tests/node_modules/sh-syntax`,
      "deploy.sh": input("deploy.sh"),
    },
    module: "package/main.wasm",
  },
  "as-feed": {
    files: { package: AS_FEED },
    module: "package/app.wasm",
  },
  biome: {
    files: { package: `${ROOT}tests/corpus/node_modules/@biomejs/wasm-web` },
    module: "package/biome_wasm_bg.wasm",
  },
  "web-tree-sitter": {
    files: {
      package: `${ROOT}tests/node_modules/web-tree-sitter`,
      "python.wasm": `${ROOT}tests/node_modules/tree-sitter-python/tree-sitter-python.wasm`,
      "inventory.py": input("inventory.py"),
      "broken.py": input("broken.py"),
    },
    module: "package/debug/web-tree-sitter.wasm",
  },
};

/**
 * Makes a site of apps, and of the package `allocinstr` at `/allocinstr/`.
 *
 * @param {string} name
 * @param {(keyof typeof APPS)[]} apps
 * @returns {string} a directory that has APP/original/ and APP/instrumented/
 */
export function buildSite(name, apps) {
  const site = `${ROOT}build/browsers/${name}/`;
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site, { recursive: true });
  // Of a program that Node runs.
  writeFileSync(`${site}package.json`, '{ "type": "module" }');
  cpSync(`${ROOT}runtime/web`, `${site}allocinstr`, { recursive: true });
  cpSync(`${OWN}pages`, `${site}pages`, { recursive: true });
  for (const app of apps) {
    if (app === "as-feed") buildAsFeed();
    const { files, module, options = [] } = APPS[app];
    for (const variant of ["original", "instrumented"]) {
      const directory = `${site}${app}/${variant}/`;
      for (const [to, from] of Object.entries(files))
        cpSync(from, directory + to, { recursive: true, dereference: true });
      cpSync(`${OWN}apps/${app}.mjs`, `${directory}app.mjs`);
      for (const worker of ["worker.mjs", "watched.mjs", "worker-script.js"])
        cpSync(`${OWN}apps/${worker}`, directory + worker);
    }
    execFileSync(
      ALLOCINSTR,
      ["-q", "-print-allocs", ".*", ...options, "--in-place", `${app}/instrumented/${module}`],
      { cwd: site, stdio: ["ignore", "inherit", "inherit"] },
    );
  }
  return site;
}

/** The fixture with a loader, which the other tests of it need not have. */
function buildAsFeed() {
  const asc = `${ROOT}tests/node_modules/assemblyscript/bin/asc.js`;
  const build = ["--debug", "--sourceMap", "--exportRuntime", "--disableWarning", "235"];
  const bindings = ["--bindings", "esm", "--outFile", `${AS_FEED}app.wasm`];
  execFileSync(
    NODE,
    [asc, "web/wasm/app/feed.ts", ...build, "--runtime", "stub", "-O0", ...bindings],
    { cwd: `${ROOT}fixtures/as-feed`, stdio: ["ignore", "inherit", "inherit"] },
  );
}
