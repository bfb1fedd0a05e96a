/**
 * Random numbers that can be had again: the seed is printed, and SEED sets it.
 * @param {import("node:test").TestContext} t
 */
export function random(t) {
  const seed = Number(process.env.SEED ?? 20261121);
  t.diagnostic(`SEED=${seed}`);
  // Mulberry32.
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (/** @type {number} */ end) => next() % end;
  return { seed, below };
}
