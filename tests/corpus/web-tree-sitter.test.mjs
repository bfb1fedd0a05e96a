// web-tree-sitter's debug build: C by emscripten, a dynamically linked main module (imported memory and
// table, dylink.0, DWARF) that lends its malloc to a grammar, which is a side module.
//
// The library allocates through function pointers in the imported table: ts_malloc_default, ts_calloc_default
// and ts_realloc_default (func[16] to func[18] in `wasm-objdump -x`), which nothing calls directly. JavaScript and
// the grammar allocate through the exports. What is left is one dlcalloc(10240, 1) in ts_parser_new_wasm, and
// calls in functions that nobody uses here. So the host of the original can count everything.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  assertPathDoesNotMatter,
  assertSameInterface,
  assertSameMemory,
  counters,
  input,
  instrument,
  KINDS,
  NOTHING,
  packageFile,
} from "./instrument.mjs";

const file = packageFile("web-tree-sitter/debug/web-tree-sitter.wasm");
const grammar = readFileSync(packageFile("tree-sitter-python/tree-sitter-python.wasm"));

const INPUT_BUFFER_BYTES = 10240;

/** Size of the allocation, given the arguments. */
const SIZE = {
  malloc: (size) => size,
  calloc: (count, size) => count * size,
  realloc: (_pointer, size) => size,
};

/**
 * A JavaScript function over i32 as a function that a table takes:
 * (module (import "" "f" (func (param i32 …) (result i32))) (export "f" (func 0)))
 */
function toWasm(f, arity) {
  const I32 = 0x7f;
  const parameters = Array(arity).fill(I32);
  const type = [1, 0x60, parameters.length, ...parameters, 1, I32];
  const module = new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 97, 115, 109, 1, 0, 0, 0],
      ...[1, type.length, ...type],
      ...[2, 6, 1, 0, 1, 102, 0, 0],
      ...[7, 5, 1, 1, 102, 0, 0],
    ),
  );
  return new WebAssembly.Instance(module, { "": { f } }).exports.f;
}

/** Puts a counting function before every way from outside, or through the table, to an allocation. */
function countFromOutside(instance, table) {
  const total = { count: 0, bytes: 0 };
  const counted = (name, f) => {
    const count = (...args) => {
      const pointer = f(...args);
      if (pointer !== 0) {
        total.count += 1;
        total.bytes += SIZE[name](...args.map((arg) => arg >>> 0));
      }
      return pointer;
    };
    return toWasm(count, SIZE[name].length);
  };

  const behindPointers = { 16: "malloc", 17: "calloc", 18: "realloc" };
  for (let i = 0; i < table.length; i++) {
    // The name of an exported function is its index in the module.
    const f = table.get(i);
    const name = behindPointers[f?.name];
    if (name) table.set(i, counted(name, f));
  }
  const exports = { ...instance.exports };
  for (const name of Object.keys(SIZE)) exports[name] = counted(name, exports[name]);
  return { total, instance: { exports } };
}

const SOURCES = ["inventory.py", "broken.py"].map(input);
const QUERY = `
  (function_definition name: (identifier) @function)
  ((call function: (_) @callee) (#not-eq? @callee "print"))
`;

/** Parses, edits, parses again, queries and walks: all that a caller sees, as text. */
function parseAll({ Parser, Query }, python) {
  const query = new Query(python, QUERY);
  const seen = [];
  for (const source of SOURCES) {
    const parser = new Parser();
    parser.setLanguage(python);
    const tree = parser.parse(source);
    seen.push(tree.rootNode.toString());

    const at = source.indexOf("items");
    const position = { row: 0, column: at };
    tree.edit({
      startIndex: at,
      oldEndIndex: at,
      newEndIndex: at + 1,
      startPosition: position,
      oldEndPosition: position,
      newEndPosition: { row: 0, column: at + 1 },
    });
    const edited = parser.parse(`${source.slice(0, at)}(${source.slice(at)}`, tree);
    seen.push(edited.rootNode.toString());
    seen.push(
      query
        .captures(tree.rootNode)
        .map(({ name, node }) => `${name} ${node.text} ${node.startIndex}`),
    );

    const cursor = tree.walk();
    do seen.push(`${cursor.nodeType} ${cursor.startIndex} ${cursor.endIndex}`);
    while (cursor.gotoFirstChild() || cursor.gotoNextSibling());
    cursor.delete();
    edited.delete();
    tree.delete();
    parser.delete();
  }
  query.delete();
  return seen;
}

let runs = 0;

/**
 * @param {Uint8Array} wasm
 * @param {(instance: WebAssembly.Instance, table: WebAssembly.Table) => WebAssembly.Instance} host
 */
async function run(wasm, host = (instance) => instance) {
  // The package keeps one instance for good, and the query string makes it another package.
  const library = await import(`${import.meta.resolve("web-tree-sitter/debug")}?run=${runs++}`);
  const printed = [];
  const module = new WebAssembly.Module(wasm);
  let instance, imports;
  await library.Parser.init({
    print: (line) => printed.push(line),
    printErr: (line) => printed.push(line),
    instantiateWasm(given, done) {
      imports = given;
      instance = new WebAssembly.Instance(module, imports);
      done(host(instance, imports.env.__indirect_function_table), module);
      return {};
    },
  });
  const python = await library.Language.load(grammar);
  const seen = parseAll(library, python);
  return { module, instance, memory: imports.env.memory, seen, printed };
}

const original = readFileSync(file);
const originalModule = new WebAssembly.Module(original);
const expected = await run(original);
let oracle;
const watched = await run(original, (instance, table) => {
  oracle = countFromOutside(instance, table);
  return oracle.instance;
});
const total = {
  count: oracle.total.count + SOURCES.length,
  bytes: oracle.total.bytes + SOURCES.length * INPUT_BUFFER_BYTES,
};

test("the workload parses, and counting from outside does not change it", () => {
  const [inventory, edited, captures] = expected.seen;
  assert.match(inventory, /^\(module \(expression_statement \(string /);
  assert.doesNotMatch(inventory, /ERROR/);
  assert.match(edited, /ERROR/);
  assert.ok(captures.includes(`function __init__ ${SOURCES[0].indexOf("__init__")}`));
  assert.deepEqual(watched.seen, expected.seen);
  assertSameMemory(watched.memory, expected.memory);
});

let withReader;

async function runInstrumented(regex, options) {
  const { bytes } = instrument(file, regex, ...options);
  const actual = await run(bytes);
  assertSameInterface(originalModule, actual.module);
  assert.deepEqual(actual.seen, expected.seen);
  // Emscripten's loader of main modules puts every exported function into the table, the reader of counters in
  // globals too, so the grammar's function pointers are one higher than they were. In memory that is
  // to be the same in every such build.
  const inGlobals = options.includes("globals");
  if (inGlobals) withReader ??= actual.memory;
  assertSameMemory(actual.memory, inGlobals ? withReader : expected.memory);
  // Emscripten's loader of main modules wants every export to be a function or a number, and says so of
  // a memory in debug builds. It goes on all the same.
  const complaint = "unhandled export type for 'allocinstr': undefined";
  assert.deepEqual(actual.printed, inGlobals ? expected.printed : [complaint, ...expected.printed]);
  return counters(actual.module, actual.instance);
}

for (const regex of [".*", "^ts_parser", "stack\\.c$", "subtree|array", NOTHING]) {
  for (const options of [[], ["--inline"], ["-print-allocs-max-sites", "1"], ...KINDS]) {
    test(`totals of ${[regex, ...options].join(" ")} are those counted from outside`, async () => {
      assert.deepEqual((await runInstrumented(regex, options)).total, total);
    });
  }
}

test("every engine and storage counts the same, slot by slot", async () => {
  const first = await runInstrumented("stack\\.c$", []);
  assert.ok(first.slots.size > 0);
  for (const kind of KINDS) assert.deepEqual(await runInstrumented("stack\\.c$", kind), first);
});

// By `wasm-objdump -d` and llvm-symbolizer: the calls at lines of stack.c that are indirect and of the type of
// ts_malloc_default (type 0), ts_calloc_default or ts_realloc_default (both type 2), or that call a function
// outside stack.c which makes such a call.
test("sites selected by source file are its calls that dispatch to an allocator, line by line", () => {
  // The debug data says src/./stack.c.
  const { table } = instrument(file, "src/stack\\.c$");
  const calls = table.sites.map(({ frame, callee }) => {
    const [name, source, line, column] = table.frames[frame];
    assert.match(table.names[source], /src\/stack\.c$/);
    return `${table.names[name]} ${line}:${column} ${table.names[callee]}`;
  });
  const type0 = "indirect (i32) -> i32";
  const type2 = "indirect (i32, i32) -> i32";
  assert.deepEqual(calls, [
    `ts_stack_new 422:17 ${type2}`,
    "ts_stack_new 428:3 _array__reserve",
    "ts_stack_new 429:3 _array__reserve",
    "ts_stack_new 430:3 _array__reserve",
    "ts_stack_new 431:3 _array__reserve",
    `stack_node_new 147:7 ${type0}`,
    "ts_stack_print_dot_graph 781:3 _array__reserve",
    "stack__iter 345:5 _array__reserve",
    `stack__iter 355:28 ${type2}`,
    "stack__iter 362:11 ts_subtree_array_copy",
    "stack__iter 394:11 ts_subtree_array_copy",
    `ts_stack_record_summary 626:16 ${type0}`,
  ]);
});

test("the same module under another path gives the same bytes", (t) =>
  assertPathDoesNotMatter(t, file, "subtree", "stack"));
