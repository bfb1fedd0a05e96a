// Starts the worker that the address names, `?gofmt/instrumented/worker.mjs`, with a time for answers, `&60000`.
import { bridgeConfig, connect, wrapWorker } from "/allocinstr/lib/bridge.js";

const [script, timeout] = location.search.slice(1).split("&");
const url = `/${script}`;
const type = url.endsWith(".mjs") ? "module" : "classic";
const config = bridgeConfig(timeout && { timeoutMs: Number(timeout) });
const { worker, bridge } = url.endsWith("/watched.mjs")
  ? start()
  : wrapWorker(url, { type, config });

/** A worker whose script loads the hook. */
function start() {
  const worker = new Worker(url, { type });
  return { worker, bridge: connect(worker) };
}

/** What the app answers. */
function ask(message) {
  const { promise, resolve, reject } = Promise.withResolvers();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message, filename, lineno }) =>
    reject(new Error(`${message} (${filename}:${lineno})`));
  worker.postMessage(message);
  return promise;
}

window.bridge = bridge;
window.ran = ask(null);

const held = new Int32Array(new SharedArrayBuffer(4));

/** Keeps the worker busy, from when the promise is kept until `release`. */
window.hold = async () => {
  await window.ran;
  Atomics.store(held, 0, 1);
  await ask(held);
};

window.release = () => Atomics.store(held, 0, 0);
