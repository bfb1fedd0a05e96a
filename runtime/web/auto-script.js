// Notes the instances of instrumented modules. Without imports, to be a classic script as well; auto.js follows.
(() => {
  const KEY = Symbol.for("allocinstr");
  if (KEY in globalThis) return;

  /** @type {Set<WeakRef<WebAssembly.Instance>>} */
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
    ready: import("./auto.js").then(() => hook.more).then(() => hook),
  };
  Object.defineProperty(globalThis, KEY, { value: hook });

  if (typeof WebAssembly === "undefined") return;
  const { Instance } = WebAssembly;
  const own = /** @type {(of: object, name: string) => any} */ (Object.getOwnPropertyDescriptor);
  const { get } = own(Instance.prototype, "exports");

  /** @param {any} made by WebAssembly.instantiate */
  function note({ module, instance }) {
    let exports;
    try {
      // Of the engine: a subclass may have a getter of its own, and what others have wrapped is left alone.
      exports = get.call(instance);
    } catch {
      return;
    }
    if (!("allocinstr" in exports) || origins.has(instance)) return;
    const ref = new WeakRef(instance);
    refs.add(ref);
    origins.set(instance, { module, url: urls.get(module) });
    collected.register(instance, ref);
  }

  // Proxies have the name, length, prototype and errors of the original.
  const replace = (
    /** @type {object} */ object,
    /** @type {string} */ name,
    /** @type {any} */ value,
  ) => Object.defineProperty(object, name, { ...own(object, name), value });

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
          // Asking other thenables may have effects.
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
