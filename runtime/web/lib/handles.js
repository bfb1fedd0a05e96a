import { AllocinstrError } from "./error.js";
import { Gauge } from "./gauges.js";

const SLOT_BITS = 20;
const MAX_SLOTS = 2 ** SLOT_BITS;
const SLOT_MASK = MAX_SLOTS - 1;
const LAST_GENERATION = 2 ** (31 - SLOT_BITS) - 1;

// No object of a program can be this one.
const FREE = Symbol("free");

/** @template T */
export class HandleTable {
  /** @type {(T | typeof FREE)[]} by slot */
  #objects = [];
  /** @type {number[]} by slot: of the last id that was given out, from 1 */
  #generations = [];
  /** @type {number[]} slots */
  #free = [];
  #retired = 0;
  #size = 0;
  #maxSlots;
  #gauge;

  /** @param {import("../handles.js").HandleTableOptions} [options] */
  constructor({ source = "handles", maxSlots = MAX_SLOTS, ...options } = {}) {
    if (!Number.isInteger(maxSlots) || maxSlots < 1 || maxSlots > MAX_SLOTS) {
      throw new RangeError(`maxSlots is ${maxSlots}, not a whole number from 1 to ${MAX_SLOTS}`);
    }
    this.#maxSlots = maxSlots;
    this.#gauge = new Gauge({ source, ...options });
    this.#gauge.set(0);
  }

  get size() {
    return this.#size;
  }

  get gauge() {
    return this.#gauge;
  }

  /** @param {T} object */
  create(object) {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#objects.length;
      if (slot === this.#maxSlots) throw this.#full();
      this.#generations.push(0);
    }
    const generation = (this.#generations[slot] += 1);
    this.#objects[slot] = object;
    this.#size += 1;
    this.#gauge.set(this.#size);
    return (generation << SLOT_BITS) | slot;
  }

  /**
   * @param {number} id
   * @returns {T}
   */
  get(id) {
    const slot = this.#slotOf(id);
    if (slot === undefined) throw this.#wrong(id);
    return /** @type {T} */ (this.#objects[slot]);
  }

  /** @param {number} id */
  has(id) {
    return this.#slotOf(id) !== undefined;
  }

  /** @param {number} id */
  release(id) {
    return this.releaseAll([id]) === 1;
  }

  /** @param {Iterable<number>} ids */
  releaseAll(ids) {
    let released = 0;
    try {
      for (const id of ids) {
        const slot = this.#slotOf(id);
        if (slot === undefined) continue;
        this.#objects[slot] = FREE;
        if (this.#generations[slot] < LAST_GENERATION) this.#free.push(slot);
        else this.#retired += 1;
        released += 1;
        // At once: an iterator may throw, or use the table.
        this.#size -= 1;
      }
    } finally {
      this.#gauge.set(this.#size);
    }
    return released;
  }

  /**
   * @param {WebAssembly.Memory} memory
   * @param {number | bigint} pointer
   * @param {number | bigint} count
   */
  releaseAllIn(memory, pointer, count) {
    // Derived for every call: a memory that grew has another buffer.
    const { buffer } = memory;
    const start = unsigned(pointer);
    const length = unsigned(count);
    if (start + 4 * length > buffer.byteLength) {
      throw new RangeError(
        `${length} ids at ${start} are not within the ${buffer.byteLength} bytes of the memory`,
      );
    }
    return this.releaseAll(idsIn(new DataView(buffer, start, 4 * length)));
  }

  /**
   * @param {number} id
   * @returns {number | undefined} the slot of an object that is held
   */
  #slotOf(id) {
    // Whatever is no i32 would be one after bit operations.
    if (!Number.isInteger(id) || id < MAX_SLOTS || id >= 2 ** 31) return undefined;
    const slot = id & SLOT_MASK;
    const held =
      slot < this.#objects.length &&
      this.#objects[slot] !== FREE &&
      this.#generations[slot] === id >> SLOT_BITS;
    return held ? slot : undefined;
  }

  /** @param {number} id one that has no object */
  #wrong(id) {
    const wasGiven =
      Number.isInteger(id) &&
      id >= MAX_SLOTS &&
      Math.floor(id / MAX_SLOTS) <= this.#generations[id % MAX_SLOTS];
    if (wasGiven) {
      return new AllocinstrError(
        "stale-handle",
        `handle ${id} of \`${this.#gauge.name}\` was released: drop the ids of what you release`,
      );
    }
    return new AllocinstrError(
      "unknown-handle",
      `${String(id)} is no handle of \`${this.#gauge.name}\`: it never was given out by this table`,
    );
  }

  #full() {
    const retired = this.#retired
      ? ` and ${this.#retired} slots have no new id left: start a new table`
      : ": release what is not needed";
    return new AllocinstrError(
      "handles-full",
      `\`${this.#gauge.name}\` holds ${this.#size} objects in ${this.#maxSlots} slots${retired}`,
    );
  }
}

/** @param {DataView} view */
function* idsIn(view) {
  for (let at = 0; at < view.byteLength; at += 4) yield view.getUint32(at, true);
}

/**
 * What crosses from wasm is signed.
 * @param {number | bigint} value
 */
function unsigned(value) {
  if (typeof value !== "bigint" && value >>> 0 !== value && (value | 0) !== value) {
    throw new RangeError(`${value} is neither a 32-bit integer nor a BigInt`);
  }
  return typeof value === "bigint" ? Number(BigInt.asUintN(64, value)) : value >>> 0;
}
