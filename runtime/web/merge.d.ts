export { merge } from "./index.js";
