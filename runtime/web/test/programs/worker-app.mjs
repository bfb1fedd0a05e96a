// An app in a worker thread: it knows of no hook, but for what it serves by choice.
import { parentPort, workerData } from "node:worker_threads";
import { accept, serve } from "../../lib/serve.js";

const { module, names = true, config } = workerData;
/** @type {Int32Array} */
const held = workerData.held;
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
let touched = 0;

const instance = module && (await WebAssembly.instantiate(module));

serve(
  {
    touch: () => ++touched,
    echo: async (/** @type {unknown} */ value) => value,
    fail: (/** @type {unknown} */ error) => {
      throw error;
    },
    bare: () => {
      throw Object.create(null);
    },
    never: () => new Promise(() => {}),
    closure: () => () => {},
  },
  config && { config },
);

port.on("message", async (message) => {
  if (message === "hold") {
    port.postMessage("held");
    // A call that does not return to the event loop before it is told to.
    while (Atomics.load(held, 0) === 0);
    return;
  }
  if (message === "exit") process.exit(3);
  if (message.configure) {
    serve({}, { config: message.configure });
    port.postMessage("configured");
    return;
  }
  if (message.accept) return accept(message.accept);
  if (message.serveBy) {
    const other = await import(message.serveBy);
    other.serve({ mine: () => "mine" });
    port.postMessage("served");
    return;
  }
  const { call, args = [] } = message;
  port.postMessage({ called: call, result: instance.exports[call](...args), names });
});
port.postMessage("started");
