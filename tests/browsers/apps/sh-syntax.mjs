// Go by TinyGo with its collector, goroutines and imports, under the package's copy of TinyGo's wasm_exec.js.
import { getProcessor } from "./package/lib/browser.js";

/** See ../../corpus/sh-syntax.test.mjs for where the program counts. */
const TOTAL_ALLOC = 1171496;
const MALLOCS = 1171504;

/** Every call runs the program in an instance of its own, which would be gone before anybody reads its counters. */
const instances = [];

export async function run() {
  const format = getProcessor(async (imports) => {
    const response = fetch(new URL("package/main.wasm", import.meta.url));
    const { instance } = await WebAssembly.instantiateStreaming(response, imports);
    instances.push(instance);
    return instance;
  });
  const source = await (await fetch(new URL("deploy.sh", import.meta.url))).text();
  const options = { filepath: "deploy.sh", print: true };
  const output = [
    await format(source, options),
    await format(source, { ...options, minify: true }),
  ];
  return { output, counted: countedBy(instances) };
}

/** What the program counts of itself. */
export function countedBy(instances) {
  const counted = { count: 0, bytes: 0 };
  for (const { exports } of instances) {
    const view = new DataView(exports.memory.buffer);
    counted.count += Number(view.getBigUint64(MALLOCS, true));
    counted.bytes += Number(view.getBigUint64(TOTAL_ALLOC, true));
  }
  return counted;
}
