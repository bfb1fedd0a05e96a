// The counters of an instance: docs/formats.md, section 1.
import { AllocinstrError, otherRelease } from "./error.js";

export const COUNTERS_EXPORT = "allocinstr";

const MAGIC = "allocins";
const VERSION = 1;
const RECORD_BYTES = 16;
const POOL_OFFSET = 32;
const RECORDS_OFFSET = 48;

const POOL_SLOT = -1;
const COUNT_FIELD = 0;
const BYTES_FIELD = 1;

export const PAST_EXACT = "is past 2^53, the last exact number";

/**
 * Of the engine: a subclass may have a getter of its own.
 * @param {WebAssembly.Instance} instance
 */
export const exportsOf = (instance) =>
  instance instanceof WebAssembly.Instance
    ? Reflect.get(WebAssembly.Instance.prototype, "exports", instance)
    : /** @type {any} */ (instance).exports;

/**
 * @param {import("../index.js").SiteTableHeader} table
 * @param {WebAssembly.Exports} exports
 */
export function countersOf({ storage, slots }, exports) {
  const exported = exports[COUNTERS_EXPORT];
  if (storage === "memory") return new MemoryCounters(exported, slots);
  if (storage === "globals") return new GlobalCounters(exported, slots);
  throw otherRelease(
    "unknown-storage",
    `counters in ${JSON.stringify(storage)}; this package reads "memory" and "globals"`,
  );
}

class MemoryCounters {
  /** @type {WebAssembly.Memory} */
  #memory;
  #slots;

  /**
   * @param {unknown} memory the instance's export
   * @param {number} slots what the site table says
   */
  constructor(memory, slots) {
    // Of any realm.
    if (String(memory) !== "[object WebAssembly.Memory]") throw noCounters("memory");
    this.#memory = /** @type {WebAssembly.Memory} */ (memory);
    this.#slots = slots;
    this.#checkHeader();
  }

  #checkHeader() {
    const view = this.#view();
    const held = view.byteLength;
    if (held < RECORDS_OFFSET || ascii(view, MAGIC.length) !== MAGIC) {
      throw malformed("the header is missing");
    }
    const version = view.getUint32(8, true);
    if (version !== VERSION) {
      throw otherRelease(
        "unknown-version",
        `counters version ${version}; this package reads version ${VERSION}`,
      );
    }
    const slots = view.getUint32(12, true);
    if (slots === 0) throw countedByProgram();
    if (slots !== this.#slots) throw otherBuild(this.#slots, String(slots));
    const recordBytes = view.getUint32(16, true);
    if (recordBytes !== RECORD_BYTES) {
      throw malformed(`records of ${recordBytes} bytes, not ${RECORD_BYTES}`);
    }
    if (held < RECORDS_OFFSET + slots * RECORD_BYTES) {
      throw malformed(`${slots} records do not fit into ${held} bytes`);
    }
  }

  /** What was counted for no site. */
  pool() {
    const view = this.#view();
    return { count: readU64(view, POOL_OFFSET), bytes: readU64(view, POOL_OFFSET + 8) };
  }

  /**
   * Every slot, by site id.
   * @param {Float64Array} counts
   * @param {Float64Array} bytes
   */
  read(counts, bytes) {
    const view = this.#view();
    for (let id = 0, at = RECORDS_OFFSET; id < this.#slots; id++, at += RECORD_BYTES) {
      counts[id] = readU64(view, at);
      bytes[id] = readU64(view, at + 8);
    }
  }

  // Any grow detaches.
  #view() {
    return new DataView(this.#memory.buffer);
  }
}

class GlobalCounters {
  /** @type {(slot: number, field: number) => unknown} */
  #read;
  #slots;

  /**
   * @param {unknown} read the instance's export
   * @param {number} slots what the site table says
   */
  constructor(read, slots) {
    if (typeof read !== "function") throw noCounters("function");
    this.#read = /** @type {(slot: number, field: number) => unknown} */ (read);
    this.#slots = slots;
    if (!this.#has(POOL_SLOT)) throw malformed("there is no pool");
    if (!this.#has(0)) throw countedByProgram();
    if (!this.#has(slots - 1)) throw otherBuild(slots, "fewer");
    if (this.#has(slots)) throw otherBuild(slots, "more");
  }

  /** What was counted for no site. */
  pool() {
    return {
      count: this.#counter(POOL_SLOT, COUNT_FIELD),
      bytes: this.#counter(POOL_SLOT, BYTES_FIELD),
    };
  }

  /**
   * Every slot, by site id.
   * @param {Float64Array} counts
   * @param {Float64Array} bytes
   */
  read(counts, bytes) {
    for (let id = 0; id < this.#slots; id++) {
      counts[id] = this.#counter(id, COUNT_FIELD);
      bytes[id] = this.#counter(id, BYTES_FIELD);
    }
  }

  /** @param {number} slot */
  #has(slot) {
    try {
      this.#read(slot, COUNT_FIELD);
      return true;
    } catch (cause) {
      if (/** @type {any} */ (cause)?.name === "RuntimeError") return false;
      throw malformed("it is not called as a reader of counters is", { cause });
    }
  }

  /**
   * @param {number} slot
   * @param {number} field
   */
  #counter(slot, field) {
    let value;
    try {
      value = this.#read(slot, field);
    } catch (cause) {
      throw malformed(`field ${field} of slot ${slot} cannot be read`, { cause });
    }
    if (typeof value !== "bigint") {
      throw malformed(`field ${field} of slot ${slot} is a ${typeof value}, not an i64`);
    }
    // It is signed.
    const counter = Number(BigInt.asUintN(64, value));
    if (!Number.isSafeInteger(counter)) {
      throw malformed(`field ${field} of slot ${slot} ${PAST_EXACT}`);
    }
    return counter;
  }
}

/**
 * JSON wants no BigInt.
 * @param {DataView} view
 * @param {number} offset
 */
function readU64(view, offset) {
  const value = view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
  if (!Number.isSafeInteger(value)) {
    throw malformed(`the counter at ${offset} ${PAST_EXACT}`);
  }
  return value;
}

/**
 * @param {DataView} view
 * @param {number} length
 */
function ascii(view, length) {
  return String.fromCharCode(...new Uint8Array(view.buffer, 0, length));
}

/** @param {"memory" | "function"} kind */
function noCounters(kind) {
  return new AllocinstrError(
    "no-counters",
    `the instance exports no ${kind} \`${COUNTERS_EXPORT}\`: pass one of this very module, and let no later build step drop it`,
  );
}

function countedByProgram() {
  return new AllocinstrError(
    "log-fn",
    "instrumented with `--log-fn`, the module has no counters: read the program's own",
  );
}

/**
 * @param {number} slots
 * @param {string} held
 */
function otherBuild(slots, held) {
  return new AllocinstrError(
    "slots-mismatch",
    `the site table has ${slots} slots and the counters have ${held}: they are of different builds`,
  );
}

/**
 * @param {string} what
 * @param {ErrorOptions} [options]
 */
function malformed(what, options) {
  return new AllocinstrError("malformed-counters", `\`${COUNTERS_EXPORT}\`: ${what}`, options);
}
