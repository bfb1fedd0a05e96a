// An app's work in Node: run-in-node.mjs AUTO APP, where AUTO is the file of allocinstr/auto and APP the app's directory.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [auto, app] = process.argv.slice(2);

// Node's own fetches nothing from files.
globalThis.fetch = async (url) => {
  const type = String(url).endsWith(".wasm") ? "application/wasm" : "text/plain";
  return new Response(readFileSync(new URL(url)), { headers: { "content-type": type } });
};

const { profiles } = await import(pathToFileURL(auto));
const { run } = await import(pathToFileURL(`${app}/app.mjs`));
const ran = await run();
const snapshots = profiles().map((profile) => profile.snapshot());
console.log(JSON.stringify({ ran, snapshots }));
