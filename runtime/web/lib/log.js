export const LOG_CAPACITY = 10_000;

/** @type {typeof import("../log.js").createLog} */
export function createLog({ capacity = LOG_CAPACITY } = {}) {
  if (!Number.isSafeInteger(capacity) || capacity < 1) {
    throw new RangeError(`capacity is ${capacity}, not a whole number from 1`);
  }
  /** @type {import("../log.js").LogEntry[]} */
  const slots = [];
  // Where the oldest entry is. Not 0 only when all slots are taken.
  let oldest = 0;
  let dropped = 0;

  /** @param {import("../log.js").LogEntry[]} entries */
  function push(...entries) {
    for (const entry of entries) {
      if (slots.length < capacity) {
        slots.push(entry);
      } else {
        slots[oldest] = entry;
        oldest = (oldest + 1) % capacity;
        dropped += 1;
      }
    }
    return slots.length;
  }

  const toArray = () => [...slots.slice(oldest), ...slots.slice(0, oldest)];
  const own = Object.assign(Object.create(null), {
    push,
    record: (/** @type {[string, string, number]} */ ...[source, metric, value]) => {
      push({ ts: Date.now(), source, metric, value });
    },
    toArray,
    toJSON: toArray,
    clear: () => {
      slots.length = oldest = 0;
    },
  });

  // The slots are an array of the right length in the wrong order. Turning only the indices, it reads as the log
  // by any path: a method of Array, a for loop, JSON, WebDriver.
  const log = new Proxy(slots, {
    get(_, key) {
      if (key === "dropped") return dropped;
      if (key in own) return own[key];
      return Reflect.get(slots, turn(key));
    },
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(slots, turn(key)),
    // What a program could still do to the array would break the order. A set is a define, too.
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
    setPrototypeOf: () => false,
  });
  return /** @type {any} */ (log);

  /**
   * The slot of an index; any other key as it is.
   * @param {string | symbol} key
   */
  function turn(key) {
    if (oldest === 0 || typeof key === "symbol") return key;
    const index = Number(key);
    const isIndex = index >= 0 && index < slots.length && String(index) === key;
    return isIndex ? String((oldest + index) % capacity) : key;
  }
}
