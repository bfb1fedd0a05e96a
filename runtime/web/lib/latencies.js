const KEPT = 1024;

/** The last answers' times, in as much memory after a day as after a minute. */
export class Latencies {
  #times = new Float64Array(KEPT);
  #count = 0;

  /** @param {number} ms */
  add(ms) {
    this.#times[this.#count % KEPT] = ms;
    this.#count += 1;
  }

  /**
   * The smallest time that so much of the answers did not exceed; null without an answer.
   * @param {number} fraction above 0, up to 1
   */
  quantile(fraction) {
    const kept = Math.min(this.#count, KEPT);
    if (kept === 0) return null;
    return this.#times.slice(0, kept).sort()[Math.ceil(fraction * kept) - 1];
  }
}
