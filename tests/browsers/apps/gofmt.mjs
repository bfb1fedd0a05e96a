// Go by TinyGo. The package's own loader for pages fetches the module that lies beside it.
import init, { format } from "./package/gofmt_web.js";

/** See ../../corpus/gofmt.test.mjs for where the program counts. */
const MALLOCS = 129864;
const HEAP_BYTES = 129856;

export async function run() {
  const { memory } = await init();
  const output = [];
  for (const name of ["ledger.go", "pipeline.go", "broken.go"]) {
    const source = await (await fetch(new URL(name, import.meta.url))).text();
    try {
      output.push(format(source));
    } catch (error) {
      output.push(String(error));
    }
  }
  const view = new DataView(memory.buffer);
  const counted = {
    count: Number(view.getBigUint64(MALLOCS, true)),
    bytes: Number(view.getBigUint64(HEAP_BYTES, true)),
  };
  return { output, counted, memoryBytes: memory.buffer.byteLength };
}
