// All methods that change what a Map or Set holds, where the engine has them.
const CHANGES = ["set", "add", "delete", "clear", "getOrInsert", "getOrInsertComputed"];

/**
 * One set of wrappers a collection, however many observe it: wrappers around wrappers could only be
 * taken off in the reverse order.
 * @type {WeakMap<object, { observers: Set<() => void>, restore: () => void }>}
 */
const observed = new WeakMap();

/**
 * Calls the observer after each change that is made through a method of this very Map or Set. The
 * prototypes are left alone: other collections of the program cost what they did.
 *
 * @param {object} collection
 * @param {() => void} observer
 * @returns {() => void} ends it
 */
export function observeSize(collection, observer) {
  if (!isMapOrSet(collection)) {
    throw new TypeError(
      "what is watched is no Map, Set or function: pass a function that reads it",
    );
  }
  let entry = observed.get(collection);
  if (entry === undefined) {
    const observers = new Set();
    entry = { observers, restore: wrap(collection, observers) };
    observed.set(collection, entry);
  }
  entry.observers.add(observer);
  return end(new WeakRef(collection), observer);
}

/**
 * In a function of its own: a closure keeps all that any closure beside it uses, so the collection.
 * @param {WeakRef<object>} held
 * @param {() => void} observer
 */
function end(held, observer) {
  return () => {
    const collection = held.deref();
    const entry = collection && observed.get(collection);
    if (!collection || !entry?.observers.delete(observer) || entry.observers.size > 0) return;
    entry.restore();
    observed.delete(collection);
  };
}

/**
 * @param {any} collection
 * @param {Set<() => void>} observers
 */
function wrap(collection, observers) {
  const own = (/** @type {string} */ name) => Object.getOwnPropertyDescriptor(collection, name);
  const names = CHANGES.filter((name) => typeof collection[name] === "function");
  // Asked of all, before the first is replaced.
  const fixed = names.find((name) => !(own(name)?.configurable ?? Object.isExtensible(collection)));
  if (fixed !== undefined) {
    throw new TypeError(
      `what is watched is frozen: its \`${fixed}\` cannot be replaced: pass a function that reads its size`,
    );
  }
  const wrapped = names.map((name) => {
    const before = own(name);
    const method = collection[name];
    /** @this {unknown} */
    function wrapper(/** @type {unknown[]} */ ...args) {
      try {
        return Reflect.apply(method, this, args);
      } finally {
        for (const observer of observers) observer();
      }
    }
    Object.defineProperty(collection, name, {
      value: wrapper,
      configurable: true,
      enumerable: false,
      writable: true,
    });
    return { name, before, wrapper };
  });
  return () => {
    for (const { name, before, wrapper } of wrapped) {
      // Someone else has put a method over ours since: taking that away is not ours to do, and with no
      // observer the wrapper only passes on.
      if (collection[name] !== wrapper) continue;
      if (before) Object.defineProperty(collection, name, before);
      else delete collection[name];
    }
  };
}

/**
 * By what they are inside: a page's frames each have a class Map of their own.
 * @param {unknown} value
 */
function isMapOrSet(value) {
  return [Map, Set].some(({ prototype }) => {
    try {
      Reflect.apply(/** @type {any} */ (prototype).has, value, [undefined]);
      return true;
    } catch {
      return false;
    }
  });
}
