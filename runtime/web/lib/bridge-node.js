// `wrapWorker` for worker threads of Node: docs in ../bridge-node.d.ts.
import { pathToFileURL } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import { bridgeOver } from "./bridge.js";

/** @type {typeof import("../bridge-node.js").wrapWorker} */
export function wrapWorker(script, { config, ...options } = {}) {
  const { port1, port2 } = new MessageChannel();
  const app = script instanceof URL ? script : pathToFileURL(script);
  const { bridge, gone } = bridgeOver(/** @type {any} */ (port1), config, app.href);
  const worker = new Worker(new URL("../worker-node.js", import.meta.url), {
    ...options,
    workerData: { allocinstr: { app: app.href, port: port2, workerData: options.workerData } },
    transferList: [...(options.transferList ?? []), port2],
  });
  worker.once("exit", (status) => gone(`the worker has ended with status ${status}`));
  return { worker, bridge };
}
