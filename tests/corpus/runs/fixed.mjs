// A clock that ticks when it is asked and random numbers that are always the same, so that two runs of a program
// ask for the same memory at the same places.
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

const START_MS = Date.UTC(2024, 1, 29);

export function fixTimeAndChance() {
  let ticks = 0;
  const now = () => START_MS + ticks++;
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [now()] : args));
    }
  };
  Date.now = now;
  performance.now = () => ticks++;
  process.hrtime = Object.assign(() => [Math.floor(ticks / 1000), (ticks++ % 1000) * 1e6], {
    bigint: () => BigInt(ticks++) * 1_000_000n,
  });

  // Numerical Recipes' linear congruential generator.
  let state = 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  const fill = (view) => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = next() >>> 24;
    return view;
  };
  Math.random = () => next() / 2 ** 32;
  globalThis.crypto.getRandomValues = fill;
  crypto.randomFillSync = fill;
  crypto.randomBytes = (size) => fill(Buffer.alloc(size));
  syncBuiltinESMExports();
}
