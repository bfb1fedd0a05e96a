import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { gzipSync } from "node:zlib";

/**
 * A file and all that it imports at once, in the order a bundler writes them.
 * @param {URL} file
 * @returns {string}
 */
function withImports(file, /** @type {Map<string, string>} */ seen = new Map()) {
  if (seen.has(file.href)) return "";
  const text = readFileSync(file, "utf8");
  seen.set(file.href, text);
  const imports = [...text.matchAll(/^import (?:.+ from )?"(.+)";$/gm)];
  return imports.map(([, path]) => withImports(new URL(path, file), seen)).join("") + text;
}

test("auto_with_all_that_it_loads_is_within_6_KB_by_gzip_comments_and_all", () => {
  const files = new Map();
  const all = withImports(new URL("../auto.js", import.meta.url), files);
  for (const part of ["new Proxy", "class MemoryCounters", "class AllocinstrError"]) {
    assert.equal(all.split(part).length > 1, true, part);
  }
  const bytes = (/** @type {string} */ text) => gzipSync(text, { level: 9 }).length;
  assert.ok(bytes(all) <= 6144, `${bytes(all)} bytes`);
  // As a server without a bundler sends it, which the README says as well.
  const apart = [...files.values()].reduce((sum, text) => sum + bytes(text), 0);
  assert.equal(files.size, 7);
  assert.ok(apart <= 7750, `${apart} bytes`);
});
