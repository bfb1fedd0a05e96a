// Sends what is typed to the worker, and shows what the worker's gofmt has allocated so far.
import { wrapWorker } from "./allocinstr/lib/bridge.js";
import { show } from "./table.js";

const SHOWN_EVERY_MS = 500;

// The app's own line would be `new Worker("worker.js", { type: "module" })`.
const { worker, bridge } = wrapWorker("worker.js", { type: "module" });
const source = document.querySelector("#source");
const formatted = document.querySelector("#formatted");
const error = document.querySelector("#error");

/** What the worker is formatting, and what it formatted last. */
let sent, done;

function format() {
  // What is typed while the worker formats waits; the last of it counts.
  if (sent !== undefined || source.value === done) return;
  sent = source.value;
  worker.postMessage({ source: sent });
}

worker.onmessage = ({ data }) => {
  [sent, done] = [undefined, sent];
  if (data.formatted !== undefined) formatted.textContent = data.formatted;
  error.textContent = data.error ?? "";
  format();
  update();
};
worker.onerror = ({ message }) => (error.textContent = message);

let reading = false;

async function update() {
  if (reading || document.hidden) return;
  reading = true;
  try {
    const [[snapshot], [{ top }]] = await Promise.all([
      bridge.request("snapshot"),
      bridge.request("top", Infinity),
    ]);
    show(snapshot, top);
  } catch ({ message }) {
    error.textContent = message;
  } finally {
    reading = false;
  }
}

source.addEventListener("input", format);
source.value = await (await fetch("sample.go")).text();
format();
setInterval(update, SHOWN_EVERY_MS);
