import { observeSize } from "./observe-size.js";

export const THRESHOLDS = Object.freeze([100, 500, 1000, 2000, 5000]);

export const REARM_MARGIN = 0.1;

export class Gauge {
  #source;
  #metric;
  #log;
  /** @type {{ at: number, rearmAt: number, armed: boolean }[]} by `at`, ascending */
  #thresholds;
  /** @type {number | null} */
  #value = null;
  /** @type {number | null} */
  #peak = null;
  #invalid = 0;

  /** @param {import("../gauges.js").GaugeOptions} options */
  constructor({ source, metric = "size", log, thresholds = THRESHOLDS }) {
    const wrong = thresholds.find((threshold) => !(isReading(threshold) && threshold > 0));
    if (wrong !== undefined) throw new RangeError(`threshold ${wrong} is not a number above 0`);
    this.#source = source;
    this.#metric = metric;
    this.#log = log;
    this.#thresholds = [...new Set(thresholds)]
      .sort((a, b) => a - b)
      .map((at) => ({ at, rearmAt: at - at * REARM_MARGIN, armed: true }));
  }

  get name() {
    return `${this.#source}.${this.#metric}`;
  }

  get value() {
    return this.#value;
  }

  get peak() {
    return this.#peak;
  }

  get invalid() {
    return this.#invalid;
  }

  /** @param {number} value */
  set(value) {
    if (!isReading(value)) {
      this.#invalid += 1;
      this.#value = null;
      return;
    }
    this.#value = value;
    if (this.#peak === null || value > this.#peak) this.#peak = value;
    for (const threshold of this.#thresholds) {
      if (threshold.armed && value >= threshold.at) {
        threshold.armed = false;
        this.#tell(threshold.at);
      } else if (value <= threshold.rearmAt) {
        threshold.armed = true;
      }
    }
  }

  /** @param {number} threshold */
  #tell(threshold) {
    try {
      this.#log?.record(this.#source, this.#metric, threshold);
    } catch (error) {
      // The program that only grew a Map is not to be stopped by it.
      console.error(error);
    }
  }

  unset() {
    this.#value = null;
  }

  sample() {}

  resetPeak() {
    this.#peak = this.#value;
  }
}

class SizeWatch extends Gauge {
  /** @type {() => void} */
  #sample;
  #end = () => {};
  /** @type {unknown} */
  error = undefined;

  /**
   * @param {ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | (() => number)} subject
   * @param {import("../gauges.js").GaugeOptions} options
   */
  constructor(subject, options) {
    super(options);
    if (typeof subject === "function") {
      this.#sample = this.#sampleOf(subject);
    } else {
      this.#end = observeSize(subject, () => this.sample());
      this.#sample = this.#sizeOf(new WeakRef(subject));
    }
    this.sample();
  }

  sample() {
    this.#sample();
  }

  stop() {
    this.#end();
    this.#end = () => {};
    this.#sample = () => {};
    this.unset();
  }

  /**
   * A watch, or whoever reads it, is no reason to keep what the program has dropped.
   * @param {WeakRef<{ readonly size: number }>} collection
   */
  #sizeOf(collection) {
    return () => {
      const held = collection.deref();
      if (held) this.set(held.size);
      else this.unset();
    };
  }

  /** @param {() => number} read */
  #sampleOf(read) {
    return () => {
      try {
        this.set(read());
      } catch (error) {
        this.error = error;
        this.set(NaN);
      }
    };
  }
}

/** @type {typeof import("../gauges.js").watchSize} */
export function watchSize(subject, options) {
  return new SizeWatch(subject, options);
}

/** @type {typeof import("../gauges.js").readGauges} */
export function readGauges(gauges) {
  /** @type {Map<string, number>} */
  const values = new Map();
  const add = (/** @type {string} */ name, /** @type {number} */ value) =>
    values.set(name, (values.get(name) ?? 0) + value);
  for (const gauge of gauges) {
    gauge.sample();
    if (gauge.value === null || gauge.peak === null) continue;
    add(gauge.name, gauge.value);
    add(`${gauge.name}.peak`, gauge.peak);
  }
  return Object.fromEntries(values);
}

/** @param {unknown} value */
function isReading(value) {
  return Number.isFinite(value) && /** @type {number} */ (value) >= 0;
}
