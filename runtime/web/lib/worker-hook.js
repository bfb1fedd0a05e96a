// What every worker with the hook serves.
import { profiles } from "../auto.js";
import { moxieOf } from "./moxie.js";
import { accept, serveByDefault } from "./serve.js";

serveByDefault({
  ...moxieOf(profiles),
  snapshot: (options) => profiles().map((profile) => profile.snapshot(options)),
  counters: () => profiles().map((profile) => ({ name: profile.name, totals: profile.totals() })),
  stats: () =>
    Promise.all(
      profiles().map(async (profile) => ({ name: profile.name, stats: await profile.stats() })),
    ),
  top: (n, options) =>
    Promise.all(
      profiles().map(async (profile) => ({
        name: profile.name,
        top: await profile.top(n, options),
      })),
    ),
});

export { accept };
