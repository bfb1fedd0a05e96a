// The hook of a worker thread of Node: the start of lib/bridge-node.js's workers.
import { syncBuiltinESMExports } from "node:module";
import threads from "node:worker_threads";
import { accept } from "./lib/worker-hook.js";

const { app, port, workerData } = threads.workerData.allocinstr;
// What the app gets is what it was given.
Object.assign(threads, { workerData });
syncBuiltinESMExports();

accept(port);
await import(app);
