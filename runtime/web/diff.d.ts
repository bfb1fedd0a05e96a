export { diff } from "./index.js";
