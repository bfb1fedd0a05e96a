// An oracle for attribution that shares nothing with allocinstr: wabt turns a module into text, every function
// that is selected by name gets a wrapper that counts how deep the program is in selected functions, and the
// allocator counts what is allocated at any depth but 0.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * @param {string} file a module of wasm32 whose allocator is runtime.alloc
 * @param {RegExp} selected tried on names as wabt writes them, with `_` for what an identifier may not hold
 * @param {{ countsZero: boolean }} allocator whether size 0 is an allocation
 * @returns {WebAssembly.Module} exports the globals `beneath_count` and `beneath_bytes`
 */
export function countingBeneath(file, selected, { countsZero }) {
  const directory = mkdtempSync(path.join(tmpdir(), "allocinstr-"));
  try {
    const text = path.join(directory, "module.wat");
    const traced = path.join(directory, "module.wasm");
    const wat = execFileSync("wasm2wat", ["--generate-names", file], { maxBuffer: 1 << 28 });
    writeFileSync(text, trace(wat.toString(), selected, countsZero ? COUNT : COUNT_BUT_ZERO));
    execFileSync("wat2wasm", [text, "-o", traced]);
    return new WebAssembly.Module(readFileSync(traced));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function trace(wat, selected, count) {
  let wrapped = 0;
  const wrappers = [];
  const body = wat.replace(ALLOCATOR, (head) => head + count);
  assert.notEqual(body, wat, "runtime.alloc is not where it was looked for");
  const lines = body.split("\n").map((line) => {
    const [, name, type, signature] = /^ {2}\(func (\$\S+) (\(type \$\w+\))(.*)$/.exec(line) ?? [];
    if (name === undefined) return line;
    if (!selected.test(name)) return line;
    wrapped += 1;
    const parameters = signature.match(/\$p\d+/g) ?? [];
    wrappers.push(`  (func ${name} ${type}${signature}
    ${STEP("add")}
    ${parameters.map((parameter) => `local.get ${parameter}`).join(" ")}
    call ${name}__body
    ${STEP("sub")})`);
    return `  (func ${name}__body ${type}${signature}`;
  });
  assert.ok(wrapped > 0, `no function is selected by ${selected}`);
  const end = lines.findLastIndex((line) => line.endsWith(")"));
  lines[end] = lines[end].slice(0, -1);
  return [...lines, ...wrappers, GLOBALS, ")"].join("\n");
}

const STEP = (operator) =>
  `global.get $beneath_depth i32.const 1 i32.${operator} global.set $beneath_depth`;

const ALLOCATOR = /^ {2}\(func \$runtime\.alloc .*\n {4}\(local .*\n/m;

const COUNT = `
    global.get $beneath_depth
    if
      global.get $beneath_count i64.const 1 i64.add global.set $beneath_count
      global.get $beneath_bytes local.get $p0 i64.extend_i32_u i64.add global.set $beneath_bytes
    end
`;

const COUNT_BUT_ZERO = `
    local.get $p0
    if${COUNT}
    end
`;

const GLOBALS = `
  (global $beneath_depth (mut i32) (i32.const 0))
  (global $beneath_count (export "beneath_count") (mut i64) (i64.const 0))
  (global $beneath_bytes (export "beneath_bytes") (mut i64) (i64.const 0))`;
