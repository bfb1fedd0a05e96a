import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export const require = createRequire(import.meta.url);

/** A file of a package, past what the package exports. */
export const packageFile = (path) =>
  fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
