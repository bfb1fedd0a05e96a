// IR that was damaged: each ends in a message and status 3, or in output that LLVM's own verifier takes. Whatever LLVM
// does, `allocinstr` lives, and an older output stays as it was.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { allocinstr, scratchDirectory, tool } from "../build.mjs";

const conservation = fileURLToPath(new URL("../conservation", import.meta.url));
const scratch = scratchDirectory();
const bitcode = path.join(scratch, "containers.bc");
const text = path.join(scratch, "churn.ll");
const compile = ["-O1", "-g", "-emit-llvm"];
tool("clang++-22", [...compile, "-c", path.join(conservation, "containers.cpp"), "-o", bitcode]);
tool("clang-22", [...compile, "-S", path.join(conservation, "churn.c"), "-o", text]);

/** A generator of numbers below `most`, the same in every run. */
function numbers(seed) {
  let state = seed;
  return (most) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % most;
  };
}

/** Overwrites up to `most` bytes, cuts out, or cuts off. */
function damage(bytes, random, most) {
  const out = Buffer.from(bytes);
  const kind = random(8);
  if (kind === 0) return out.subarray(0, random(out.length));
  if (kind === 1) {
    const at = random(out.length);
    return Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + random(64))]);
  }
  for (let times = 1 + random(most); times > 0; times--)
    out[random(out.length)] = kind < 5 ? random(256) : out[random(out.length)];
  return out;
}

function check(original, extension, count, most) {
  const random = numbers(2463534242);
  const bytes = readFileSync(original);
  const statuses = new Map();
  for (let at = 0; at < count; at++) {
    const input = path.join(scratch, `in${extension}`);
    const output = path.join(scratch, `out${extension}`);
    writeFileSync(input, damage(bytes, random, most));
    writeFileSync(output, "older");
    const { status, stderr } = allocinstr(["-print-allocs", ".", input, "-o", output], scratch);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 0) {
      const verified = spawnSync("opt-22", ["-passes=verify", "-disable-output", output]);
      assert.equal(verified.status, 0, `${at}: ${verified.stderr}`);
      continue;
    }
    assert.equal(status, 3, `${at}: ${stderr}`);
    assert.match(stderr, /^error: .+/, `${at}`);
    assert.equal(readFileSync(output, "utf8"), "older", `${at}`);
  }
  // Not all of them are so bad that nothing was tried.
  assert.ok(statuses.get(0) > 0 && statuses.get(3) > 0, JSON.stringify([...statuses]));
}

test("200 damaged files of bitcode", () => check(bitcode, ".bc", 200, 6));

test("100 damaged files of text", () => check(text, ".ll", 100, 1));

/** A directory with allocinstr, and beside it a program in the place of allocinstr-llvm. */
function withChild(name, script) {
  const directory = path.join(scratch, name);
  tool("mkdir", [directory]);
  copyFileSync(process.env.ALLOCINSTR, path.join(directory, "allocinstr"));
  const child = path.join(directory, "allocinstr-llvm");
  writeFileSync(child, script);
  chmodSync(child, 0o755);
  return (args) =>
    spawnSync(path.join(directory, "allocinstr"), args, { cwd: scratch, encoding: "utf8" });
}

for (const [name, script, message] of [
  ["segfault", "kill -SEGV $$", /LLVM's reader gave up, signal: 11 \(SIGSEGV\)/],
  ["abort", "echo 'LLVM ERROR: bad' >&2; kill -ABRT $$", /signal: 6 \(SIGABRT\).*LLVM ERROR: bad/],
  ["time", "kill -XCPU $$", /LLVM needs more than 60 s/],
  ["memory", "echo 'LLVM ERROR: out of memory' >&2; exit 1", /more than 4.\d* GiB of memory/],
  ["babble", "echo hello", /LLVM's reader gave up/],
]) {
  test(`a child that ends by ${name} is one message, and the older output stays`, () => {
    const run = withChild(name, `#!/bin/sh\ncat >/dev/null\n${script}\n`);
    const output = path.join(scratch, `${name}.bc`);
    writeFileSync(output, "older");
    const { status, stderr } = run(["-print-allocs", ".", bitcode, "-o", output]);
    assert.equal(status, 3, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1);
    assert.equal(readFileSync(output, "utf8"), "older");
  });
}
