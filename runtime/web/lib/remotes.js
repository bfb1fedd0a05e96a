// Known before moxie.js is loaded, which asks them.
import { thread } from "./thread.js";

/** @type {typeof import("../moxie.js").connectMoxie} */
export function connectMoxie(remote) {
  const { remotes } = thread();
  remotes.add(remote);
  return () => void remotes.delete(remote);
}

/**
 * A thread may have several bridges.
 * @template {{ remote: import("../moxie.js").MoxieRemote }} T
 * @param {T[]} items
 * @returns {T[]} those of the first remote of each thread, as far as it is known
 */
export function oncePerThread(items) {
  const seen = new Set();
  return items.filter(({ remote: { thread } }) => {
    if (thread === undefined) return true;
    return !seen.has(thread) && seen.add(thread);
  });
}
