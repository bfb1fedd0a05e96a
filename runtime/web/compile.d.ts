export { compile } from "./index.js";
