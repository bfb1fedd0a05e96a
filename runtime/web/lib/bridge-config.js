/** @type {Readonly<import("../bridge.js").BridgeConfig>} */
export const BRIDGE_CONFIG = Object.freeze({
  protocol: 1,
  maxPending: 8192,
  timeoutMs: 5000,
  connectTimeoutMs: 5000,
});

const FIELDS = /** @type {(keyof import("../bridge.js").BridgeConfig)[]} */ (
  Object.keys(BRIDGE_CONFIG)
);

// A timer of more would be one of 1 ms.
const MAX = 2 ** 31 - 1;

/** @type {typeof import("../bridge.js").bridgeConfig} */
export function bridgeConfig(changes = {}) {
  const config = { ...BRIDGE_CONFIG, ...changes };
  for (const [field, value] of Object.entries(config)) {
    if (!(field in BRIDGE_CONFIG)) throw new RangeError(`${field} is no part of the configuration`);
    if (!Number.isInteger(value) || value < 1 || value > MAX) {
      throw new RangeError(`${field} is ${value}, not a whole number from 1 to ${MAX}`);
    }
  }
  return Object.freeze(config);
}

/**
 * @param {any} page as it came
 * @param {any} worker
 * @returns {string} empty where they agree
 */
export function differences(page, worker) {
  return FIELDS.filter((field) => page?.[field] !== worker?.[field])
    .map((field) => `${field} is ${page?.[field]} in the page and ${worker?.[field]} in the worker`)
    .join(", ");
}
