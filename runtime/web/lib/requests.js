// Requests to a worker and their answers, in bounded memory.
import { AllocinstrError } from "./error.js";
import { Latencies } from "./latencies.js";

/**
 * @typedef {object} Pending
 * @property {{ name: string, args: unknown[] }} [request] until it is sent
 * @property {number} since
 * @property {boolean} settled
 * @property {(value: any) => void} resolve
 * @property {(error: AllocinstrError) => void} reject
 * @property {ReturnType<typeof setTimeout>} [timer]
 */

export class Requests {
  #config;
  /** @type {(message: unknown[]) => void} */
  #post;
  /**
   * By id, oldest first. One that timed out stays until it is answered: the worker has its message still,
   * and a worker that answers nothing must not be sent more and more.
   * @type {Map<number, Pending>}
   */
  #pending = new Map();
  #nextId = 0;
  #abandoned = 0;
  #connected = false;
  /** @type {AllocinstrError | undefined} why there will be no answers any more */
  #end;
  #latencies = new Latencies();
  #counts = { accepted: 0, refused: 0, answered: 0, timedOut: 0, late: 0 };

  /**
   * @param {Readonly<import("../bridge.js").BridgeConfig>} config
   * @param {(message: unknown[]) => void} post
   */
  constructor(config, post) {
    this.#config = config;
    this.#post = post;
  }

  get connected() {
    return this.#connected;
  }

  /**
   * @param {string} name
   * @param {unknown[]} args
   * @returns {Promise<any>}
   */
  async request(name, args) {
    if (this.#end) throw this.#end;
    if (this.#pending.size >= this.#config.maxPending) {
      this.#counts.refused += 1;
      throw this.#busy();
    }
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers();
    /** @type {Pending} */
    const pending = {
      request: { name, args },
      since: performance.now(),
      settled: false,
      resolve,
      reject,
    };
    // What cannot be cloned throws here, and is not pending.
    if (this.#connected) this.#send(id, pending);
    else this.#limit(id, pending, this.#config.connectTimeoutMs);
    this.#pending.set(id, pending);
    this.#counts.accepted += 1;
    return promise;
  }

  /** The worker answers from now on. */
  connect() {
    this.#connected = true;
    for (const [id, pending] of this.#pending) {
      try {
        this.#send(id, pending);
      } catch (error) {
        this.#pending.delete(id);
        this.#settle(pending, () => pending.reject(/** @type {any} */ (error)));
      }
    }
  }

  /**
   * @param {object} answer
   * @param {number} answer.id
   * @param {unknown} [answer.value]
   * @param {{ code: any, message: string, cause?: object }} [answer.error]
   * @param {boolean} [answer.expired] the worker found it too late to begin
   */
  answer({ id, value, error, expired }) {
    const pending = this.#pending.get(id);
    // Nothing that this end has asked.
    if (!pending) return;
    this.#pending.delete(id);
    this.#latencies.add(performance.now() - pending.since);
    if (pending.settled) {
      this.#abandoned -= 1;
      this.#counts.late += 1;
    } else if (expired) {
      this.#counts.timedOut += 1;
      this.#settle(pending, () => pending.reject(this.#timeout()));
    } else {
      this.#counts.answered += 1;
      this.#settle(pending, () => {
        if (!error) return pending.resolve(value);
        const { code, message, cause } = error;
        pending.reject(new AllocinstrError(code, message, cause && { cause }));
      });
    }
  }

  /**
   * Rejects all that waits for an answer.
   * @param {AllocinstrError} error
   * @param {{ forever: boolean }} options whether there will be no answer to later requests either
   */
  fail(error, { forever }) {
    if (forever) this.#end ??= error;
    for (const pending of this.#pending.values()) {
      this.#settle(pending, () => pending.reject(error));
    }
    this.#pending.clear();
    this.#abandoned = 0;
  }

  /** @returns {import("../bridge.js").BridgeStats} */
  stats() {
    return {
      connected: this.#connected && !this.#end,
      pending: this.#pending.size,
      abandoned: this.#abandoned,
      maxPending: this.#config.maxPending,
      oldestMs: this.#oldestMs(),
      ...this.#counts,
      p50Ms: this.#latencies.quantile(0.5),
      p99Ms: this.#latencies.quantile(0.99),
    };
  }

  /**
   * @param {number} id
   * @param {Pending} pending
   */
  #send(id, pending) {
    if (!pending.request) return;
    const { name, args } = pending.request;
    try {
      this.#post([id, Date.now(), name, args]);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      const text = `what \`${name}\` is to take cannot be sent: ${message}`;
      throw new AllocinstrError("request-failed", text, { cause: error });
    }
    delete pending.request;
    // The time to answer begins.
    pending.since = performance.now();
    this.#limit(id, pending, this.#config.timeoutMs);
  }

  /**
   * @param {number} id
   * @param {Pending} pending
   * @param {number} ms
   */
  #limit(id, pending, ms) {
    clearTimeout(pending.timer);
    pending.timer = setTimeout(() => this.#expire(id, pending), ms);
  }

  /**
   * @param {Pending} pending
   * @param {() => void} how
   */
  #settle(pending, how) {
    if (pending.settled) return;
    pending.settled = true;
    clearTimeout(pending.timer);
    how();
  }

  /**
   * @param {number} id
   * @param {Pending} pending
   */
  #expire(id, pending) {
    // Where this thread was busy, the answer may be there and come right after the timer.
    pending.timer = setTimeout(() => {
      this.#counts.timedOut += 1;
      const error = pending.request
        ? this.connectTimeout(this.#config.connectTimeoutMs)
        : this.#timeout();
      // What was never sent, the worker need not answer.
      if (pending.request) this.#pending.delete(id);
      else this.#abandoned += 1;
      this.#settle(pending, () => pending.reject(error));
    }, 0);
  }

  #timeout() {
    return new AllocinstrError(
      "timeout",
      `the worker did not answer within ${seconds(this.#config.timeoutMs)}: it is in a long-running call, ` +
        "during which it can take no message; ask again later, or have the program return to its event " +
        "loop in between",
    );
  }

  /** @param {number} ms */
  connectTimeout(ms) {
    return new AllocinstrError(
      "connect-timeout",
      `the worker did not take up the connection within ${seconds(ms)}: it has not loaded the hook ` +
        "(start it with `wrapWorker`, or import `allocinstr/worker.js` first in it), its script failed to " +
        "load, or it has been in a long-running call since",
    );
  }

  #busy() {
    const { maxPending, timeoutMs } = this.#config;
    const oldestMs = /** @type {number} */ (this.#oldestMs());
    const why =
      oldestMs > timeoutMs
        ? "the worker does not answer any, so more of them would not help"
        : "they are asked faster than the worker answers, so ask less often or `maxPending` more";
    return new AllocinstrError(
      "busy",
      `${maxPending} requests are unanswered, as many as may be, and the oldest for ${seconds(oldestMs)}: ${why}`,
    );
  }

  #oldestMs() {
    const [oldest] = this.#pending.values();
    return oldest ? performance.now() - oldest.since : null;
  }
}

/** @param {number} ms */
export function seconds(ms) {
  return `${Number((ms / 1000).toFixed(1)) || Number((ms / 1000).toPrecision(1))} s`;
}
