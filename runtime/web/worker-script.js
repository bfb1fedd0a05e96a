// The worker's end of bridge.js, in place before the app's script: a classic script, which a module can load as well.
(() => {
  const scope = /** @type {any} */ (globalThis);
  const { searchParams } = new URL(scope.location.href);
  const app = searchParams.get("allocinstr-app");
  // Whether this is a module is told by the address: engines differ in what `importScripts()` does in one.
  const moduleApp = searchParams.get("allocinstr-module-app");

  // Before any instance is made, and while relative to this file.
  if (app !== null) scope.importScripts("auto-script.js");
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
  if (app !== null) scope.importScripts(app);

  /**
   * The worker is that of another script: its location, and what relative addresses are relative to.
   * @param {string} script
   */
  function actAs(script) {
    const location = new URL(script);
    Object.defineProperty(scope, "location", { get: () => location, configurable: true });
    const absolute = (/** @type {unknown} */ input) =>
      typeof input === "string" || input instanceof URL ? new URL(input, script).href : input;

    for (const [object, name, positions] of /** @type {[any, string, number][]} */ ([
      [scope, "fetch", 1],
      [scope, "importScripts", Infinity],
      [scope, "Request", 1],
      [scope, "Worker", 1],
      [scope, "EventSource", 1],
    ])) {
      const native = object[name];
      // Not every engine has all of them in workers.
      if (native === undefined) continue;
      const turned = (/** @type {unknown[]} */ args) =>
        args.map((arg, i) => (i < positions ? absolute(arg) : arg));
      object[name] = new Proxy(native, {
        apply: (target, self, args) => Reflect.apply(target, self, turned(args)),
        construct: (target, args, self) => Reflect.construct(target, turned(args), self),
      });
    }
    const { open } = scope.XMLHttpRequest.prototype;
    scope.XMLHttpRequest.prototype.open = new Proxy(open, {
      apply: (target, self, [method, url, ...rest]) =>
        Reflect.apply(target, self, [method, absolute(url), ...rest]),
    });
  }
})();
