// Notes instances. Without imports: a classic script as well.
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
    // Relative to this file.
    ready: import("./auto.js").then(() => hook.more).then(() => hook),
  };
  // No error of the page.
  hook.ready.catch((error) => console.warn(`allocinstr: ${error}`));
  Object.defineProperty(globalThis, KEY, { value: hook });

  if (typeof WebAssembly === "undefined") return;
  const { Instance } = WebAssembly;
  if ([WebAssembly, Instance.prototype].some(Object.isFrozen)) {
    console.warn("allocinstr: WebAssembly is frozen");
    return;
  }

  /** @type {(made: any, imports?: any) => void} */
  const note = ({ module, instance }, imports) => {
    try {
      // Of the engine: a subclass may have a getter of its own.
      if (
        !("allocinstr" in Reflect.get(Instance.prototype, "exports", instance)) ||
        origins.has(instance)
      )
        return;
      const wanted = WebAssembly.Module.imports(module).find(({ kind }) => kind === "memory");
      const memory = wanted && imports[wanted.module][wanted.name];
      const ref = new WeakRef(instance);
      refs.add(ref);
      origins.set(instance, { module, memory, url: urls.get(module) });
      collected.register(instance, ref);
    } catch {
      // Wrapped by others.
    }
  };

  // Proxies have the name, prototype and errors of the original.
  const replace = (
    /** @type {object} */ object,
    /** @type {string} */ name,
    /** @type {any} */ value,
  ) =>
    Reflect.defineProperty(object, name, {
      ...Object.getOwnPropertyDescriptor(object, name),
      value,
    });

  for (const name of /** @type {const} */ ([
    "instantiate",
    "instantiateStreaming",
    "compileStreaming",
  ])) {
    // Some engines have no streaming.
    if (!WebAssembly[name]) continue;
    /** @type {ProxyHandler<any>} */
    const handler = {
      async apply(native, self, args) {
        const [source, imports] = args;
        let url = "";
        // Asking other thenables has effects; worklets have no responses.
        if (name !== "instantiate" && (source instanceof Response || source instanceof Promise)) {
          Promise.allSettled([source]).then(([settled]) => {
            if (settled.status === "fulfilled") url = settled.value?.url;
          });
        }
        const made = await Reflect.apply(native, self, args);
        if (url) urls.set(made.module ?? made, url);
        note(made instanceof Instance ? { module: source, instance: made } : made, imports);
        return made;
      },
    };
    replace(WebAssembly, name, new Proxy(WebAssembly[name], handler));
  }

  const Noted = new Proxy(Instance, {
    construct(native, args, newTarget) {
      const instance = Reflect.construct(native, args, newTarget);
      note({ module: args[0], instance }, args[1]);
      return instance;
    },
  });
  replace(WebAssembly, "Instance", Noted);
  replace(Instance.prototype, "constructor", Noted);
})();
