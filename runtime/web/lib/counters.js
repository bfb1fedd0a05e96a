// The counters of an instance: docs/formats.md, section 1.
import { AllocinstrError } from "./error.js";

/** Name of the export, and of no memory of the program. */
export const COUNTERS_EXPORT = "allocinstr";

const MAGIC = "allocins";
const VERSION = 1;
const RECORD_BYTES = 16;
const POOL_OFFSET = 32;
const RECORDS_OFFSET = 48;

export class Counters {
  /** @type {WebAssembly.Memory} */
  #memory;
  #slots;

  /**
   * @param {unknown} memory the instance's export
   * @param {number} slots what the site table says
   */
  constructor(memory, slots) {
    if (!(memory instanceof WebAssembly.Memory)) {
      throw new AllocinstrError(
        "no-counters",
        `the instance exports no memory \`${COUNTERS_EXPORT}\`: pass the instance of this very module, ` +
          "and let no later build step drop the export",
      );
    }
    this.#memory = memory;
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
      throw new AllocinstrError(
        "unknown-version",
        `counters version ${version}; this package reads version ${VERSION}: use the \`allocinstr\` ` +
          "package of the release that instrumented the module",
      );
    }
    const slots = view.getUint32(12, true);
    if (slots === 0) {
      throw new AllocinstrError(
        "log-fn",
        "the module was instrumented with `--log-fn`, so its counters are the program's own: read " +
          "them from the program, or instrument without `--log-fn`",
      );
    }
    if (slots !== this.#slots) {
      throw new AllocinstrError(
        "slots-mismatch",
        `the site table has ${this.#slots} slots and the counters have ${slots}: ` +
          "module and instance come from different builds",
      );
    }
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
    return readRecord(this.#view(), POOL_OFFSET);
  }

  /** One record a slot, by site id. */
  records() {
    const view = this.#view();
    return Array.from({ length: this.#slots }, (_, id) =>
      readRecord(view, RECORDS_OFFSET + id * RECORD_BYTES),
    );
  }

  // Derived for every reading: any grow of a memory, even by nothing, detaches the buffers it had.
  #view() {
    return new DataView(this.#memory.buffer);
  }
}

/**
 * @param {DataView} view
 * @param {number} offset
 */
function readRecord(view, offset) {
  return { count: readU64(view, offset), bytes: readU64(view, offset + 8) };
}

/**
 * Read as two halves, because a sum of numbers is what JSON and every caller want, not a BigInt.
 * @param {DataView} view
 * @param {number} offset
 */
function readU64(view, offset) {
  const value = view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
  if (!Number.isSafeInteger(value)) {
    throw malformed(`the counter at ${offset} is past 2^53, where numbers are not exact`);
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

/** @param {string} what */
function malformed(what) {
  return new AllocinstrError("malformed-counters", `memory \`${COUNTERS_EXPORT}\`: ${what}`);
}
