import "./auto-script.js";
import { attach } from "./lib/profile.js";
import { nameOf } from "./lib/name.js";

const scope = /** @type {any} */ (globalThis);
/** @type {import("./auto.js").Hook} */
const hook = scope[Symbol.for("allocinstr")];

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

if (scope.__moxie_instrument === true) {
  /** @type {any} */
  const early = { __moxie_alloc_log: [] };
  const more = import("./lib/moxie.js").then(({ installMoxie }) => installMoxie(profiles, early));
  hook.more = more;
  // Until then with promises.
  for (const name of ["__moxie_read_alloc_counters", "__moxie_mem_stats"]) {
    early[name] = () => more.then(() => scope[name]());
  }
  for (const name in early) scope[name] ??= early[name];
}

/** @param {ReturnType<typeof hook.instances>[number]} noted */
function tryToAttach({ module, instance, url, memory }) {
  try {
    return [attach(module, instance, { name: nameOf(module, url), memory })];
  } catch (error) {
    // One that cannot be read hides no other.
    if (error.code !== "not-instrumented") console.warn(error);
    return [];
  }
}
