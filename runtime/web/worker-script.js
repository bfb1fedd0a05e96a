// The worker's end of bridge.js, in place before the app's script: a classic script, which a module can load as well.
(() => {
  const scope = /** @type {any} */ (globalThis);
  const { searchParams } = new URL(scope.location.href);
  const app = searchParams.get("allocinstr-app");
  // Whether this is a module is told by the address: engines differ in what `importScripts()` does in one.
  const moduleApp = searchParams.get("allocinstr-module-app");

  /** @type {any} */
  let policy;

  // Before any instance is made, and while relative to this file.
  if (app !== null) scope.importScripts(trusted("auto-script.js"));
  const script = app ?? moduleApp;
  if (script !== null) actAs(script);

  const hook = import("./lib/worker-hook.js");
  /** @type {MessagePort[]} */
  const pages = [];
  // The first listener, so the app's never see the one message that is not for them.
  scope.addEventListener("message", (/** @type {MessageEvent} */ event) => {
    if (event.data?.allocinstr !== "connect" || event.ports.length !== 1) return;
    event.stopImmediatePropagation();
    pages.push(event.ports[0]);
    hook.then(({ accept }) => accept(event.ports[0]));
  });

  // Not every engine tells the other end of a port.
  scope.close = new Proxy(scope.close, {
    apply(native, self, args) {
      for (const page of pages) page.postMessage({ type: "gone" });
      return Reflect.apply(native, self, args);
    },
  });

  // No message comes before the end of this script, so the app misses none. A module's start is worker.js.
  if (app !== null) scope.importScripts(trusted(app));

  /**
   * What the page has started the worker with, where only trusted scripts may run.
   * @param {string} url
   */
  function trusted(url) {
    const { trustedTypes } = scope;
    if (!trustedTypes) return url;
    try {
      policy ??= trustedTypes.createPolicy("allocinstr", {
        createScriptURL: (/** @type {string} */ href) => href,
      });
    } catch {
      // Where it matters, the engine refuses the string.
      return url;
    }
    return policy.createScriptURL(url);
  }

  /**
   * The worker is that of another script: its location, and what relative addresses are relative to.
   * @param {string} script
   */
  function actAs(script) {
    const location = new URL(script);
    Object.defineProperty(scope, "location", { get: () => location, configurable: true });
    const { Request } = scope;
    const absolute = (/** @type {any} */ input) => {
      if (input === undefined || input instanceof Request) return input;
      try {
        const { href } = new URL(`${input}`, script);
        return scope.trustedTypes?.isScriptURL(input) ? trusted(href) : href;
      } catch {
        // The engine refuses it in its own way.
        return input;
      }
    };
    const eachAbsolute = (/** @type {any} */ inputs) =>
      Object(inputs) === inputs && Symbol.iterator in inputs
        ? Array.from(inputs, absolute)
        : inputs;

    // Not every engine has all of them in workers.
    const cache = scope.Cache?.prototype;
    for (const [object, name, first, last, turn = absolute] of /** @type {any[]} */ ([
      [scope, "fetch", 0, 0],
      [scope, "importScripts", 0, Infinity],
      [scope, "Request", 0, 0],
      [scope, "Worker", 0, 0],
      [scope, "EventSource", 0, 0],
      [scope, "WebSocket", 0, 0],
      [scope.Response, "redirect", 0, 0],
      [scope.XMLHttpRequest?.prototype, "open", 1, 1],
      [scope.CacheStorage?.prototype, "match", 0, 0],
      [cache, "addAll", 0, 0, eachAbsolute],
      ...["add", "match", "matchAll", "put", "delete", "keys"].map((name) => [cache, name, 0, 0]),
    ])) {
      const native = object?.[name];
      if (native === undefined) continue;
      const turned = (/** @type {unknown[]} */ args) =>
        args.map((arg, i) => (i >= first && i <= last ? turn(arg) : arg));
      object[name] = new Proxy(native, {
        apply: (target, self, args) => Reflect.apply(target, self, turned(args)),
        construct: (target, args, self) => Reflect.construct(target, turned(args), self),
      });
      if (native.prototype) native.prototype.constructor = object[name];
    }
  }
})();
