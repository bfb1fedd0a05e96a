// Records the app's only instance, more rarely than the page lives.
import { profiles } from "/allocinstr/auto.js";
import { record } from "/allocinstr/lib/record.js";

window.recorded = window.ran.then(({ counted }) => {
  const [profile] = profiles();
  record(profile, { intervalMs: 3_600_000, url: "/snapshots" }).sample({ label: "ran" });
  return counted;
});
