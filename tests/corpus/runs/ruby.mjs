// CRuby for WASI, 53 MB with DWARF: setjmp and fibers by Asyncify.
import { readFileSync } from "node:fs";
import { ConsoleStdout, WASI } from "@bjorn3/browser_wasi_shim";
import { RubyVM } from "@ruby/wasm-wasi";
import { packageFile } from "./packages.mjs";

export const file = packageFile("@ruby/3.3-wasm-wasi/dist/ruby.debug+stdlib.wasm");
// 7 + 14 + … + 294 = 7 · 42 · 43 / 2, and 2 to the power of 200.
export const shows = [
  '"topic 0":6321',
  '"1606938044258990275541962092341162602522202993782792835301376"',
];
export const regexes = ["^(rb_)?(ary|hash|str)", "/(compile|parse|prism\\w*)\\.[cy]$"];

const PROGRAM = `
  require "json"
  require "set"
  Note = Struct.new(:id, :topic) do
    def title = "#{topic}: #{id}"
  end
  notes = (1..300).map { |i| Note.new(i, "topic #{i % 7}") }
  groups = notes.group_by(&:topic).transform_values { |found| found.sum(&:id) }
  fiber = Fiber.new { 5.times { |i| Fiber.yield(i * i) }; :done }
  squares = 6.times.map { fiber.resume }
  caught = begin; Integer("none"); rescue ArgumentError => error; error.message; end
  thrown = catch(:found) { notes.each { |note| throw :found, note.title if note.id == 42 } }
  GC.start
  JSON.generate({
    groups:, squares:, caught:, thrown:,
    set: Set.new(notes.map { |note| note.id % 10 }).to_a,
    words: "the quick brown fox".gsub(/(\\w)(\\w*)/) { $1.upcase + $2 },
    big: (2**200).to_s, packed: [1, 2, 3].pack("n*").unpack1("H*"),
    format: format("%05.2f|%-8s|%x", 3.14159, "left", 48879),
  })
`;

export async function run() {
  const printed = [];
  const stdio = [0, 1, 2].map(() => ConsoleStdout.lineBuffered((line) => printed.push(line)));
  const { vm } = await RubyVM.instantiateModule({
    module: new WebAssembly.Module(readFileSync(file)),
    wasip1: new WASI([], [], stdio, { debug: false }),
  });
  return [vm.eval(PROGRAM).toString(), ...printed];
}
