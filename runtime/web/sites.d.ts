export { readSites } from "./index.js";
