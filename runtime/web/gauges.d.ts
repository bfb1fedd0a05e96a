/**
 * Sizes that the host keeps, watched for growth: `import { watchSize } from "allocinstr/gauges"`.
 */
import type { AllocLog } from "./log.js";

/** 100, 500, 1000, 2000, 5000. */
export const THRESHOLDS: readonly number[];

/**
 * 0.1: a threshold that was logged is logged again only after the value fell to nine tenths of it, or
 * below. A value that swings between 95 and 105 is logged once at 100; one that swings between 90 and
 * 100 every time.
 */
export const REARM_MARGIN: 0.1;

/**
 * Watches the size of a Map or Set, or whatever number a function gives.
 *
 * A Map or Set reports every change through its own methods (`set`, `add`, `delete`, `clear` of that
 * very object, until `stop`), so no peak is missed; only `Map.prototype.set.call(map, …)` passes unseen,
 * until the next `sample`. It is not kept alive. A function is called by `sample` alone: what happens
 * between two calls is not seen.
 *
 * @throws {TypeError} when the subject is none of these, or a frozen or sealed Map or Set, which a function can read
 */
export function watchSize(
  subject: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | (() => number),
  options: GaugeOptions,
): SizeWatch;

/**
 * Samples gauges, as `profile.snapshot({ gauges: readGauges([…]) })` takes them: by `source.metric` the value and by `source.metric.peak`
 * the peak. Gauges of one name are summed; one without a value is left out. Where a page has several instances, give them to one: merged snapshots add them up.
 */
export function readGauges(gauges: Iterable<Gauge>): Record<string, number>;

export interface GaugeOptions {
  /** What is measured, such as `_elements`. */
  source: string;
  /**
   * Which of its properties.
   * @default "size"
   */
  metric?: string;
  /**
   * Where thresholds are logged that are reached: an entry each, whose `value` is the threshold. What it throws goes to `console.error`.
   * @default nowhere
   */
  log?: Pick<AllocLog, "record">;
  /**
   * Numbers above 0, each logged once when the value reaches it from below (see `REARM_MARGIN`).
   * @default [100, 500, 1000, 2000, 5000]
   */
  thresholds?: readonly number[];
}

/** A value over time. */
export class Gauge {
  constructor(options: GaugeOptions);
  /** `source.metric`. */
  readonly name: string;
  /** The last reading; null before the first, and where the last was none. */
  readonly value: number | null;
  /** The highest value since the start or `resetPeak`; null before the first. */
  readonly peak: number | null;
  /** How many readings were none: NaN, infinite, negative, not a number, or thrown. */
  readonly invalid: number;
  /** Takes a reading. One that is none changes neither the peak nor what is logged. */
  set(value: number): void;
  /** There is nothing to read any more, which is no invalid reading: the value is null. */
  unset(): void;
  /** Takes a reading where there is something to read. */
  sample(): void;
  /** The value of now is the peak from here. */
  resetPeak(): void;
}

export interface SizeWatch extends Gauge {
  /** What the function last threw instead of a reading. */
  readonly error: unknown;
  /** Ends the watch and gives the Map or Set its own methods back. May be called twice. */
  stop(): void;
}
