/**
 * DOM elements and other host objects by the integers that wasm holds for them:
 * `import { HandleTable } from "allocinstr/handles"`.
 *
 * An id is a positive i32, the same signed and unsigned, and never 0: 20 bits of slot and 11 of
 * generation, which counts how often the slot was taken. The id of an object that was released is stale
 * for ever. A slot whose 2047 generations are used up is retired, not started over, so no id is given
 * out twice; a table ends, with `handles-full`, after 2 146 435 072 handles.
 */
import type { Gauge, GaugeOptions } from "./gauges.js";

export class HandleTable<T = unknown> {
  constructor(options?: HandleTableOptions);

  /**
   * A new id, also for an object that has one already.
   *
   * @throws {AllocinstrError} `handles-full`
   */
  create(object: T): number;

  /**
   * The object of an id.
   *
   * @throws {AllocinstrError} `stale-handle` when it was released, `unknown-handle` when it is no id of
   *   this table
   */
  get(id: number): T;

  /** Whether the id has an object. */
  has(id: number): boolean;

  /**
   * Lets go of the object.
   *
   * @returns false when the id is stale or unknown: nothing is done
   */
  release(id: number): boolean;

  /**
   * Lets go of many objects in one call. Of duplicates the first counts; stale and unknown ids are
   * passed over. Where the iterator throws, those before it are released.
   *
   * @param ids an array, or a typed array such as a view of the program's memory
   * @returns how many were released
   */
  releaseAll(ids: Iterable<number>): number;

  /**
   * `releaseAll` of ids that lie in the program's memory as little-endian 32-bit integers, so that wasm
   * can release any number of handles in one call of an import:
   * `releaseAll: (pointer, count) => table.releaseAllIn(memory, pointer, count)`.
   *
   * @param pointer of the first, in bytes; need not be aligned
   * @param count of ids
   * @returns how many were released
   * @throws {RangeError} when they are not within the memory, or pointer or count are no integers of wasm: none is released
   */
  releaseAllIn(
    memory: WebAssembly.Memory,
    pointer: number | bigint,
    count: number | bigint,
  ): number;

  /** How many objects the table holds. */
  readonly size: number;

  /** `size` over time, with the thresholds and the peak, for `readGauges`. */
  readonly gauge: Gauge;
}

export interface HandleTableOptions extends Partial<GaugeOptions> {
  /**
   * Names the gauge.
   * @default "handles"
   */
  source?: string;
  /**
   * Slots, of objects held and retired ones, at most.
   * @default 1048576
   */
  maxSlots?: number;
}
