export { compile } from "./lib/compile.js";
export { AllocinstrError } from "./lib/error.js";
export { merge } from "./lib/merge.js";
export { attach } from "./lib/profile.js";
export { readSites } from "./lib/sites.js";
