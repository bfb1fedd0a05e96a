/** A bounded log of measurements: `import { createLog } from "allocinstr/log"`. */

/** One measurement. */
export interface LogEntry {
  /** Unix time in milliseconds. */
  ts: number;
  /** What was measured, such as `_elements`. */
  source: string;
  /** Which of its properties, such as `size`. */
  metric: string;
  value: number;
}

/** How many entries a log keeps: 10 000. */
export const LOG_CAPACITY: 10000;

/**
 * An empty log. It reads as an array, oldest entry first, and is one to `Array.isArray`,
 * `JSON.stringify` and WebDriver (`return window.__moxie_alloc_log`), but only `push`, `record` and
 * `clear` change it; anything else that would is a TypeError. `structuredClone` and `postMessage` take
 * `log.toArray()`.
 */
export function createLog(options?: LogOptions): AllocLog;

export interface LogOptions {
  /**
   * Entries kept; the oldest make room.
   * @default 10000
   */
  capacity?: number;
}

export interface AllocLog extends ReadonlyArray<LogEntry> {
  /**
   * Appends entries, each in constant time, and drops the oldest past the capacity.
   *
   * @returns the new length
   */
  push(...entries: LogEntry[]): number;
  /** Appends an entry with the time of now. */
  record(source: string, metric: string, value: number): void;
  /** A copy that later entries leave alone. */
  toArray(): LogEntry[];
  toJSON(): LogEntry[];
  /** Drops all entries; they do not count as `dropped`. */
  clear(): void;
  /** How many entries made room for later ones. */
  readonly dropped: number;
}
