// Builds and runs programs of instrumented LLVM IR. Paths and flags are LLVM 22's, as Debian calls it.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const runtime = path.join(root, "runtime/native");

/** A directory that is gone when the tests of this file are over. */
export function scratchDirectory() {
  const directory = mkdtempSync(path.join(tmpdir(), "allocinstr-llvm-"));
  process.on("exit", () => rmSync(directory, { recursive: true }));
  return directory;
}

/**
 * Runs `allocinstr`.
 * @param {string[]} args
 * @param {string} cwd
 */
export function allocinstr(args, cwd) {
  const { status, stdout, stderr } = spawnSync(process.env.ALLOCINSTR, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

/**
 * Runs a program that must succeed.
 * @param {string} program
 * @param {string[]} args
 */
export function tool(program, args) {
  return execFileSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28 });
}

/**
 * The runtime as an object, with warnings as errors.
 * @param {string} directory where it goes
 * @param {string[]} flags
 */
export function buildRuntime(directory, flags = []) {
  const object = path.join(directory, "allocinstr.o");
  const strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-fPIC"];
  const source = path.join(runtime, "allocinstr.c");
  tool("clang-22", [...strict, ...flags, "-c", source, "-o", object]);
  return object;
}

/**
 * Runs an instrumented program, which may write 64 MiB and take a minute: a runtime that is broken writes for ever.
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} options
 */
export function runProgram(program, args, options = {}) {
  const limited = ["-c", 'ulimit -f 65536; exec "$0" "$@"', program, ...args];
  const limits = { encoding: "utf8", maxBuffer: 1 << 26, timeout: 60_000, killSignal: "SIGKILL" };
  return spawnSync("bash", limited, { ...limits, ...options });
}

/**
 * Runs an instrumented program to its end, and reads what it has written.
 * @param {string} program
 * @param {string} out where its snapshots go; must not exist
 * @param {{ args?: string[], env?: Record<string, string> }} options
 */
export function measure(program, out, { args = [], env = {} } = {}) {
  const ran = runProgram(program, args, { env: { ...process.env, ...env, ALLOCINSTR_OUT: out } });
  return { ...ran, documents: readDocuments(out) };
}

/**
 * Site tables by build, and snapshots, of a file of the runtime.
 * @param {string} file
 */
export function readDocuments(file) {
  const tables = new Map();
  const snapshots = [];
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const document = JSON.parse(line);
    if (document.format === "allocinstr-sites") tables.set(document.build_id, document);
    else snapshots.push(document);
  }
  return { tables, snapshots };
}
