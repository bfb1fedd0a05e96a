// Notes the instances of instrumented modules. A classic script as well, so without imports: `<script src>` and
// `importScripts` have it in place before the next script; what reads counters, auto.js, follows by itself.
(() => {
  const KEY = Symbol.for("allocinstr");
  if (KEY in globalThis) return;

  /**
   * In the order they were made; what is known of one lives as long as it does.
   * @type {Set<WeakRef<WebAssembly.Instance>>}
   */
  const refs = new Set();
  const origins = new WeakMap();
  const urls = new WeakMap();
  const collected = new FinalizationRegistry((ref) => refs.delete(ref));

  /** @type {import("./auto.js").Hook} */
  const hook = {
    instances: () =>
      [...refs].flatMap((ref) => {
        const instance = ref.deref();
        return instance ? [{ instance, ...origins.get(instance) }] : [];
      }),
    profiles() {
      if (!hook.read) throw new Error("counters cannot be read yet: await `ready` first");
      return hook.read();
    },
    // Relative to this file, in a classic script, too.
    ready: import("./auto.js").then(() => hook),
  };
  Object.defineProperty(globalThis, KEY, { value: hook });

  // Missing in a browser's lockdown mode.
  if (typeof WebAssembly === "undefined") return;
  const { Instance } = WebAssembly;
  const own = /** @type {(of: object, name: string) => any} */ (Object.getOwnPropertyDescriptor);
  const { get } = own(Instance.prototype, "exports");

  /** @param {any} made as WebAssembly.instantiate gives it */
  function note({ module, instance }) {
    let exports;
    try {
      // The engine's getter: a subclass may have another, and what others have wrapped is none of ours.
      exports = get.call(instance);
    } catch {
      return;
    }
    // Tells instrumented modules without a look into the module.
    if (!("allocinstr" in exports) || origins.has(instance)) return;
    const ref = new WeakRef(instance);
    refs.add(ref);
    origins.set(instance, { module, url: urls.get(module) });
    collected.register(instance, ref);
  }

  /**
   * Proxies have the name, length, prototype and errors of the original.
   * @param {object} object
   * @param {string} name
   * @param {any} value
   */
  function replace(object, name, value) {
    Object.defineProperty(object, name, { ...own(object, name), value });
  }

  replace(
    WebAssembly,
    "instantiate",
    new Proxy(WebAssembly.instantiate, {
      async apply(native, self, args) {
        const made = await Reflect.apply(native, self, args);
        note(made instanceof Instance ? { module: args[0], instance: made } : made);
        return made;
      },
    }),
  );

  for (const name of /** @type {const} */ (["compileStreaming", "instantiateStreaming"])) {
    // Some engines have none.
    if (!WebAssembly[name]) continue;
    replace(
      WebAssembly,
      name,
      new Proxy(WebAssembly[name], {
        async apply(native, self, args) {
          const [source] = args;
          let url = "";
          // Known before the module is. Only the engine asks other thenables: asking may have effects.
          if (source instanceof Response || source instanceof Promise) {
            Promise.allSettled([source]).then(([settled]) => {
              if (settled.status === "fulfilled") url = settled.value?.url;
            });
          }
          const made = await Reflect.apply(native, self, args);
          urls.set(made.module ?? made, url);
          note(made);
          return made;
        },
      }),
    );
  }

  const Noted = new Proxy(Instance, {
    construct(native, args, newTarget) {
      const instance = Reflect.construct(native, args, newTarget);
      note({ module: args[0], instance });
      return instance;
    },
  });
  replace(WebAssembly, "Instance", Noted);
  replace(Instance.prototype, "constructor", Noted);
})();
