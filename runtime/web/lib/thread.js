/**
 * What all copies of the package in a thread share: the hook may be a file of a server, and the bridge, or
 * what the app serves, in a bundle.
 *
 * @typedef {object} Thread
 * @property {string} id tells the threads apart that a page is connected with
 * @property {Set<import("../moxie.js").MoxieRemote>} remotes what answers for the programs of other threads
 * @property {Map<string, (...args: any[]) => unknown>} served by the app
 * @property {Record<string, (...args: any[]) => unknown>} standard what the hook serves
 * @property {Readonly<import("../bridge.js").BridgeConfig>} [config] of this end, if it has one of its own
 * @property {Set<() => void>} pages a check of each page's configuration
 */

const KEY = Symbol.for("allocinstr-thread");

/** @returns {Thread} */
export function thread() {
  const scope = /** @type {any} */ (globalThis);
  if (!(KEY in scope)) {
    /** @type {Thread} */
    const value = {
      // `crypto.randomUUID` is not there for pages of http.
      id: `${performance.timeOrigin} ${Math.random()}`,
      remotes: new Set(),
      served: new Map(),
      standard: {},
      pages: new Set(),
    };
    Object.defineProperty(scope, KEY, { value });
  }
  return scope[KEY];
}
