// A CommonJS program, which asks whether it is the main one.
const { parentPort } = require("node:worker_threads");
parentPort?.postMessage([require.main === module, process.argv[1]]);
