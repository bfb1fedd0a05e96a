// The page's end: docs in ../bridge.d.ts. The worker's is serve.js.
import { BRIDGE_CONFIG, bridgeConfig } from "./bridge-config.js";
import { AllocinstrError } from "./error.js";
import { connectMoxie } from "./remotes.js";
import { Requests } from "./requests.js";

export { BRIDGE_CONFIG, bridgeConfig };

/** @type {typeof import("../bridge.js").wrapWorker} */
export function wrapWorker(url, { config, ...options } = {}) {
  const [script, parameter] =
    options.type === "module"
      ? ["worker.js", "allocinstr-module-app"]
      : ["worker-script.js", "allocinstr-app"];
  const hook = new URL(`../${script}`, import.meta.url);
  // In a worker that starts workers there is no document.
  const base = globalThis.document?.baseURI ?? globalThis.location.href;
  const app = new URL(url, base).href;
  hook.searchParams.set(parameter, app);
  const worker = new globalThis.Worker(trustedAs(url, hook), options);
  return { worker, bridge: connectTo(worker, config, app) };
}

/** @type {any} */
let policy;

/**
 * The hook is trusted where the script that it is to run is, and only there.
 * @param {unknown} url
 * @param {URL} hook
 */
function trustedAs(url, hook) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  if (!trustedTypes?.isScriptURL(url)) return hook;
  policy ??= trustedTypes.createPolicy("allocinstr", {
    createScriptURL: (/** @type {string} */ href) => href,
  });
  return policy.createScriptURL(hook.href);
}

/** @type {typeof import("../bridge.js").connect} */
export function connect(worker, { config } = {}) {
  return connectTo(worker, config, "a worker");
}

/**
 * @param {Worker} worker
 * @param {Readonly<import("../bridge.js").BridgeConfig> | undefined} config
 * @param {string} name
 */
function connectTo(worker, config, name) {
  const { port1, port2 } = new MessageChannel();
  const { bridge, gone, failed } = bridgeOver(port1, config, name);
  // Taken by the hook before the app sees it.
  worker.postMessage({ allocinstr: "connect" }, [port2]);

  worker.addEventListener("error", failed);
  const terminate = worker.terminate;
  worker.terminate = () => {
    terminate.call(worker);
    gone("the worker was terminated");
  };
  return bridge;
}

/**
 * @param {MessagePort} port
 * @param {Readonly<import("../bridge.js").BridgeConfig>} [config]
 * @param {string} [name] of the worker
 */
export function bridgeOver(port, config = BRIDGE_CONFIG, name) {
  config = bridgeConfig(config);
  const requests = new Requests(config, (message) => port.postMessage(message));
  const {
    promise: ready,
    resolve,
    reject,
  } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
  // Whoever only makes requests hears of it there.
  ready.catch(() => {});

  /**
   * @param {AllocinstrError} error
   * @param {{ forever: boolean }} options
   */
  const fail = (error, { forever }) => {
    clearTimeout(timer);
    // First: whoever hears of it may ask again.
    if (forever) leaveMoxie();
    reject(error);
    requests.fail(error, { forever });
    if (forever) port.close();
  };
  /** @param {string} why */
  const gone = (why) => fail(new AllocinstrError("worker-gone", why), { forever: true });
  const timer = setTimeout(
    () => fail(requests.connectTimeout(config.connectTimeoutMs), { forever: false }),
    config.connectTimeoutMs,
  );

  port.addEventListener("message", ({ data }) => {
    if (data.type === "ready") {
      clearTimeout(timer);
      remote.thread = data.thread;
      requests.connect();
      moxie.then(() => resolve(), reject);
    } else if (data.type === "gone") {
      gone("the worker has closed itself");
    } else if (data.type === "refused") {
      const message = `the two ends are configured differently: ${data.differences}; give both one object of \`bridgeConfig\``;
      if (wanted) console.warn(`Moxie's functions leave ${name} out: ${message}`);
      fail(new AllocinstrError("config-mismatch", message), { forever: true });
    } else {
      requests.answer(data);
    }
  });
  // Where the engine tells that the other end is gone.
  port.addEventListener("close", () => gone("the worker has ended"));
  port.start();
  port.postMessage({ type: "hello", config });
  // In Node, a port is no reason to go on; the timers of requests are.
  /** @type {any} */ (port).unref?.();

  /** @type {import("../bridge.js").Bridge} */
  const bridge = {
    ready,
    request: (/** @type {string} */ name, /** @type {any[]} */ ...args) =>
      requests.request(name, args),
    stats: () => requests.stats(),
    close: () => gone("the bridge was closed"),
  };
  // Moxie's functions on the page answer for the worker's programs, too.
  const wanted = globalThis.__moxie_instrument === true;
  const remote = {
    name,
    /** @type {string | undefined} */
    thread: undefined,
    readAllocCounters: () => bridge.request("readAllocCounters"),
    memStats: () => bridge.request("memStats"),
  };
  // At once: whoever asks meanwhile is not answered by this thread alone.
  const leaveMoxie = wanted ? connectMoxie(remote) : () => {};
  const moxie = wanted ? import("../auto.js") : Promise.resolve();

  /** @param {Event} event */
  const failed = (event) => {
    // A worker that throws after that lives, and answers.
    if (requests.connected) return;
    const { message = "its script cannot be loaded", error } = /** @type {ErrorEvent} */ (event);
    const text = `the worker failed before it took up the connection: ${message}`;
    fail(new AllocinstrError("worker-failed", text, { cause: error }), { forever: false });
  };
  return { bridge, gone, failed };
}
