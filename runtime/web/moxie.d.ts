/**
 * With `globalThis.__moxie_instrument = true` set before `allocinstr/auto` is loaded, it loads this and puts three names
 * on `globalThis`; otherwise nothing of it is loaded. What a program has put there before stays.
 */
import type { Profile } from "./index.js";
import type { AllocLog, LogEntry } from "./log.js";

/** What `__moxie_read_alloc_counters()` gives: all instances, those of one build added up. */
export interface AllocCounters {
  /** The sites that allocated, with ids of their own build. */
  sites: { id: number; name: string; count: number; bytes: number }[];
  /** What is in the overflow slot, which sites past the cap share. */
  overflow: { count: number; bytes: number };
  /** What belongs to no site. */
  unattributed: { count: number; bytes: number };
}

/** What one thread tells another: which site is meant, its build says. */
export interface ThreadCounters extends AllocCounters {
  sites: (AllocCounters["sites"][number] & { build_id?: string })[];
}

/**
 * What `__moxie_mem_stats()` gives, in bytes, of all instances; null where it cannot be known of one. Where
 * each number is from, `Profile.stats` says.
 */
export interface MemStats {
  totalAlloc: number;
  mallocs: number;
  heapInuse: number | null;
  sys: number | null;
}

/** The programs of one thread. */
export interface Moxie {
  readAllocCounters(): ThreadCounters;
  memStats(): MemStats;
}

/** The programs of another thread. */
export interface MoxieRemote {
  /** What an error says. */
  readonly name?: string;
  /** Of those that have the same, one is asked. */
  readonly thread?: string;
  readAllocCounters(): Promise<ThreadCounters>;
  memStats(): Promise<MemStats>;
}

/** What answers in the thread of these instances. */
export function moxieOf(profiles: () => Profile[]): Moxie;

/** Puts the three names on `globalThis`. */
export function installMoxie(profiles: () => Profile[], early?: EarlyMoxie): void;

/** What `auto` puts there until this is loaded: functions that answer by promises, and an array. */
export interface EarlyMoxie {
  __moxie_read_alloc_counters?: () => Promise<AllocCounters>;
  __moxie_mem_stats?: () => Promise<MemStats>;
  __moxie_alloc_log?: LogEntry[];
}

/**
 * Adds another thread's programs to what the page's functions answer, which are promises from then on.
 *
 * @returns ends it
 */
export function connectMoxie(remote: MoxieRemote): () => void;

declare global {
  var __moxie_instrument: boolean | undefined;
  var __moxie_read_alloc_counters: (() => AllocCounters | Promise<AllocCounters>) | undefined;
  var __moxie_mem_stats: (() => MemStats | Promise<MemStats>) | undefined;
  var __moxie_alloc_log: AllocLog | undefined;
}
