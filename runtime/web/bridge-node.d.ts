/** `allocinstr/bridge` for worker threads of Node: `import { wrapWorker } from "allocinstr/bridge-node"`. */
import type { Worker, WorkerOptions } from "node:worker_threads";
import type { Bridge, BridgeOptions } from "./bridge.js";

/**
 * `new Worker(script, options)` of `node:worker_threads` with the hook loaded before the script, which
 * sees its own `workerData` and no message but its own.
 *
 * @param script a path, or a `file:` URL
 */
export function wrapWorker(
  script: string | URL,
  options?: WorkerOptions & BridgeOptions,
): { worker: Worker; bridge: Bridge };
