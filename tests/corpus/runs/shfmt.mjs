// A shell formatter built by TinyGo; never frees.
import { readFileSync } from "node:fs";
import { format } from "../node_modules/@wasm-fmt/shfmt/shfmt_binding.js";
import { packageFile } from "./packages.mjs";

export const file = packageFile("@wasm-fmt/shfmt/shfmt.wasm");
export const allocators = [{ "runtime.alloc": 0 }];
export const shows = ["\n  until (($(jobs -rp | wc -l) < jobs)); do wait -n; done\n", "broken.sh:"];
export const regexes = ["mvdan.cc/sh/v3/syntax", "Printer"];

export async function run() {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)));
  exports._initialize();
  return ["deploy.sh", "broken.sh", "deploy.sh"].map((name) => {
    const source = readFileSync(new URL(`../inputs/${name}`, import.meta.url), "utf8");
    try {
      return format(exports, source, name, { indent: 2, binaryNextLine: true });
    } catch (error) {
      return error.message;
    }
  });
}
