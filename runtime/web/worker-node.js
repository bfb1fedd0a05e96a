// The hook of a worker thread of Node: the start of lib/bridge-node.js's workers.
import { Module, syncBuiltinESMExports } from "node:module";
import { fileURLToPath } from "node:url";
import threads from "node:worker_threads";
import { accept } from "./lib/worker-hook.js";

const { app, port, workerData } = threads.workerData.allocinstr;
// What the app gets is what it was given.
Object.assign(threads, { workerData });
syncBuiltinESMExports();

accept(port);
if (app.startsWith("file:")) {
  // What starts a worker without the hook: the script is the main one.
  process.argv[1] = fileURLToPath(app);
  await Module.runMain();
} else {
  await import(app);
}
