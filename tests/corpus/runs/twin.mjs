// An oracle that shares nothing with allocinstr: wabt turns a module into text, each allocator gets a wrapper under its
// name, so that whoever calls it, exports it or takes its address gets the wrapper, and the wrapper counts what the
// outermost allocator of its family gives. Nothing is found in calls, so nothing can be missed there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * @param {string} file the module
 * @param {Record<string, number | [number, number]>[]} families allocators, by their names as wabt writes them, with
 *   the parameter that is the size, or the two whose product is; of those in one family the outermost counts
 * @param {string} directory for temporary files
 * @returns {string} the twin's file; it exports the globals `twin_count` and `twin_bytes`
 */
export function twinOf(file, families, directory) {
  const text = path.join(directory, "twin.wat");
  const twin = path.join(directory, "twin.wasm");
  execFileSync("wasm2wat", ["--enable-all", "--generate-names", file, "-o", text]);
  let wat = readFileSync(text, "latin1");
  const allocators = families.flatMap((family, depth) =>
    Object.entries(family).map(([name, size]) => ({ name, size, depth: `$twin_depth_${depth}` })),
  );
  const wrappers = allocators.map(({ name, size, depth }) => {
    const head = `\n  (func $${name} `;
    const at = wat.indexOf(head);
    assert.notEqual(at, -1, `${file} has no function ${name}`);
    const line = wat.slice(at + head.length, wat.indexOf("\n", at + head.length));
    const [signature] = /^\(type \$\w+\)( \(param \$\w+ i32\))+ \(result i32\)/.exec(line);
    wat = `${wat.slice(0, at)}\n  (func $${name}__body ${wat.slice(at + head.length)}`;
    return wrapper({ name, signature, depth, size: [size].flat() });
  });
  const end = wat.lastIndexOf(")");
  const depths = families.map(
    (_, depth) => `(global $twin_depth_${depth} (mut i32) (i32.const 0))`,
  );
  writeFileSync(text, [wat.slice(0, end), SUMS, ...depths, ...wrappers, ")"].join("\n"), "latin1");
  execFileSync("wat2wasm", ["--enable-all", text, "-o", twin]);
  return twin;
}

function wrapper({ name, signature, depth, size }) {
  const parameters = signature.match(/\$p\d+/g).map((parameter) => `(local.get ${parameter})`);
  const factors = size.map((index) => `(i64.extend_i32_u ${parameters[index]})`);
  const bytes = factors.length === 1 ? factors[0] : `(i64.mul ${factors.join(" ")})`;
  return `
  (func $${name} ${signature}
    (local $result i32)
    (global.set ${depth} (i32.add (global.get ${depth}) (i32.const 1)))
    (local.set $result (call $${name}__body ${parameters.join(" ")}))
    (global.set ${depth} (i32.sub (global.get ${depth}) (i32.const 1)))
    (if (i32.and (i32.eqz (global.get ${depth})) (i32.ne (local.get $result) (i32.const 0)))
      (then
        (global.set $twin_count (i64.add (global.get $twin_count) (i64.const 1)))
        (global.set $twin_bytes (i64.add (global.get $twin_bytes) ${bytes}))))
    (local.get $result))`;
}

const SUMS = `
  (global $twin_count (export "twin_count") (mut i64) (i64.const 0))
  (global $twin_bytes (export "twin_bytes") (mut i64) (i64.const 0))`;
