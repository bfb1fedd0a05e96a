// Profiles of all the instances that auto-script.js has noted.
import "./auto-script.js";
import { attach } from "./lib/profile.js";
import { nameOf } from "./lib/name.js";

/** @type {import("./auto.js").Hook} */
const hook = /** @type {any} */ (globalThis)[Symbol.for("allocinstr")];

// A profile keeps its instance, and goes with it: a key that only its value holds is collected.
const attached = new WeakMap();

hook.read ??= () =>
  hook.instances().flatMap(({ instance, module, url }) => {
    if (!attached.has(instance)) attached.set(instance, tryToAttach(module, instance, url));
    return attached.get(instance);
  });

/** @type {typeof import("./auto.js").profiles} */
export const profiles = hook.profiles;

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Instance} instance
 * @param {string} url
 */
function tryToAttach(module, instance, url) {
  try {
    return [attach(module, instance, { name: nameOf(module, url) })];
  } catch (error) {
    // One instance that cannot be read hides no other, and is not the program's fault.
    if (error.code !== "not-instrumented") console.warn(error);
    return [];
  }
}
