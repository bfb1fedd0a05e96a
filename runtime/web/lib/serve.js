// The worker's end of bridge.js.
import { BRIDGE_CONFIG, differences } from "./bridge-config.js";

/** @type {Map<string, (...args: any[]) => unknown>} */
const served = new Map();
/** @type {Record<string, (...args: any[]) => unknown>} */
let standard = {};
/** @type {Readonly<import("../bridge.js").BridgeConfig> | undefined} */
let ownConfig;
/** @type {Set<() => void>} a check of each page's configuration */
const pages = new Set();

/** @type {typeof import("../serve.js").serve} */
export function serve(functions, { config } = {}) {
  for (const [name, func] of Object.entries(functions)) served.set(name, func);
  if (!config) return;
  ownConfig = config;
  // The app may be loaded after the page has connected.
  for (const check of pages) check();
}

/**
 * Whenever it comes: what the app serves goes before.
 * @param {Record<string, (...args: any[]) => unknown>} functions
 */
export function serveByDefault(functions) {
  standard = functions;
}

/** @type {typeof import("../serve.js").accept} */
export function accept(port) {
  /** @type {import("../bridge.js").BridgeConfig} */
  let config;
  let unanswered = 0;

  /** @returns {boolean} whether both ends are configured alike */
  function check() {
    const differ = differences(
      config,
      ownConfig ?? { ...config, protocol: BRIDGE_CONFIG.protocol },
    );
    if (differ) port.postMessage({ type: "refused", differences: differ });
    return !differ;
  }

  port.addEventListener("message", ({ data }) => {
    if (Array.isArray(data)) return answer(data);
    // The first message, in the words that all releases understand.
    config = data.config;
    pages.add(check);
    if (check()) port.postMessage({ type: "ready" });
  });
  port.addEventListener("close", () => pages.delete(check));
  port.start();
  // In Node, being read is no reason for a worker to go on.
  /** @type {any} */ (port).unref?.();

  /** @param {any[]} request */
  async function answer([id, sent, name, args]) {
    unanswered += 1;
    try {
      // Nobody waits for it any more: a worker that was busy for long catches up at once.
      if (Date.now() - sent > config.timeoutMs) {
        return port.postMessage({ id, expired: true });
      }
      const func = served.get(name) ?? (Object.hasOwn(standard, name) && standard[name]);
      if (!func) throw coded("unknown-request", `the worker serves no \`${name}\``);
      if (unanswered > config.maxPending) {
        throw coded("busy", `${config.maxPending} requests are unanswered in the worker`);
      }
      const value = await func(...args);
      port.postMessage({ id, value });
    } catch (error) {
      const { code, message = error } = /** @type {any} */ (error ?? {});
      port.postMessage({
        id,
        // A DOMException's is a number.
        error: {
          code: typeof code === "string" ? code : "request-failed",
          message: String(message),
        },
      });
    } finally {
      unanswered -= 1;
    }
  }
}

/**
 * @param {string} code
 * @param {string} message
 */
function coded(code, message) {
  return Object.assign(new Error(message), { code });
}
