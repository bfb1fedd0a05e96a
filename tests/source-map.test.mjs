// A carried-over source map, instruction by instruction: wabt says where instructions stand, and a
// reader of source maps that is not ours says what line that is. Neither shares code with us.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { decode, encode } from "@jridgewell/sourcemap-codec";
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { readSites } from "../runtime/web/index.js";
import { allocinstr } from "./corpus/instrument.mjs";
import { buildFixture } from "./fixtures/measure.mjs";

const scratch = mkdtempSync(path.join(tmpdir(), "allocinstr-"));
after(() => rmSync(scratch, { recursive: true }));

/**
 * The instructions of every function: the file offset and the text of each.
 * @param {string} file
 * @returns {{ offset: number, text: string }[][]}
 */
function disassemble(file) {
  const listing = execFileSync("wasm-objdump", ["-d", file], { maxBuffer: 1 << 28 }).toString();
  const functions = [];
  for (const line of listing.split("\n")) {
    if (/^[0-9a-f]+ func\[/.test(line)) functions.push([]);
    const instruction = /^ ([0-9a-f]+):[ 0-9a-f]*\| *(.*)$/.exec(line);
    // A long instruction goes on in a line without text.
    if (instruction && instruction[2] && !instruction[2].startsWith("local["))
      functions.at(-1).push({ offset: parseInt(instruction[1], 16), text: instruction[2] });
  }
  return functions;
}

/** @param {string} json */
function reader(json) {
  const map = new TraceMap(json);
  return (offset) => {
    const { source, line, column } = originalPositionFor(map, { line: 1, column: offset });
    return `${source}:${line}:${column}`;
  };
}

/**
 * Every instruction of the original, with the one that stands in its place.
 * @returns {Generator<[number, number, boolean]>}
 */
function* pairs(original, output) {
  for (const [index, before] of original.entries()) {
    const instructions = output[index].values();
    for (const { offset, text } of before) {
      const first = instructions.next().value;
      let last = first;
      // The site's id, in front of the call of a trampoline.
      if (/call/.test(text) && first.text.startsWith("i32.const")) last = instructions.next().value;
      const edited = last.text !== text;
      const kind = (instruction) => instruction.replace(/_indirect|_ref/, "").split(" ")[0];
      assert.equal(kind(last.text), kind(text), `at ${offset}`);
      yield [offset, first.offset, edited];
    }
    assert.ok(instructions.next().done, `function ${index} has something more`);
  }
}

const feed = buildFixture("as-feed");
/** A module whose map says where positions begin, never where they end. */
function withoutEnds() {
  const directory = mkdtempSync(path.join(scratch, "without-ends-"));
  const map = JSON.parse(readFileSync(`${feed}O0/in.wasm.map`, "utf8"));
  map.mappings = encode(
    decode(map.mappings).map((line) => line.filter((segment) => segment.length > 1)),
  );
  const file = path.join(directory, "in.wasm");
  copyFileSync(`${feed}O0/in.wasm`, file);
  writeFileSync(`${file}.map`, JSON.stringify(map));
  return file;
}

const modules = [
  ["asc -O0", `${feed}O0/in.wasm`],
  ["asc -O3", `${feed}O3/in.wasm`],
  ["asc incremental", `${feed}incremental/in.wasm`],
  ["a map without ends", withoutEnds()],
];
for (const [compiler, file] of modules) {
  for (const storage of ["memory", "globals"]) {
    test(`every instruction of ${compiler} keeps its line, counters in ${storage}`, () => {
      const out = path.join(scratch, `${path.basename(path.dirname(file))}-${storage}.wasm`);
      const run = allocinstr(["-print-allocs", ".*", "--storage", storage, file, "-o", out]);
      assert.equal(run.status, 0, run.stderr);
      assert.doesNotMatch(run.stderr, /sourceMappingURL/);

      const module = new WebAssembly.Module(readFileSync(out));
      const [url] = WebAssembly.Module.customSections(module, "sourceMappingURL");
      const name = new TextDecoder().decode(url).slice(1);
      assert.equal(name, `${path.basename(out)}.map`);

      const original = disassemble(file);
      const output = disassemble(out);
      const then = reader(readFileSync(`${file}.map`, "utf8"));
      const now = reader(readFileSync(path.join(scratch, name), "utf8"));
      let edited = 0;
      let mapped = 0;
      for (const [before, after, isEdited] of pairs(original, output)) {
        assert.equal(now(after), then(before), `0x${before.toString(16)}`);
        edited += isEdited;
        mapped += then(before) !== "null:null:null";
      }
      assert.ok(edited >= 20 && mapped >= 1000, `${edited} edited, ${mapped} mapped`);
      // What was appended is nobody's line.
      for (const { offset } of output.slice(original.length).flat())
        assert.equal(now(offset), "null:null:null");
    });
  }
}

test("a source map inside the module stays inside", () => {
  const map = readFileSync(`${feed}O0/in.wasm.map`, "utf8");
  const directory = mkdtempSync(path.join(scratch, "inline-"));
  const inline = path.join(directory, "in.wasm");
  const url = `data:application/json;base64,${Buffer.from(map).toString("base64")}`;
  const text = path.join(scratch, "url");
  writeFileSync(text, Buffer.concat([leb(url.length), Buffer.from(url)]));
  const change = ["--remove-section=sourceMappingURL", `--add-section=sourceMappingURL=${text}`];
  execFileSync("llvm-objcopy-22", [...change, `${feed}O0/in.wasm`, inline]);

  const out = path.join(directory, "out.wasm");
  const run = allocinstr(["-print-allocs", ".*", inline, "-o", out]);
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(readdirSync(directory).sort(), ["in.wasm", "out.wasm"]);
  const module = new WebAssembly.Module(readFileSync(out));
  assert.ok(readSites(module).frames.some(([, file, line]) => file !== null && line > 0));
  const urls = WebAssembly.Module.customSections(module, "sourceMappingURL");
  assert.equal(urls.length, 1);
  const base64 = Buffer.from(urls[0])
    .toString()
    .replace(/^.*?;base64,/s, "");
  const then = reader(map);
  const now = reader(Buffer.from(base64, "base64").toString());
  for (const [before, after] of pairs(disassemble(inline), disassemble(out)))
    assert.equal(now(after), then(before), `0x${before.toString(16)}`);
});

/** @param {number} value unsigned */
function leb(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}
