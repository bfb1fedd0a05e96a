// Real programs, each with the loader that its language brings, watched by allocinstr/auto without a change.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { format } from "@wasm-fmt/gofmt/gofmt_binding.js";
import { profiles } from "../../runtime/web/auto.js";
import { instrument as instrumentPackage, packageFile } from "../corpus/instrument.mjs";
import { readMarkers } from "../fixtures/markers.mjs";
import { allocinstr, buildFixture, instrument, sources } from "../fixtures/measure.mjs";

const { GOROOT } = process.env;
const root = fileURLToPath(new URL("../..", import.meta.url));
const gofmt = packageFile("@wasm-fmt/gofmt/wasm");
const SOURCE = "package p\nfunc  f( ){ x:=map[string]int{} ; _ = x}\n";

// Where gofmt counts for itself: tests/corpus/gofmt.test.mjs.
const MALLOCS = 129864;
const HEAP_BYTES = 129856;

test("statistics of gofmt are what its own runtime counts", async () => {
  const { bytes } = instrumentPackage(gofmt, ".*", "--bytes", "heap");
  const { instance } = await WebAssembly.instantiate(bytes);
  instance.exports._initialize();
  format(instance.exports, SOURCE);
  const own = new DataView(instance.exports.memory.buffer);
  const totalAlloc = Number(own.getBigUint64(HEAP_BYTES, true));
  const { source, ...stats } = await profiles().at(-1).stats();
  assert.deepEqual(stats, {
    totalAlloc,
    mallocs: Number(own.getBigUint64(MALLOCS, true)),
    // Never freed, as TinyGo's ReadMemStats has it.
    heapInuse: totalAlloc,
    sys: instance.exports.memory.buffer.byteLength,
  });
  assert.deepEqual(Object.values(source), ["counters", "counters", "counters", "memory"]);
});

test("top of an AssemblyScript program are the planted lines with their counts and bytes", async () => {
  const directory = `${buildFixture("as-feed")}O0/`;
  const app = "web/wasm/app";
  const { instance } = await WebAssembly.instantiate(instrument(directory, app), {
    env: { abort: () => assert.fail("abort") },
  });
  const { load, timeline, buffers, render, dispatch } = instance.exports;
  [load(50), timeline(50), buffers(100), render(10), dispatch(10)];
  const planted = ["feed.ts", "note.ts"].flatMap((file) =>
    readMarkers(`${sources("as-feed")}${app}/${file}`, `${app}/${file}`, "O0"),
  );
  const lines = await profiles().at(-1).top(1000);
  // Generic code has a site for each of its types.
  const byPlace = new Map();
  for (const { file, line, alloc_count, alloc_bytes } of lines) {
    const place = `${file}:${line}`;
    const { count, bytes } = byPlace.get(place) ?? { count: 0, bytes: 0 };
    byPlace.set(place, { count: count + alloc_count, bytes: bytes + alloc_bytes });
  }
  assert.deepEqual(
    byPlace,
    new Map(planted.map(({ place, count, bytes }) => [place, { count, bytes }])),
  );
  const bytes = lines.map(({ alloc_bytes }) => alloc_bytes);
  assert.deepEqual(
    bytes,
    bytes.toSorted((a, b) => b - a),
  );
});

test(
  "a program of Go runs by Go's own wasm_exec.js and has a profile",
  { timeout: 300_000 },
  async () => {
    const out = `${root}build/web`;
    mkdirSync(out, { recursive: true });
    execFileSync(`${GOROOT}/bin/go`, ["build", "-o", `${out}/go.wasm`, "."], {
      cwd: fileURLToPath(new URL("go", import.meta.url)),
      env: {
        ...process.env,
        GOOS: "js",
        GOARCH: "wasm",
        GOCACHE: `${out}/go-cache`,
        GOTOOLCHAIN: "local",
        GOPROXY: "off",
      },
    });
    // Not one of the models: its functions are resumed in the middle, and their results are not what they return.
    const options = ["-q", "-print-allocs", "^main", "--allocator", "^runtime\\.mallocgc$=?"];
    const bytes = execFileSync(allocinstr, [...options, `${out}/go.wasm`, "-o", "-"], {
      maxBuffer: 1 << 28,
    });
    await import(`${GOROOT}/lib/wasm/wasm_exec.js`);
    const go = new globalThis.Go();
    const before = profiles().length;
    const { instance } = await WebAssembly.instantiate(bytes, go.importObject);
    const ended = go.run(instance);
    assert.equal(globalThis.keep(1000), 1);
    assert.equal(globalThis.keep(1000), 2);
    assert.equal(profiles().length, before + 1);
    globalThis.finish();
    await ended;
  },
);

test("gofmt is collected with its module and its memories when nobody uses it any more", () => {
  const file = `${root}build/web/gofmt.wasm`;
  mkdirSync(`${root}build/web`, { recursive: true });
  writeFileSync(file, instrumentPackage(gofmt, ".*").bytes);
  const script = `
    import { readFileSync } from "node:fs";
    import { format } from "@wasm-fmt/gofmt/gofmt_binding.js";
    const { profiles } = await import(${JSON.stringify(`${root}runtime/web/auto.js`)});
    async function use() {
      const { module, instance } = await WebAssembly.instantiate(readFileSync(${JSON.stringify(file)}));
      const { exports } = instance;
      exports._initialize();
      const formatted = format(exports, ${JSON.stringify(SOURCE)});
      const [most] = await profiles()[0].top(1);
      const refs = [module, instance, exports, exports.memory, exports.allocinstr, profiles()[0]];
      return { formatted, most: most.alloc_bytes > 0, refs: refs.map((held) => new WeakRef(held)) };
    }
    const { refs, ...used } = await use();
    const isGone = (ref) => ref.deref() === undefined;
    for (let round = 0; round < 20 && !refs.every(isGone); round++) {
      await new Promise(setImmediate);
      gc();
      await new Promise(setImmediate);
    }
    console.log(JSON.stringify({ ...used, gone: refs.map(isGone), profiles: profiles().length }));`;
  const printed = execFileSync(
    process.execPath,
    ["--expose-gc", "--input-type=module", "--eval", script],
    { cwd: `${root}tests`, encoding: "utf8" },
  );
  assert.deepEqual(JSON.parse(printed), {
    formatted: "package p\n\nfunc f() { x := map[string]int{}; _ = x }\n",
    most: true,
    gone: [true, true, true, true, true, true],
    profiles: 0,
  });
});
