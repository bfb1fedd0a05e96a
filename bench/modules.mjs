// Where everything lies that is measured, and how it is run.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "build/bench");
const CORPUS = join(ROOT, "tests/corpus/node_modules");

export const ALLOCINSTR = process.env.ALLOCINSTR;
export const FLOOR = join(ROOT, "target/release/examples/floor");
export const WASM_OPT_132 = [
  process.execPath,
  join(import.meta.dirname, "node_modules/binaryen/bin/wasm-opt"),
];
export const WASM_OPT_108 = [join(OUT, "binaryen/usr/bin/wasm-opt")];

/** The modules that are rewritten. */
export const MODULES = {
  canvaskit: join(CORPUS, "canvaskit-wasm/bin/profiling/canvaskit.wasm"),
  biome: join(CORPUS, "@biomejs/wasm-web/biome_wasm_bg.wasm"),
  kimchi: join(CORPUS, "o1js/dist/node/bindings/compiled/node_bindings/kimchi_wasm_bg.wasm"),
  ruby: join(CORPUS, "@ruby/3.3-wasm-wasi/dist/ruby.debug+stdlib.wasm"),
};

export const GOFMT = join(ROOT, "tests/node_modules/@wasm-fmt/gofmt/gofmt.wasm");

/** A C program out of `bench/Makefile`. */
export const program = (name) => join(OUT, "programs", `${name}.wasm`);

/** A place for a file that is made on the way. */
export function output(name) {
  mkdirSync(join(OUT, "out"), { recursive: true });
  return join(OUT, "out", name);
}

/** Instruments `file` and gives the new module's path. */
export function instrument(file, name, ...options) {
  const to = output(name);
  execFileSync(ALLOCINSTR, ["-q", ...options, file, "-o", to], { stdio: ["ignore", "ignore", 2] });
  return to;
}
