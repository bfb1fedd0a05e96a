import assert from "node:assert/strict";
import test from "node:test";
import { native, nativePrototype } from "./native.mjs";
import { profiles } from "../auto.js";
import { FEED, IMPORTED, STORAGES, VAST, instrument } from "./instrumented.mjs";

const WRAPPED = ["instantiate", "instantiateStreaming", "compileStreaming", "Instance"];
const EMPTY = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
// (module (import "e" "f" (func)))
const IMPORTING = new Uint8Array([
  ...[...EMPTY, 1, 4, 1, 0x60, 0, 0],
  ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0],
]);
const feed = instrument(FEED);

/**
 * The engine's and ours, by name.
 * @param {string} name
 * @returns {any[]}
 */
const both = (name) => [
  native[/** @type {"instantiate"} */ (name)].value,
  WebAssembly[/** @type {"instantiate"} */ (name)],
];

/** @param {BodyInit} body */
const streamed = (body, type = "application/wasm") =>
  new Response(body, { headers: { "content-type": type } });

/** @param {WebAssembly.Instance} instance */
const isNoted = ({ exports }) => {
  const before = profiles().map((profile) => profile.totals().alloc_bytes);
  /** @type {any} */ (exports).load(11);
  return profiles().some((profile, i) => profile.totals().alloc_bytes === before[i] + 11);
};

test("nothing_but_the_four_that_make_or_load_instances_changes", () => {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(WebAssembly))) {
    const { value, ...rest } = /** @type {any} */ (native)[name];
    const { value: ours, ...ourRest } = descriptor;
    assert.deepEqual(ourRest, rest, name);
    assert.equal(ours === value, !WRAPPED.includes(name), name);
  }
  assert.deepEqual(
    Reflect.ownKeys(WebAssembly),
    Reflect.ownKeys(Object.defineProperties({}, native)),
  );
});

test("what_is_wrapped_looks_like_the_engine_s", () => {
  for (const name of WRAPPED) {
    const [theirs, ours] = both(name);
    assert.equal(typeof ours, typeof theirs);
    assert.deepEqual(
      Object.getOwnPropertyDescriptors(ours),
      Object.getOwnPropertyDescriptors(theirs),
    );
    assert.equal(Object.getPrototypeOf(ours), Object.getPrototypeOf(theirs));
    assert.match(Function.prototype.toString.call(ours), /\[native code\]/);
  }
  const { value: constructor, ...rest } = /** @type {any} */ (
    Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, "constructor")
  );
  const { value: nativeConstructor, ...nativeRest } = /** @type {any} */ (nativePrototype)
    .constructor;
  assert.notEqual(constructor, nativeConstructor);
  assert.deepEqual(rest, nativeRest);
});

test("instances_are_of_the_class_that_is_seen", async () => {
  const module = new WebAssembly.Module(feed);
  const { instance } = await WebAssembly.instantiate(feed);
  for (const made of [
    instance,
    await WebAssembly.instantiate(module),
    new WebAssembly.Instance(module),
  ]) {
    assert.ok(made instanceof WebAssembly.Instance);
    assert.equal(made.constructor, WebAssembly.Instance);
    assert.equal(Object.prototype.toString.call(made), "[object WebAssembly.Instance]");
  }
  assert.equal({} instanceof WebAssembly.Instance, false);
});

test("a_subclass_is_made_as_it_says", () => {
  let asked = 0;
  class Program extends WebAssembly.Instance {
    #loads = 0;
    load(/** @type {number} */ bytes) {
      this.#loads += 1;
      /** @type {any} */ (super.exports).load(bytes);
      return this.#loads;
    }
    get exports() {
      asked += 1;
      return Object.assign({ loads: this.#loads }, super.exports);
    }
  }
  const program = new Program(new WebAssembly.Module(feed));
  assert.equal(asked, 0);
  assert.ok(program instanceof Program && program instanceof WebAssembly.Instance);
  assert.equal(program.load(1), 1);
  assert.ok(isNoted(program));

  class Narrow extends WebAssembly.Instance {
    get exports() {
      return { load: super.exports.load };
    }
  }
  const narrow = new Narrow(new WebAssembly.Module(feed));
  assert.ok(isNoted(narrow));
  assert.equal(profiles().at(-1)?.snapshot().memory_bytes, 65536);
});

const bad = {
  instantiate: [
    [],
    [undefined],
    [{}],
    [new Uint8Array(3)],
    [EMPTY, 5],
    [feed, 5],
    [IMPORTING, { e: {} }],
    [new WebAssembly.Module(EMPTY), 5],
  ],
  instantiateStreaming: [
    [],
    [EMPTY],
    () => [Promise.reject(new RangeError("no network"))],
    [{ then: (/** @type {any} */ _, /** @type {any} */ reject) => reject("thenable") }],
    () => [streamed(EMPTY, "text/html")],
    () => [streamed(new Uint8Array(3))],
    () => [streamed(EMPTY), 5],
    () => [Promise.resolve(new Response("", { status: 404 }))],
  ],
  compileStreaming: [[], [null], () => [streamed(EMPTY, "text/html")]],
};

for (const [name, calls] of Object.entries(bad)) {
  test(`${name}_rejects_with_what_the_engine_rejects_with`, async () => {
    for (const call of calls) {
      const outcomes = [];
      for (const fn of both(name)) {
        const pending = fn(...(typeof call === "function" ? call() : call));
        assert.ok(pending instanceof Promise);
        assert.equal(Object.getPrototypeOf(pending), Promise.prototype);
        outcomes.push(
          await pending.then(
            () => assert.fail("kept"),
            (/** @type {any} */ error) => [error?.constructor, String(error)],
          ),
        );
      }
      assert.deepEqual(outcomes[1], outcomes[0]);
    }
    const [theirs, ours] = both(name);
    for (const fn of [theirs, ours]) assert.throws(() => new fn(feed), TypeError);
  });
}

test("a_rejection_is_the_very_value", async () => {
  const reason = { no: "error" };
  await assert.rejects(
    WebAssembly.instantiateStreaming(Promise.reject(reason)),
    (error) => error === reason,
  );
  const imports = {
    /** @returns {WebAssembly.ModuleImports} */
    get e() {
      throw reason;
    },
  };
  const module = new WebAssembly.Module(IMPORTING);
  await assert.rejects(WebAssembly.instantiate(module, imports), (error) => error === reason);
  assert.throws(
    () => new WebAssembly.Instance(module, imports),
    (error) => error === reason,
  );
});

test("instance_throws_at_once_what_the_engine_throws", () => {
  const module = new WebAssembly.Module(EMPTY);
  for (const args of [[], [{}], [module, 5]]) {
    const outcomes = both("Instance").map((Instance) => {
      try {
        return new Instance(...args);
      } catch (error) {
        return String(error);
      }
    });
    assert.equal(outcomes[1], outcomes[0]);
    assert.match(outcomes[0], /^TypeError/);
  }
  for (const Instance of both("Instance")) assert.throws(() => Instance(module), TypeError);
});

test("every_way_to_make_an_instance_is_noted", async () => {
  const { instantiate, instantiateStreaming } = WebAssembly;
  const module = await WebAssembly.compileStreaming(streamed(feed));
  const fromBytes = await instantiate(feed);
  const fromStream = await instantiateStreaming(Promise.resolve(streamed(feed)));
  const made = [
    fromBytes.instance,
    fromStream.instance,
    await instantiate(module),
    await WebAssembly.instantiate(new WebAssembly.Module(feed), {}),
    new WebAssembly.Instance(module),
    Reflect.construct(WebAssembly.Instance, [module, {}]),
    (await instantiateStreaming({ then: (/** @type {any} */ keep) => keep(streamed(feed)) }))
      .instance,
  ];
  assert.deepEqual(Object.keys(fromBytes), ["module", "instance"]);
  assert.deepEqual(Object.keys(fromStream), ["module", "instance"]);
  assert.equal(new Set(made).size, 7);
  for (const instance of made) assert.ok(isNoted(instance));
  assert.equal(new Set(profiles().map(({ name }) => name)).size, profiles().length);
});

for (const storage of STORAGES) {
  test(`the_memory_that_a_program_imports_is_its_memory_(${storage})`, async () => {
    const bytes = instrument(IMPORTED, "--storage", storage);
    const module = new WebAssembly.Module(bytes);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const imports = { env: { memory } };
    const before = profiles().length;
    const made = [
      new WebAssembly.Instance(module, imports),
      await WebAssembly.instantiate(module, imports),
      (await WebAssembly.instantiate(bytes, imports)).instance,
      (await WebAssembly.instantiateStreaming(streamed(bytes), imports)).instance,
    ];
    memory.grow(2);
    assert.deepEqual(
      profiles()
        .slice(before)
        .map((profile) => profile.snapshot().memory_bytes),
      [196608, 196608, 196608, 196608],
    );
    assert.ok(made.every(isNoted));
  });
}

test("a_thenable_is_asked_once", async () => {
  for (const name of /** @type {const} */ (["instantiateStreaming", "compileStreaming"])) {
    let asked = 0;
    const source = {
      then(/** @type {(response: Response) => void} */ keep) {
        asked += 1;
        keep(streamed(feed));
      },
    };
    await WebAssembly[name](/** @type {any} */ (source));
    assert.equal(asked, 1);
  }
});

test("an_instance_has_one_profile", () => {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(feed));
  const [one, two] = [profiles().at(-1), profiles().at(-1)];
  assert.equal(one, two);
  assert.ok(isNoted(instance));
});

for (const storage of STORAGES) {
  test(`instances_and_modules_are_counted_apart_(${storage})`, async () => {
    const before = profiles().length;
    const [one, two] = await Promise.all(
      [1, 2].map(
        async () => /** @type {any} */ (await WebAssembly.instantiate(feed)).instance.exports,
      ),
    );
    const vast = new WebAssembly.Instance(
      new WebAssembly.Module(instrument(VAST, "--storage", storage)),
    );
    one.load(100);
    two.render();
    /** @type {any} */ (vast.exports).load(7);
    const made = profiles().slice(before);
    assert.deepEqual(made.map((profile) => profile.snapshot().rows).sort(), [
      [[0, 1, 16, null, null]],
      [[0, 1, 7, null, null]],
      [[1, 1, 100, null, null]],
    ]);
    // Alive until now.
    for (const exports of [one, two, vast.exports]) assert.ok("load" in exports);
  });
}

test("a_module_without_counters_is_left_alone_whatever_it_exports", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const before = profiles().length;
  // (module (func (export "allocinstr")))
  const named = new Uint8Array([
    ...[...EMPTY, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
    ...[7, 14, 1, 10, ...new TextEncoder().encode("allocinstr"), 0, 0],
    ...[10, 4, 1, 2, 0, 0x0b],
  ]);
  const sections = t.mock.method(WebAssembly.Module, "customSections");
  const kept = [await WebAssembly.instantiate(EMPTY)];
  assert.equal(profiles().length, before);
  assert.equal(sections.mock.callCount(), 0);
  kept.push(await WebAssembly.instantiate(named));
  assert.equal(profiles().length, before);
  assert.equal(warn.mock.callCount(), 0);
  assert.equal(kept.length, 2);
});

test("an_instance_that_cannot_be_read_hides_no_other_and_is_told_once", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const before = profiles().length;
  const broken = new WebAssembly.Instance(
    new WebAssembly.Module(instrument(VAST, "--log-fn", "log")),
  );
  const good = new WebAssembly.Instance(new WebAssembly.Module(feed));
  assert.equal(profiles().length, before + 1);
  assert.ok(isNoted(good));
  const told = warn.mock.calls.map(({ arguments: [error] }) => error.code);
  assert.deepEqual(told, ["log-fn"]);
  assert.ok("allocinstr" in broken.exports);
});

test("the_table_of_a_module_is_read_once_and_parsed_into_no_more_than_its_header", (t) => {
  const module = new WebAssembly.Module(feed);
  const sections = t.mock.method(WebAssembly.Module, "customSections");
  const instances = [1, 2, 3].map(() => new WebAssembly.Instance(module));
  assert.equal(sections.mock.callCount(), 0);
  assert.ok(profiles().length >= 3);
  const tables = sections.mock.calls.filter(
    ({ arguments: [of, name] }) => of === module && name === "allocinstr",
  );
  assert.equal(tables.length, 1);
  assert.ok(instances.every(isNoted));
  // What is read again says what was read first.
  const [first, again] = profiles()
    .slice(-3)
    .map((profile) => ({ ...profile.snapshot(), instance: "", time_ms: 0 }));
  assert.deepEqual(again, first);
  assert.match(first.build_id, /^[0-9a-f]{32}$/);
});

test("loaded_again_it_changes_nothing", async () => {
  const values = () => Object.values(Object.getOwnPropertyDescriptors(WebAssembly));
  const before = values().map(({ value }) => value);
  const globals = Reflect.ownKeys(globalThis);
  const hook = /** @type {any} */ (globalThis)[Symbol.for("allocinstr")];
  const copy = (/** @type {string} */ file) => import(`../${file}?copy`);
  const again = await copy("auto.js");
  await copy("auto-script.js");
  assert.ok(values().every(({ value }, i) => value === before[i]));
  assert.deepEqual(Reflect.ownKeys(globalThis), globals);
  assert.equal(/** @type {any} */ (globalThis)[Symbol.for("allocinstr")], hook);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(feed));
  assert.deepEqual(again.profiles(), profiles());
  assert.equal(again.profiles().at(-1), profiles().at(-1));
  assert.ok(isNoted(instance));
});
