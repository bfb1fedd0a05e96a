import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Another copy of the package, as in a bundle.
 * @param {import("node:test").TestContext} t
 * @returns {URL} its directory
 */
export function copyOfThePackage(t) {
  const copy = mkdtempSync(join(tmpdir(), "allocinstr-"));
  t.after(() => rmSync(copy, { recursive: true }));
  const own = fileURLToPath(new URL("..", import.meta.url));
  cpSync(own, copy, { recursive: true, filter: (path) => !path.startsWith(join(own, "test")) });
  return pathToFileURL(`${copy}/`);
}
