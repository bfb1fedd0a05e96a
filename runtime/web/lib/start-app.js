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
  Object.defineProperty(scope, "onmessage", {
    configurable: true,
    enumerable: property.enumerable,
    get: property.get,
    set(listener) {
      property.set?.call(scope, listener);
      listening();
    },
  });
  const { addEventListener } = scope;
  scope.addEventListener = (/** @type {any[]} */ type, /** @type {any[]} */ ...rest) => {
    addEventListener.call(scope, type, ...rest);
    if (String(type) === "message") listening();
  };
  return () => {
    if (isOwn) Object.defineProperty(scope, "onmessage", property);
    else delete scope.onmessage;
    delete scope.addEventListener;
  };
}
