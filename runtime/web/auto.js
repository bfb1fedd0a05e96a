import "./auto-script.js";
import { attach } from "./lib/profile.js";
import { nameOf } from "./lib/name.js";

/** @type {import("./auto.js").Hook} */
const hook = /** @type {any} */ (globalThis)[Symbol.for("allocinstr")];

// A key that only its value holds is collected.
const attached = new WeakMap();

hook.read ??= () =>
  hook.instances().flatMap((noted) => {
    const { instance } = noted;
    if (!attached.has(instance)) attached.set(instance, tryToAttach(noted));
    return attached.get(instance);
  });

/** @type {typeof import("./auto.js").profiles} */
export const profiles = hook.profiles;

if (globalThis.__moxie_instrument === true) {
  hook.more = import("./lib/moxie.js").then(({ installMoxie }) => installMoxie(profiles));
}

/** @param {ReturnType<typeof hook.instances>[number]} noted */
function tryToAttach({ module, instance, url }) {
  try {
    return [attach(module, instance, { name: nameOf(module, url) })];
  } catch (error) {
    // One that cannot be read hides no other.
    if (error.code !== "not-instrumented") console.warn(error);
    return [];
  }
}
