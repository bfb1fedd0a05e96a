// The package as it is published: packed, installed in an empty project, and used there as its README shows.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { before, test } from "node:test";
import vm from "node:vm";
import { blocksOf, root, testConsole, writeFiles } from "../shown.mjs";

const README = "runtime/web/README.md";
const project = `${root}build/package`;
const installed = `${project}/node_modules/allocinstr`;

const npm = (...args) =>
  execFileSync("npm", [...args, "--silent", "--offline"], { cwd: project, encoding: "utf8" });

const node = (...args) => execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" });

before(() => {
  execFileSync("make", ["-C", `${root}fixtures`, "as-feed"], { stdio: "pipe" });
  rmSync(project, { recursive: true, force: true });
  mkdirSync(`${project}/build`, { recursive: true });
  writeFileSync(`${project}/package.json`, JSON.stringify({ private: true, type: "module" }));
  const tarball = npm("pack", `${root}runtime/web`).trim();
  npm("install", `./${tarball}`);
  for (const suffix of ["", ".map"])
    copyFileSync(
      `${root}build/fixtures/as-feed/O0/in.wasm${suffix}`,
      `${project}/build/app.wasm${suffix}`,
    );
  writeFiles(README, project);
});

testConsole(README, project);

test("the other files of the README run as well", () => {
  for (const file of ["by-hand.mjs", "classic.js"])
    assert.equal(node("--import", "allocinstr/auto", file), "");
});

test("what the README calls a classic script is one", () => {
  assert.ok(new vm.Script(readFileSync(`${project}/classic.js`, "utf8")));
});

test("the README's import map leads to what the package exports", () => {
  const [map] = blocksOf(README, "html").flatMap((html) => {
    const [, json] = /<script type="importmap">(.*?)<\/script>/s.exec(html) ?? [];
    return json ? [JSON.parse(json)] : [];
  });
  const { exports } = JSON.parse(readFileSync(`${installed}/package.json`, "utf8"));
  const imported = readFileSync(`${project}/page.js`, "utf8").matchAll(/from "(.+)"/g);
  for (const [, name] of imported) assert.ok(name in map.imports, name);
  for (const [name, address] of Object.entries(map.imports)) {
    const { default: file } = exports[name.replace("allocinstr", ".")];
    assert.equal(address, file.replace(".", "/node_modules/allocinstr"));
  }
});

test("the README's recording arrives at a server", async (t) => {
  const bodies = [];
  const server = createServer(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(204).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}/`;
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, ["record.mjs"], {
    cwd: project,
    env: { ...process.env, COLLECTOR: url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.equal(await text(child.stdout), "{ answered: 2, queued: 0, unsent: 0 }\n");
  assert.deepEqual(
    bodies.map((body) =>
      body
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).label),
    ),
    [["loaded", null]],
  );
});

test("the README's recording keeps what there is no server for", () => {
  const env = { ...process.env };
  delete env.COLLECTOR;
  const said = execFileSync(process.execPath, ["record.mjs"], {
    cwd: project,
    env,
    encoding: "utf8",
  });
  assert.match(said, /^\{ answered: \d, queued: 0, unsent: \d \}\n$/);
});

test("what the README calls a snapshot is what the command reports", () => {
  const series = readFileSync(`${project}/series.ndjson`, "utf8").trimEnd().split("\n");
  // All of it is no snapshot: a file has one.
  assert.equal(series.length, 2);
  for (const input of series) {
    const args = ["report", "-", "--sites", "app.wasm", "--top", "1"];
    const report = execFileSync(process.env.ALLOCINSTR, args, {
      cwd: project,
      input,
      encoding: "utf8",
    });
    assert.match(report, /feed\.ts:13:\d+\) → ~lib\/map/);
  }
});

test("every entry can be imported alone, and nothing else", () => {
  const { exports } = JSON.parse(readFileSync(`${installed}/package.json`, "utf8"));
  const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");
  for (const entry of entries) {
    const name = JSON.stringify(entry.replace(".", "allocinstr"));
    // What begins a worker of a page needs one.
    const load = entry.startsWith("./worker") ? `import.meta.resolve(${name})` : `import(${name})`;
    node("--input-type=module", "--eval", `await ${load}; process.exit(0)`);
  }
  const inner = `import("allocinstr/lib/header.js").catch(({ code }) => console.log(code))`;
  assert.equal(node("--eval", inner), "ERR_PACKAGE_PATH_NOT_EXPORTED\n");
});

test("the tarball holds the package and no test", () => {
  const [{ files }] = JSON.parse(npm("pack", `${root}runtime/web`, "--dry-run", "--json"));
  const paths = files.map(({ path }) => path);
  for (const path of paths) {
    assert.match(
      path,
      /^(README\.md|LICENSE-(MIT|APACHE)|package\.json|[\w-]+\.(js|d\.ts)|lib\/[\w-]+\.js)$/,
    );
  }
  assert.ok(paths.includes("auto-script.js") && paths.includes("lib/counters.js"));
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"])
    assert.equal(readFileSync(`${installed}/${name}`, "utf8"), readFileSync(root + name, "utf8"));
});

test("publint has nothing to say", () => {
  const publint = `${root}tests/node_modules/publint/src/cli.js`;
  const said = node(publint, "run", `${root}runtime/web`, "--strict");
  assert.match(said, /All good!/);
});

test("the types are what tests/types says", () => {
  for (const name of ["tsd", "@types"])
    symlinkSync(`${root}tests/node_modules/${name}`, `${project}/node_modules/${name}`);
  copyFileSync(`${root}tests/types/package.test-d.ts`, `${project}/package.test-d.ts`);
  const tsd = `${root}tests/node_modules/tsd/dist/cli.js`;
  node(tsd, "--typings", "node_modules/allocinstr/index.d.ts", "--files", "package.test-d.ts");
});
