import assert from "node:assert/strict";
import test from "node:test";
import { AllocinstrError, attach, compile, readSites } from "../index.js";
import { FEED, STORAGES, VAST, build, run } from "./instrumented.mjs";

/**
 * @param {() => unknown} action
 * @param {import("../index.js").AllocinstrErrorCode} code
 * @param {RegExp} says
 */
function refuses(action, code, says) {
  assert.throws(action, (error) => {
    assert.ok(error instanceof AllocinstrError, String(error));
    assert.equal(error.name, "AllocinstrError");
    assert.equal(error.code, code);
    assert.match(error.message, says);
    return true;
  });
}

/**
 * A module that holds nothing but custom sections named `allocinstr`.
 * @param {Uint8Array[]} contents
 */
function withSections(...contents) {
  const name = [10, ...new TextEncoder().encode("allocinstr")];
  const sections = contents.map((content) => {
    const length = name.length + content.length;
    return [0, (length & 0x7f) | 0x80, (length >> 7) | 0x80, length >> 14, ...name, ...content];
  });
  return new WebAssembly.Module(
    new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]),
  );
}

/** @param {unknown} table */
function json(table) {
  return new TextEncoder().encode(JSON.stringify(table));
}

test("a_module_that_is_not_instrumented_is_refused", () => {
  const module = withSections();
  refuses(() => readSites(module), "not-instrumented", /no custom section `allocinstr`/);
  refuses(() => attach(module, run(module)), "not-instrumented", /-print-allocs REGEX/);
});

for (const storage of STORAGES) {
  test(`an_instance_of_another_build_is_refused_(${storage})`, () => {
    const module = build(FEED, "--storage", storage);
    const { exports } = run(module);
    const other = build(VAST, "--storage", storage);
    // Three slots against two: feed.wat has two sites and vast.wat one, each with an overflow slot.
    const held = storage === "memory" ? ["2", "3"] : ["fewer", "more"];
    const says = (/** @type {number} */ slots, /** @type {string} */ held) =>
      new RegExp(`table has ${slots} slots and the counters have ${held}: `);
    refuses(() => attach(module, run(other)), "slots-mismatch", says(3, held[0]));
    refuses(() => attach(other, { exports }), "slots-mismatch", says(2, held[1]));
    const kind = storage === "memory" ? "memory" : "function";
    refuses(
      () => attach(module, { exports: { memory: exports.memory } }),
      "no-counters",
      new RegExp(`exports no ${kind} \`allocinstr\``),
    );
  });

  for (const names of [[], ["--no-names"]]) {
    test(`a_build_that_counts_in_the_program_is_refused_(${[storage, ...names]})`, () => {
      const module = build(VAST, "--storage", storage, "--log-fn", "log", ...names);
      refuses(() => attach(module, run(module)), "log-fn", /the program's own/);
    });
  }
}

test("counters_that_are_none_are_refused", () => {
  const module = build(FEED);
  /** @param {(view: DataView) => void} spoil */
  const spoilt = (spoil) => {
    const instance = run(module);
    spoil(new DataView(instance.exports.allocinstr.buffer));
    return () => attach(module, instance).snapshot();
  };
  assert.doesNotThrow(spoilt(() => {}));
  refuses(
    spoilt((view) => view.setUint8(0, 0)),
    "malformed-counters",
    /header is missing/,
  );
  refuses(
    spoilt((view) => view.setUint32(8, 2, true)),
    "unknown-version",
    /counters version 2; .* version 1/,
  );
  refuses(
    spoilt((view) => view.setUint32(16, 32, true)),
    "malformed-counters",
    /records of 32 bytes/,
  );
  // The bytes of site 1: 48 + 16 + 8; 2^53 is the first number past the exact ones.
  refuses(
    spoilt((view) => view.setUint32(76, 2 ** 21, true)),
    "malformed-counters",
    /counter at 72 is past 2\^53/,
  );
  // Each is exact, the sum of two is not.
  refuses(
    spoilt((view) => [56, 72].forEach((at) => view.setUint32(at + 4, 2 ** 20, true))),
    "malformed-counters",
    /total is past 2\^53/,
  );
  const empty = new WebAssembly.Memory({ initial: 0 });
  refuses(
    () => attach(module, { exports: { allocinstr: empty } }),
    "malformed-counters",
    /header is missing/,
  );

  const many = 2 ** 24;
  const claims = withSections(json({ ...readSites(module), slots: many }));
  const instance = run(module);
  new DataView(instance.exports.allocinstr.buffer).setUint32(12, many, true);
  refuses(() => attach(claims, instance), "malformed-counters", /16777216 records do not fit/);
});

test("a_function_that_reads_no_counters_is_refused", () => {
  const module = build(FEED, "--storage", "globals");
  const { exports } = run(module);
  /** @param {(slot: number, field: number) => unknown} allocinstr */
  const instead = (allocinstr) => () =>
    attach(module, { exports: { ...exports, allocinstr } }).snapshot();
  assert.doesNotThrow(instead(exports.allocinstr));
  refuses(
    instead(() => {
      throw new WebAssembly.RuntimeError("unreachable");
    }),
    "malformed-counters",
    /there is no pool/,
  );
  // As where the function takes an i64.
  refuses(
    instead((slot) => BigInt.asIntN(64, /** @type {any} */ (slot))),
    "malformed-counters",
    /not called as a reader/,
  );
  refuses(
    instead((slot, field) => Number(exports.allocinstr(slot, field))),
    "malformed-counters",
    /field 0 of slot -1 is a number, not an i64/,
  );
  refuses(
    instead((slot, field) => {
      if (slot === 1 && field === 1) throw new WebAssembly.RuntimeError("unreachable");
      return exports.allocinstr(slot, field);
    }),
    "malformed-counters",
    /field 1 of slot 1 cannot be read/,
  );
  for (const value of [2n ** 53n, -1n]) {
    refuses(
      instead((slot, field) => {
        exports.allocinstr(slot, field);
        return value;
      }),
      "malformed-counters",
      /field 0 of slot -1 is past 2\^53/,
    );
  }
});

test("a_section_that_is_no_site_table_is_refused_with_the_place", () => {
  const table = /** @type {import("../index.js").SiteTable} */ (readSites(build(FEED)));
  /** @type {[object, import("../index.js").AllocinstrErrorCode, RegExp][]} */
  const cases = [
    [{ format: "allocinstr-snapshot" }, "malformed-sites", /format is not/],
    [{ version: 2 }, "unknown-version", /version 2; .* version 1/],
    [{ build_id: 7 }, "malformed-sites", /build_id/],
    [{ storage: null }, "malformed-sites", /storage/],
    [{ allocator_class: undefined }, "malformed-sites", /allocator_class/],
    [{ slots: -1 }, "malformed-sites", /slots/],
    [{ slots: 2 ** 24 + 1 }, "malformed-sites", /slots is not a whole number up to 2\^24/],
    [{ overflow: { id: 2 } }, "malformed-sites", /overflow/],
    [{ names: "render" }, "malformed-sites", /names is not an array/],
    [{ names: [...table.names, 1] }, "malformed-sites", /names\[\d+\] is not a string/],
    [{ frames: {} }, "malformed-sites", /frames is not an array/],
    [{ frames: [[0, null, 1]] }, "malformed-sites", /frames\[0\] is not a row of four/],
    [{ frames: [[99, null, 1, 1]] }, "malformed-sites", /frames\[0\] .* function/],
    [{ frames: [[0, -1, 1, 1]] }, "malformed-sites", /frames\[0\] .* file/],
    [{ frames: [[0, null, 1.5, 1]] }, "malformed-sites", /frames\[0\] .* line/],
    [{ sites: null }, "malformed-sites", /sites is not an array/],
    [{ sites: [[]] }, "malformed-sites", /sites\[0\] is not an object/],
    ...Object.entries({ id: "0", key: undefined, frame: 99, chain: [0, 99], callee: 99 }).map(
      ([field, value]) =>
        /** @type {[object, "malformed-sites", RegExp]} */ ([
          { sites: [table.sites[0], { ...table.sites[1], [field]: value }] },
          "malformed-sites",
          new RegExp(`sites\\[1\\]\\.${field}`),
        ]),
    ),
  ];
  assert.deepEqual(readSites(withSections(json(table))), table);
  for (const [change, code, says] of cases) {
    const module = withSections(json({ ...table, ...change }));
    refuses(() => readSites(module), code, says);
  }
  refuses(() => readSites(withSections(json([]))), "malformed-sites", /not a JSON object/);
  refuses(
    () => readSites(withSections(json(table), json(table))),
    "malformed-sites",
    /not there once/,
  );
});

test("a_section_that_is_no_text_is_refused_with_the_cause", () => {
  for (const [bytes, cause] of /** @type {[Uint8Array, Function][]} */ ([
    [new TextEncoder().encode('{"format":'), SyntaxError],
    [new Uint8Array([0x22, 0xff, 0x22]), TypeError],
  ])) {
    assert.throws(
      () => readSites(withSections(bytes)),
      (error) =>
        error instanceof AllocinstrError &&
        error.code === "malformed-sites" &&
        error.cause instanceof cause,
    );
  }
});

test("counters_kept_elsewhere_are_refused", () => {
  const module = withSections(json({ ...readSites(build(FEED)), storage: "table" }));
  refuses(() => attach(module, run(module)), "unknown-storage", /"table"/);
});

test("compile_gives_the_engine_s_own_error_where_multi_memory_is_not_to_blame", async () => {
  await assert.rejects(compile(new Uint8Array([1, 2, 3])), WebAssembly.CompileError);
});
