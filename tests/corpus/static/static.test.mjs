// Every module of modules.mjs, instrumented by both engines with both storages; see check.mjs. Nothing runs here.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fileOf, MODULES } from "./modules.mjs";

const LANGUAGES = "AssemblyScript C C++ Dart GHC Go OCaml Ruby Rust TinyGo Zig".split(" ");
const check = fileURLToPath(new URL("check.mjs", import.meta.url));

function checkInChild(index) {
  const child = spawn(process.execPath, [check, String(index)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => (printed[stream] += text));
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => {
      if (status === 0) resolve(JSON.parse(printed.stdout));
      else reject(new Error(printed.stderr.trim() || `ended by ${signal}`));
    });
  });
}

// The walrus engine takes some 45 times a module's size, so the big ones go one after the other, beside small ones.
const BIG_BYTES = 8 << 20;
const isBig = (module) => {
  const file = fileOf(module);
  return file !== undefined && !module.refused && statSync(file).size > BIG_BYTES;
};
const anyone = lanes(availableParallelism());
const bigOnes = lanes(1);

/** Lets so many actions run at a time, in order. */
function lanes(free) {
  const waiting = [];
  return async (action) => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

const counts = new Map();

describe("modules out of npm packages", { concurrency: MODULES.length }, () => {
  for (const [index, module] of MODULES.entries()) {
    const how = [module.language, module.package, module.path, ...(module.args ?? [])].join(" ");
    test(how, async () => {
      const check = () => anyone(() => checkInChild(index));
      const { sites, line } = await (isBig(module) ? bigOnes(check) : check());
      console.log(`${how}: ${line}`);
      counts.set(index, sites);
    });
  }
});

test("the corpus is as large and as mixed as it is meant to be", () => {
  const files = new Set(MODULES.map((module) => `${module.package}/${module.path}`));
  assert.ok(files.size >= 40, `${files.size} modules`);
  assert.deepEqual([...new Set(MODULES.map(({ language }) => language))].sort(), LANGUAGES);
  const rich = [...counts.values()].filter((sites) => sites >= 50).length;
  assert.ok(rich >= 15, `${rich} modules with at least 50 sites`);
});
