/**
 * The worker's end of `allocinstr/bridge`: `import { serve } from "allocinstr/serve"`. Loading
 * `allocinstr/worker.js` is enough for the standard functions.
 */
import type { BridgeConfig } from "./bridge.js";

/**
 * Adds functions that the page may call by name, in place of those of the same name. What they take and give is
 * cloned; they may be async.
 */
export function serve(
  functions: Record<string, (...args: any[]) => unknown>,
  options?: ServeOptions,
): void;

export interface ServeOptions {
  /**
   * What this end was built with; a page that has another is refused with `config-mismatch`.
   * @default what the page has, if the protocol is the same
   */
  config?: Readonly<BridgeConfig>;
}

/** Answers requests that come through a port: what the hook does with the page's. */
export function accept(port: MessagePort): void;
