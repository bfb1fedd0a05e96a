// The recipes of docs/llvm.md do what they say, with feed.c and note.c beside.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readDocuments, scratchDirectory } from "../build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = path.join(here, "../../..");
const scratch = scratchDirectory();
for (const source of ["feed.c", "note.c"])
  copyFileSync(path.join(here, source), path.join(scratch, source));

const [single, linked, ...others] = [
  ...readFileSync(path.join(root, "docs/llvm.md"), "utf8").matchAll(/^```sh\n([^]*?)^```$/gm),
].map(([, commands]) => commands);

function run(commands) {
  const directory = path.dirname(process.env.ALLOCINSTR);
  const ran = spawnSync("bash", ["-euo", "pipefail", "-c", commands], {
    cwd: scratch,
    encoding: "utf8",
    env: { ...process.env, PATH: `${directory}:${process.env.PATH}`, ALLOCINSTR_HOME: root },
  });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout;
}

test("one source: its own allocation is counted, the other's is not", () => {
  const stdout = run(single);
  assert.match(stdout, /^fn\n1000 B in 1 allocation;/);
  assert.match(stdout, / 1000 B +100.0 % +1 +alloc +main \(.*feed.c:10:16\) → malloc/);
});

test("two sources as one module: notes are made through a call", () => {
  assert.equal(run(linked), "fn\n");
  const [out] = readdirSync(scratch).filter((name) => /^app-\d+\.ndjson$/.test(name));
  const [{ totals }] = readDocuments(path.join(scratch, out)).snapshots;
  assert.deepEqual([totals.alloc_count, totals.alloc_bytes], [5, 1 + 101 + 201 + 301 + 1000]);
});

test("there are no others", () => assert.deepEqual(others, []));
