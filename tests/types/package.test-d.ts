// The types of every entry, as a project sees them that has installed the package.
import { expectAssignable, expectError, expectNotAssignable, expectType } from "tsd";
import {
  AllocinstrError,
  type AllocinstrErrorCode,
  type Diff,
  type Profile,
  type SendReport,
  type SiteTable,
  type SiteTableHeader,
  type Snapshot,
  type StatsSource,
  type TopSite,
  attach,
  compile,
  diff,
  merge,
  readSites,
  record,
  send,
  top,
} from "allocinstr";
import { attach as attachAlone } from "allocinstr/attach";
import { type Hook, profiles } from "allocinstr/auto";
import {
  type Bridge,
  type BridgeConfig,
  type BridgeStats,
  bridgeConfig,
  connect,
  wrapWorker,
} from "allocinstr/bridge";
import { wrapWorker as wrapThread } from "allocinstr/bridge-node";
import { compile as compileAlone } from "allocinstr/compile";
import { diff as diffAlone } from "allocinstr/diff";
import { type SizeWatch, readGauges, watchSize } from "allocinstr/gauges";
import { HandleTable } from "allocinstr/handles";
import { type AllocLog, createLog } from "allocinstr/log";
import { merge as mergeAlone } from "allocinstr/merge";
import { type MemStats, type ThreadCounters, connectMoxie, moxieOf } from "allocinstr/moxie";
import { type Recording, record as recordAlone } from "allocinstr/record";
import { send as sendAlone } from "allocinstr/send";
import { serve } from "allocinstr/serve";
import { readSites as readSitesAlone } from "allocinstr/sites";
import { top as topAlone } from "allocinstr/top";

expectType<typeof attach>(attachAlone);
expectType<typeof compile>(compileAlone);
expectType<typeof diff>(diffAlone);
expectType<typeof merge>(mergeAlone);
expectType<typeof readSites>(readSitesAlone);
expectType<typeof record>(recordAlone);
expectType<typeof send>(sendAlone);
expectType<typeof top>(topAlone);

declare const module: WebAssembly.Module;
declare const instance: WebAssembly.Instance;

expectType<Promise<WebAssembly.Module>>(compile(fetch("app.wasm")));
expectError(compile("app.wasm"));

const profile = attach(module, instance, { name: "app", generation: 1 });
expectType<Profile>(profile);
expectError(attach(instance, module));
expectError(attach(module, instance, { name: 1 }));
expectError((profile.name = "other"));
expectType<WebAssembly.Module>(profile.module);
expectType<Profile[]>(profiles());

const snapshot = profile.snapshot({ label: "loaded", gauges: { handles: 1 } });
expectType<Snapshot>(snapshot);
expectError(profile.snapshot({ gauges: { handles: "1" } }));
expectType<number>(profile.totals().alloc_bytes);
expectType<number | null>(snapshot.totals.live_bytes);
expectType<number | null>(snapshot.memory_bytes);
expectType<[number, number, number, number | null, number | null]>(snapshot.rows[0]);

expectType<Promise<TopSite[]>>(profile.top(10, { by: "count" }));
expectError(profile.top(10, { by: "size" }));
expectType<SiteTable | SiteTableHeader>(readSites(module));
expectType<Diff>(diff(snapshot, snapshot));
expectType<TopSite[]>(top(diff(snapshot, snapshot), readSites(module), 5));
declare const site: TopSite;
expectType<string | null>(site.function);
expectType<number>(site.line);
expectType<string | null>(site.chain[0].file);

const stats = await profile.stats();
expectType<number>(stats.totalAlloc);
expectType<number | null>(stats.heapInuse);
expectType<StatsSource>(stats.source.sys);
expectAssignable<StatsSource>("program");
expectNotAssignable<StatsSource>("guess");

const recording = record(profile, { intervalMs: 1000, limit: 100, url: "/snapshots" });
expectType<Recording>(recording);
expectType<number>(recording.intervalMs);
expectType<Snapshot[]>(recording.snapshots);
expectType<Promise<SendReport>>(recording.flush());
expectType<Promise<SendReport>>(send("/snapshots", [snapshot]));
expectError(send("/snapshots", snapshot));
expectType<Snapshot>(merge([snapshot], { sharedMemory: true }));

const error = new AllocinstrError("no-names", "message", { cause: 1 });
expectType<AllocinstrErrorCode>(error.code);
expectError(new AllocinstrError("unheard-of", "message"));

expectType<ThreadCounters>(moxieOf(profiles).readAllocCounters());
expectType<MemStats>(moxieOf(profiles).memStats());
expectType<() => void>(
  connectMoxie({
    memStats: async () => moxieOf(profiles).memStats(),
    readAllocCounters: async () => moxieOf(profiles).readAllocCounters(),
  }),
);
expectType<AllocLog>(createLog());
expectType<boolean | undefined>(globalThis.__moxie_instrument);
declare const hook: Hook;
expectType<Profile[]>((await hook.ready).profiles());

const config = bridgeConfig({ timeoutMs: 1000 });
expectType<Readonly<BridgeConfig>>(config);
expectError(bridgeConfig({ timeout: 1000 }));
const { worker, bridge } = wrapWorker("app-worker.js", { type: "module", config });
expectType<Worker>(worker);
expectType<Bridge>(bridge);
expectType<Bridge>(connect(worker));
expectType<Snapshot[]>(await bridge.request("snapshot", { label: "loaded" }));
expectType<MemStats>(await bridge.request("memStats"));
expectType<any>(await bridge.request("the app's own", 1));
expectType<BridgeStats>(bridge.stats());
expectType<Bridge>(wrapThread("./job.mjs").bridge);
expectType<void>(serve({ touch: () => 1 }, { config }));

const log = createLog({ capacity: 10 });
const watch = watchSize(new Map(), { source: "_conns", log });
expectType<SizeWatch>(watch);
expectError(watchSize([1], { source: "list" }));
expectType<number | null>(watch.peak);
const elements = new HandleTable<{ tag: string }>({ source: "_elements", log });
const id = elements.create({ tag: "p" });
expectType<number>(id);
expectType<{ tag: string }>(elements.get(id));
expectError(elements.create("p"));
expectType<number>(elements.releaseAll(new Int32Array([id])));
expectType<Record<string, number>>(readGauges([watch, elements.gauge]));
expectType<Snapshot>(profile.snapshot({ gauges: readGauges([watch]) }));
