/**
 * Loads a module worker's script and gives it the messages that come before it listens. Of its own
 * accord the worker would deliver them as soon as worker.js has run, and drop what nobody listens for.
 *
 * @param {string} app
 */
export async function startApp(app) {
  const scope = /** @type {any} */ (globalThis);
  /** @type {MessageEvent[]} */
  const held = [];
  const hold = (/** @type {MessageEvent} */ event) => {
    event.stopImmediatePropagation();
    held.push(event);
  };
  scope.addEventListener("message", hold);

  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    restore();
    scope.removeEventListener("message", hold);
    // A message is delivered once, so these are copies.
    for (const { type, data, origin, lastEventId, source, ports } of held) {
      const init = { data, origin, lastEventId, source, ports: [...ports] };
      scope.dispatchEvent(new MessageEvent(type, init));
    }
  };
  // The script may wait for a message before it ends. In a task of its own: the app's listener comes first.
  const restore = onListening(scope, () => setTimeout(release));

  try {
    await import(app);
  } catch (error) {
    // As if the script had been started by itself: the page's `worker.onerror` hears of it.
    scope.reportError(error);
  }
  release();
}

/**
 * @param {any} scope
 * @param {() => void} listening
 * @returns {() => void} gives the scope its own properties back
 */
function onListening(scope, listening) {
  const property = /** @type {PropertyDescriptor} */ (
    Object.getOwnPropertyDescriptor(scope, "onmessage") ??
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(scope), "onmessage")
  );
  const isOwn = Object.hasOwn(scope, "onmessage");
  const set = (/** @type {unknown} */ listener) => {
    property.set?.call(scope, listener);
    listening();
  };
  const { get, enumerable } = property;
  Object.defineProperty(scope, "onmessage", { configurable: true, enumerable, get, set });
  // However a program calls it.
  const { prototype } = EventTarget;
  const native = prototype.addEventListener;
  const noticed = new Proxy(native, {
    apply(target, self, args) {
      Reflect.apply(target, self, args);
      if ((self ?? scope) === scope && String(args[0]) === "message") listening();
    },
  });
  prototype.addEventListener = noticed;
  return () => {
    // What the program has put in their place stays.
    if (Object.getOwnPropertyDescriptor(scope, "onmessage")?.set === set) {
      if (isOwn) Object.defineProperty(scope, "onmessage", property);
      else delete scope.onmessage;
    }
    if (prototype.addEventListener === noticed) prototype.addEventListener = native;
  };
}
