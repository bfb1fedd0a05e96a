// The programs of this directory, instrumented by the real binary.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ALLOCINSTR =
  process.env.ALLOCINSTR ??
  fileURLToPath(new URL("../../../target/release/allocinstr", import.meta.url));

/** Selects `feed.*` in programs/feed.wat: site 0 is render's 16 bytes, site 1 is load's. */
export const FEED = ["feed.wat", "-print-allocs", "^feed", "--allocator", "^bump$=0"];

/** Selects `feed.load` in programs/vast.wat. */
export const VAST = ["vast.wat", "-print-allocs", "^feed", "--allocator", "^vast$=0"];

/** Selects `feed.load` in programs/imported.wat. */
export const IMPORTED = ["imported.wat", "-print-allocs", "^feed", "--allocator", "^bump$=0"];

/** Selects `feed.load` in programs/stats.wat. */
export const STATS = ["stats.wat", "-print-allocs", "^feed", "--allocator", "^bump$=0"];

/**
 * @param {string[]} args a file of programs/, then options
 * @returns {Buffer<ArrayBuffer>} the instrumented module
 */
export function instrument([program, ...options], /** @type {string[]} */ ...more) {
  const input = fileURLToPath(new URL(`programs/${program}`, import.meta.url));
  return execFileSync(ALLOCINSTR, ["-q", input, "-o", "-", ...options, ...more]);
}

/** Where counters can be kept (`--storage`). */
export const STORAGES = /** @type {const} */ (["memory", "globals"]);

/** @param {string[]} args */
export function build(args, /** @type {string[]} */ ...more) {
  return new WebAssembly.Module(instrument(args, ...more));
}

/**
 * @param {WebAssembly.Module} module
 * @returns {WebAssembly.Instance & { exports: Record<string, any> }}
 */
export function run(module) {
  return new WebAssembly.Instance(module);
}
