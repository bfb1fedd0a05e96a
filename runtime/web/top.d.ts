export { top } from "./index.js";
