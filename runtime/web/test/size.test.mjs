import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { gzipSync } from "node:zlib";

/**
 * A file and all that it imports at once, in the order a bundler writes them.
 * @param {URL} file
 * @returns {string}
 */
function withImports(file, seen = new Set()) {
  if (seen.has(file.href)) return "";
  seen.add(file.href);
  const text = readFileSync(file, "utf8");
  const imports = [...text.matchAll(/^import (?:.+ from )?"(.+)";$/gm)];
  return imports.map(([, path]) => withImports(new URL(path, file), seen)).join("") + text;
}

test("auto_with_all_that_it_loads_is_within_6_KB_by_gzip_comments_and_all", () => {
  const all = withImports(new URL("../auto.js", import.meta.url));
  for (const part of ["new Proxy", "class MemoryCounters", "class AllocinstrError"]) {
    assert.equal(all.split(part).length > 1, true, part);
  }
  const { length } = gzipSync(all, { level: 9 });
  assert.ok(length <= 6144, `${length} bytes`);
});
