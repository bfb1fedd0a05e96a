// What the hook does to a process: what it keeps alive, what it reports, what it leaves on globalThis.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { FEED, instrument } from "./instrumented.mjs";
import { printed } from "./program.mjs";

const directory = mkdtempSync(join(tmpdir(), "allocinstr-"));
test.after(() => rmSync(directory, { recursive: true }));
const FILE = join(directory, "feed.wasm");
writeFileSync(FILE, instrument(FEED));

const COLLECT = `
  import { readFileSync } from "node:fs";
  const { profiles } = await import(WEB + "auto.js");
  const hook = globalThis[Symbol.for("allocinstr")];
  const bytes = () => readFileSync(process.argv[1]);
  /** Collects until it holds, each time in a turn of its own: a WeakRef keeps what it gave until the turn ends. */
  async function collected(holds) {
    for (let round = 0; round < 20 && !holds(); round++) {
      await new Promise(setImmediate);
      gc();
      await new Promise(setImmediate);
    }
    return holds();
  }
  const gone = (ref) => ref.deref() === undefined;`;

test("what_the_program_drops_is_collected_read_or_not", () => {
  const result = printed(
    `${COLLECT}
    async function use(read) {
      const { module, instance } = await WebAssembly.instantiate(bytes());
      instance.exports.load(100);
      const rows = read ? profiles().at(-1).snapshot().rows : null;
      const again = new WebAssembly.Instance(module);
      if (read) profiles();
      const { memory, allocinstr } = instance.exports;
      return { rows, refs: [module, instance, memory, allocinstr, again].map((x) => new WeakRef(x)) };
    }
    const used = [await use(false), await use(true)];
    const kept = (await WebAssembly.instantiate(bytes())).instance;
    const refs = used.flatMap(({ refs }) => refs);
    const allGone = await collected(() => refs.every(gone) && hook.instances().length === 1);
    kept.exports.load(1);
    print({
      allGone,
      still: refs.filter((ref) => !gone(ref)).map((ref) => String(ref.deref())),
      instances: hook.instances().map(({ instance }) => instance === kept),
      rows: used.map(({ rows }) => rows),
      left: profiles().map((profile) => profile.snapshot().rows),
    });`,
    { flags: ["--expose-gc"], args: [FILE] },
  );
  assert.deepEqual(result, {
    allGone: true,
    still: [],
    instances: [true],
    rows: [null, [[1, 1, 100, null, null]]],
    left: [[[1, 1, 1, null, null]]],
  });
});

test("nothing_is_left_of_an_instance_that_was_collected", () => {
  const result = printed(
    `const Native = WeakRef;
    const made = [];
    globalThis.WeakRef = class extends Native {
      constructor(target) {
        super(target);
        made.push(new Native(this));
      }
    };
    ${COLLECT}
    for (let i = 0; i < 10; i++) await WebAssembly.instantiate(bytes());
    const before = made.length;
    const kept = (await WebAssembly.instantiate(bytes())).instance;
    const left = () => made.filter((ref) => !gone(ref)).length;
    await collected(() => left() === 1);
    print({ before, left: left(), kept: "load" in kept.exports });`,
    { flags: ["--expose-gc"], args: [FILE] },
  );
  assert.deepEqual(result, { before: 10, left: 1, kept: true });
});

test("a_program_that_keeps_one_function_keeps_its_profile", () => {
  const result = printed(
    `${COLLECT}
    const load = (await WebAssembly.instantiate(bytes())).instance.exports.load;
    const marker = new WeakRef({});
    await collected(() => gone(marker));
    load(100);
    const [profile] = profiles();
    const whole = profiles().length;
    await collected(() => false);
    load(20);
    print({ marker: gone(marker), whole, rows: profile.snapshot().rows });`,
    { flags: ["--expose-gc"], args: [FILE] },
  );
  assert.deepEqual(result, { marker: true, whole: 1, rows: [[1, 2, 120, null, null]] });
});

test("a_rejection_that_nobody_handles_is_reported_once_and_a_handled_one_never", () => {
  const result = printed(
    `await import(WEB + "auto.js");
    const reported = [];
    process.on("unhandledRejection", (reason) => reported.push(String(reason)));
    const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    const never = new Promise(() => {});
    const fail = [
      () => WebAssembly.instantiate(module, 1),
      () => WebAssembly.instantiateStreaming(Promise.reject("offline")),
      () => WebAssembly.compileStreaming(Promise.reject("offline")),
      () => WebAssembly.instantiateStreaming(never, 1),
    ];
    const tick = () => new Promise(setImmediate);
    for (const call of fail) call().catch(() => {});
    await tick();
    const handled = reported.splice(0);
    for (const call of fail) call();
    await tick();
    print({ handled, reported: reported.map((said) => said.split(":")[0]).sort() });`,
  );
  assert.deepEqual(result.handled, []);
  assert.deepEqual(result.reported, ["TypeError", "TypeError", "offline", "offline"]);
});

test("globalThis_has_one_new_property_and_no_app_sees_it", () => {
  const result = printed(
    `// Made by a dynamic import itself, not by what is imported.
    await import("data:text/javascript,");
    const before = new Set(Reflect.ownKeys(globalThis));
    await import(WEB + "auto.js");
    const added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key));
    const descriptors = added.map((key) => Object.getOwnPropertyDescriptor(globalThis, key));
    const { ready } = globalThis[Symbol.for("allocinstr")];
    print({
      added: added.map(String),
      enumerable: descriptors.map(({ enumerable }) => enumerable),
      ready: (await ready) === descriptors[0].value,
    });`,
  );
  assert.deepEqual(result, { added: ["Symbol(allocinstr)"], enumerable: [false], ready: true });
});

for (const [what, frozen] of [
  ["WebAssembly", "WebAssembly"],
  ["a_prototype", "WebAssembly.Instance.prototype"],
]) {
  test(`${what}_that_is_frozen_is_left_alone_and_told_once`, () => {
    const result = printed(
      `Object.freeze(${frozen});
      const told = [];
      console.warn = (...said) => told.push(said.join(" "));
      const reported = [];
      process.on("unhandledRejection", (reason) => reported.push(String(reason)));
      const before = Object.values(WebAssembly);
      const { profiles } = await import(WEB + "auto.js");
      const { ready } = globalThis[Symbol.for("allocinstr")];
      await ready;
      const { readFileSync } = await import("node:fs");
      const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[1]));
      instance.exports.load(3);
      print({
        told,
        reported,
        profiles: profiles(),
        same: instance.constructor === WebAssembly.Instance && Object.values(WebAssembly).every((value, i) => value === before[i]),
      });`,
      { args: [FILE] },
    );
    assert.equal(result.told.length, 1);
    assert.match(result.told[0], /allocinstr: WebAssembly is frozen/);
    assert.deepEqual([result.reported, result.profiles, result.same], [[], [], true]);
  });
}

test("one_function_that_cannot_be_replaced_leaves_the_others", () => {
  const result = printed(
    `Object.defineProperty(WebAssembly, "compileStreaming", { writable: false, configurable: false });
    const { profiles } = await import(WEB + "auto.js");
    const { readFileSync } = await import("node:fs");
    const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[1]));
    instance.exports.load(3);
    print(profiles()[0].totals().alloc_bytes);`,
    { args: [FILE] },
  );
  assert.equal(result, 3);
});

test("a_worklet_without_TextDecoder_is_told_what_it_lacks", () => {
  const result = printed(
    `delete globalThis.TextDecoder;
    const told = [];
    console.warn = (error) => told.push(error.message);
    const { profiles } = await import(WEB + "auto.js");
    const { attach } = await import(WEB + "index.js");
    const { readFileSync } = await import("node:fs");
    const { module, instance } = await WebAssembly.instantiate(readFileSync(process.argv[1]));
    const none = profiles().length + profiles().length;
    let error;
    try {
      attach(module, instance);
    } catch (thrown) {
      error = thrown.message;
    }
    print({ none, told, error });`,
    { args: [FILE] },
  );
  assert.equal(result.none, 0);
  assert.equal(result.told.length, 1);
  for (const said of [...result.told, result.error])
    assert.match(said, /TextDecoder is not defined/);
  assert.doesNotMatch(result.error, /JSON/);
});

test("it_loads_where_there_is_no_WebAssembly", () => {
  const result = printed(
    `delete globalThis.WebAssembly;
    const { profiles } = await import(WEB + "auto.js");
    print(profiles());`,
  );
  assert.deepEqual(result, []);
});

test("an_engine_without_streaming_and_responses_as_in_a_worklet_makes_instances", () => {
  const result = printed(
    `delete WebAssembly.instantiateStreaming;
    delete WebAssembly.compileStreaming;
    delete globalThis.Response;
    const { readFileSync } = await import("node:fs");
    const { profiles } = await import(WEB + "auto.js");
    const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[1]));
    instance.exports.load(3);
    print([profiles()[0].totals().alloc_bytes, "compileStreaming" in WebAssembly]);`,
    { args: [FILE] },
  );
  assert.deepEqual(result, [3, false]);
});

test("require_loads_it", () => {
  const result = printed(
    `import { createRequire } from "node:module";
    const require = createRequire(WEB);
    const { profiles } = require("./auto.js");
    print([profiles(), typeof globalThis[Symbol.for("allocinstr")].profiles]);`,
  );
  assert.deepEqual(result, [[], "function"]);
});

/** A classic script, run as \`<script src>\` runs it: at once, and with imports relative to its own address. */
test("a_classic_script_is_in_place_at_once_and_reads_when_it_is_ready", () => {
  const result = printed(
    `import { readFileSync } from "node:fs";
    import { fileURLToPath } from "node:url";
    import vm from "node:vm";
    const filename = fileURLToPath(WEB + "auto-script.js");
    vm.runInThisContext(readFileSync(filename, "utf8"), {
      filename,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[1])));
    instance.exports.load(100);
    const hook = globalThis[Symbol.for("allocinstr")];
    let early;
    try {
      hook.profiles();
    } catch (error) {
      early = error.message;
    }
    const { profiles } = await hook.ready;
    const { profiles: same } = await import(WEB + "auto.js");
    instance.exports.load(1);
    print({ early, rows: profiles().map((profile) => profile.snapshot().rows), same: same === profiles });`,
    { args: [FILE] },
  );
  assert.match(result.early, /await `ready`/);
  assert.deepEqual(result.rows, [[[1, 2, 101, null, null]]]);
  assert.equal(result.same, true);
});

test("a_classic_script_alone_breaks_nothing_and_tells_once_that_it_cannot_read", () => {
  const alone = join(directory, "auto-script.js");
  copyFileSync(new URL("../auto-script.js", import.meta.url), alone);
  const result = printed(
    `import { readFileSync } from "node:fs";
    import vm from "node:vm";
    const told = [];
    console.warn = (...said) => told.push(said.join(" "));
    const reported = [];
    process.on("unhandledRejection", (reason) => reported.push(String(reason)));
    const filename = process.argv[1];
    vm.runInThisContext(readFileSync(filename, "utf8"), {
      filename,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const code = await globalThis[Symbol.for("allocinstr")].ready.catch(({ code }) => code);
    await new Promise(setImmediate);
    print({ told, reported, code });`,
    { args: [alone] },
  );
  assert.deepEqual([result.reported, result.code], [[], "ERR_MODULE_NOT_FOUND"]);
  assert.equal(result.told.length, 1);
  assert.match(result.told[0], /^allocinstr: .*auto\.js/);
});
