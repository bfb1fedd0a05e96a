/**
 * Wraps `WebAssembly.instantiate`, `instantiateStreaming`, `compileStreaming` and `Instance`, so that
 * every instance of an instrumented module has a profile, whoever makes it. What is wrapped gives the
 * same results and errors as before; a promise settles one microtask later.
 *
 * To be loaded before whatever makes instances, once in each thread. As a classic script, load
 * `allocinstr/auto-script.js`, and find the `Hook` on `globalThis[Symbol.for("allocinstr")]`.
 */
import type { Profile } from "./index.js";

/**
 * The profiles of the instances of instrumented modules that are still alive, in the order they were
 * made; the same object for an instance every time. An instance whose counters cannot be read has none, and
 * `console.warn` says so once.
 *
 * An instance lives as long as the program keeps it, or somebody its profile.
 */
export function profiles(): Profile[];

/** An instance of an instrumented module, most likely. */
export interface Noted {
  instance: WebAssembly.Instance;
  module: WebAssembly.Module;
  /** Where the module was streamed from. */
  url?: string;
  /** What the instance imports. */
  memory?: WebAssembly.Memory;
}

/** `globalThis[Symbol.for("allocinstr")]`, the only thing that is put there unasked. */
export interface Hook {
  /**
   * As above.
   *
   * @throws {Error} before `ready`, where auto-script.js was loaded as a classic script
   */
  profiles(): Profile[];
  /** Kept once `profiles()` can be called and Moxie's names, if wanted, are there. */
  readonly ready: Promise<Hook>;
  /** Whatever is noted, read or not. */
  instances(): Noted[];
  /** What `profiles()` calls, set when it is loaded. */
  read?: () => Profile[];
  /** What `ready` waits for besides. */
  more?: Promise<void>;
}
