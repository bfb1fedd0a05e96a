// The worker's end of bridge.js.
import { BRIDGE_CONFIG, differences } from "./bridge-config.js";
import { thread } from "./thread.js";

/** @type {typeof import("../serve.js").serve} */
export function serve(functions, { config } = {}) {
  const here = thread();
  for (const [name, func] of Object.entries(functions)) here.served.set(name, func);
  if (!config) return;
  here.config = config;
  // The app may be loaded after the page has connected.
  for (const check of here.pages) check();
}

/**
 * Whenever it comes: what the app serves goes before.
 * @param {Record<string, (...args: any[]) => unknown>} functions
 */
export function serveByDefault(functions) {
  thread().standard = functions;
}

/** @type {typeof import("../serve.js").accept} */
export function accept(port) {
  /** @type {import("../bridge.js").BridgeConfig} */
  let config;
  let unanswered = 0;
  const here = thread();

  /** @returns {boolean} whether both ends are configured alike */
  function check() {
    const differ = differences(
      config,
      here.config ?? { ...config, protocol: BRIDGE_CONFIG.protocol },
    );
    if (differ) port.postMessage({ type: "refused", differences: differ });
    return !differ;
  }

  port.addEventListener("message", ({ data }) => {
    if (Array.isArray(data)) return answer(data);
    // The first message, in the words that all releases understand.
    config = data.config;
    here.pages.add(check);
    if (check()) port.postMessage({ type: "ready", thread: here.id });
  });
  port.addEventListener("close", () => here.pages.delete(check));
  port.start();
  // In Node, being read is no reason for a worker to go on.
  /** @type {any} */ (port).unref?.();

  /** @param {any[]} request */
  async function answer([id, sent, name, args]) {
    const refuse = (/** @type {string} */ code, /** @type {string} */ message) =>
      port.postMessage({ id, error: { code, message } });
    unanswered += 1;
    try {
      // Nobody waits for it any more: a worker that was busy for long catches up at once.
      if (Date.now() - sent > config.timeoutMs) {
        return port.postMessage({ id, expired: true });
      }
      const func =
        here.served.get(name) ?? (Object.hasOwn(here.standard, name) && here.standard[name]);
      if (!func) return refuse("unknown-request", `the worker serves no \`${name}\``);
      if (unanswered > config.maxPending) {
        return refuse("busy", `${config.maxPending} requests are unanswered in the worker`);
      }
      const value = await func(...args);
      port.postMessage({ id, value });
    } catch (error) {
      port.postMessage({ id, error: errorOf(error) });
    } finally {
      unanswered -= 1;
    }
  }
}

/** What tells how the bridge fares, which no function does. */
const BRIDGE_CODES = [
  "busy",
  "timeout",
  "connect-timeout",
  "config-mismatch",
  "worker-failed",
  "worker-gone",
  "unknown-request",
];

/** @param {any} error whatever was thrown */
function errorOf(error) {
  try {
    const { name, code, message = error } = error ?? {};
    // What can be cloned, whatever it was. The code of a DOMException is a number.
    const cause = {
      name: String(name ?? "Error"),
      code: typeof code === "number" ? code : code && String(code),
      message: String(message),
    };
    const ours = name === "AllocinstrError" && typeof code === "string";
    return ours && !BRIDGE_CODES.includes(code)
      ? { code, message: cause.message }
      : { code: "request-failed", message: cause.message, cause };
  } catch {
    return { code: "request-failed", message: "the function threw what has no text" };
  }
}
