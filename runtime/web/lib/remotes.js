/**
 * What answers for the programs of other threads: known before moxie.js is loaded, which asks them.
 * @type {Set<import("../moxie.js").MoxieRemote>}
 */
export const remotes = new Set();

/** @type {typeof import("../moxie.js").connectMoxie} */
export function connectMoxie(remote) {
  remotes.add(remote);
  return () => void remotes.delete(remote);
}
