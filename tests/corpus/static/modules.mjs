// The corpus: finished modules out of npm packages, and what is expected of each. Nothing here is a count that
// allocinstr made: models follow from what a module was built with, refusals from what it lacks.
//
// {package, path, language}   which module; the package is pinned in tests/corpus or in tests
// model                       the allocator model that fits …
// refused                     … or why none does, as the message says
// args                        options beside the defaults
// walrus                      what the walrus engine says of a module that it cannot read

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const INSTALLED = ["../node_modules/", "../../node_modules/"].map((at) =>
  fileURLToPath(new URL(at, import.meta.url)),
);

/** Where the file of a module is; `undefined` where its package is not installed. */
export function fileOf(module) {
  return INSTALLED.map((at) => join(at, module.package, module.path)).find(existsSync);
}

const NO_NAMES = "; the program has no function names";
const MINIFIED = "malloc is exported under the short name";
const RUST_WITHOUT_NAMES =
  "no allocator of model rust found: looked for __rust_alloc; keep the name section";
const RUST_BY_PRODUCER = "or build with names (Rust: no `strip`";
const OF_GO = "; Go's own compiler passes arguments in memory";
const OF_THE_ENGINE = "; its objects are the engine's (wasm GC)";

const all = (language, rows) =>
  rows.map(([name, path, expected]) => ({ package: name, path, language, ...expected }));

export const MODULES = [
  ...all("TinyGo", [
    ["@wasm-fmt/gofmt", "gofmt.wasm", { model: "tinygo" }],
    ["@wasm-fmt/shfmt", "shfmt.wasm", { model: "tinygo" }],
    ["sh-syntax", "main.wasm", { model: "tinygo" }],
  ]),
  ...all("Go", [
    ["@astrojs/compiler", "dist/astro.wasm", { refused: OF_GO }],
    ["esbuild-wasm", "esbuild.wasm", { refused: OF_GO }],
  ]),
  ...all("Rust", [
    ["@biomejs/wasm-web", "biome_wasm_bg.wasm", { model: "rust" }],
    ["@dprint/typescript", "plugin.wasm", { model: "rust" }],
    ["o1js", "dist/node/bindings/compiled/node_bindings/kimchi_wasm_bg.wasm", { model: "rust" }],
    ["o1js", "dist/node/bindings/compiled/node_bindings/plonk_wasm_bg.wasm", { model: "rust" }],
    ["wasm-flate", "wasm_flate_bg.wasm", { model: "rust" }],
    // Stripped, with wasm-bindgen's exports …
    ["@astral-sh/ruff-wasm-web", "ruff_wasm_bg.wasm", { refused: RUST_WITHOUT_NAMES }],
    ["@jsquash/png", "codec/pkg/squoosh_png_bg.wasm", { refused: RUST_WITHOUT_NAMES }],
    ["@resvg/resvg-wasm", "index_bg.wasm", { refused: RUST_WITHOUT_NAMES }],
    ["brotli-wasm", "pkg.node/brotli_wasm_bg.wasm", { refused: RUST_WITHOUT_NAMES }],
    ["o1js", "dist/web/web_bindings/kimchi_wasm_bg.wasm", { refused: RUST_WITHOUT_NAMES }],
    // … with its producers only …
    ["lightningcss-wasm", "lightningcss_node.wasm", { refused: RUST_BY_PRODUCER }],
    ["source-map", "lib/mappings.wasm", { refused: RUST_BY_PRODUCER }],
    // … and with neither. The first exports a malloc that its own allocator does not use.
    ["@oxc-parser/binding-wasm32-wasi", "parser.wasm32-wasi.wasm", { model: "c" }],
    ["sax-wasm", "lib/sax-wasm.wasm", { refused: NO_NAMES }],
  ]),
  ...all("C", [
    ["@electric-sql/pglite", "dist/initdb.wasm", { model: "c" }],
    ["@electric-sql/pglite", "dist/pglite.wasm", { model: "c" }],
    ["@jitl/quickjs-wasmfile-debug-asyncify", "dist/emscripten-module.wasm", { model: "c" }],
    ["@jitl/quickjs-wasmfile-debug-sync", "dist/emscripten-module.wasm", { model: "c" }],
    ["@php-wasm/node-8-4", "asyncify/8_4_25/php_8_4.wasm", { model: "c" }],
    ["@php-wasm/node-8-4", "asyncify/extensions/xdebug/xdebug.so", { model: "c" }],
    ["@sqlite.org/sqlite-wasm", "sqlite-wasm/jswasm/sqlite3.wasm", { model: "c" }],
    ["mupdf", "dist/mupdf-wasm.wasm", { model: "c" }],
    ["pyodide", "pyodide.asm.wasm", { model: "c" }],
    ["sql.js", "dist/sql-wasm-debug.wasm", { model: "c" }],
    ["wasmoon", "dist/glue.wasm", { model: "c" }],
    ["web-tree-sitter", "debug/web-tree-sitter.wasm", { model: "c" }],
    ["web-tree-sitter", "web-tree-sitter.wasm", { model: "c" }],
    ["@jitl/quickjs-wasmfile-release-sync", "dist/emscripten-module.wasm", { refused: MINIFIED }],
    ["argon2-browser", "dist/argon2.wasm", { refused: NO_NAMES }],
    ["sql.js", "dist/sql-wasm.wasm", { refused: MINIFIED }],
    // What sql-wasm.js says: `_malloc=c.Ia`.
    ["sql.js", "dist/sql-wasm.wasm", { model: "user", args: ["--allocator", "^Ia$=0"] }],
    ["tree-sitter-json", "tree-sitter-json.wasm", { refused: NO_NAMES }],
  ]),
  ...all("C++", [
    ["@duckdb/duckdb-wasm", "dist/duckdb-eh.wasm", { model: "c" }],
    ["@duckdb/duckdb-wasm", "dist/duckdb-mvp.wasm", { model: "c" }],
    ["@php-wasm/node-8-4", "asyncify/extensions/intl/intl.so", { model: "c" }],
    ["canvaskit-wasm", "bin/profiling/canvaskit.wasm", { model: "c" }],
    ["stockfish", "src/stockfish.wasm", { model: "c" }],
    ["@jsquash/avif", "codec/dec/avif_dec.wasm", { refused: MINIFIED }],
    ["@wasm-fmt/clang-format", "clang-format.wasm", { refused: MINIFIED }],
    ["canvaskit-wasm", "bin/canvaskit.wasm", { refused: MINIFIED }],
    ["clingo-wasm", "dist/clingo-mt.wasm", { refused: MINIFIED }],
    ["draco3d", "draco_decoder.wasm", { refused: MINIFIED }],
    ["yoga-wasm-web", "dist/yoga.wasm", { refused: MINIFIED }],
  ]),
  ...all("AssemblyScript", [
    ["rabin-wasm", "dist/rabin.wasm", { model: "assemblyscript" }],
    // Arrays in fixed memory: it never allocates.
    ["@chainsafe/as-sha256", "build/untouched.wasm", { refused: NO_NAMES }],
  ]),
  ...all("Zig", [
    ["@wasm-fmt/zig_fmt", "zig_fmt.wasm", { refused: NO_NAMES }],
    ["ghostty-web", "ghostty-vt.wasm", { refused: NO_NAMES }],
  ]),
  ...all("Dart", [
    ["@wasm-fmt/dart_fmt", "dart_fmt.wasm", { refused: OF_THE_ENGINE }],
    ["@wasm-fmt/dart_fmt", "dart_fmt.unopt.wasm", { refused: OF_THE_ENGINE }],
    // A function of its own in an allocator's place, so that there is something to rewrite.
    [
      "@wasm-fmt/dart_fmt",
      "dart_fmt.unopt.wasm",
      {
        model: "user",
        args: ["--allocator", "^GrowableList\\._allocateData$=?"],
        walrus: "walrus cannot rewrite this module: it takes type",
      },
    ],
  ]),
  ...all("OCaml", [
    [
      "html5rw-jsoo",
      "htmlrw_js_main.bc.wasm.assets/code-e7e41522f404e3a879d6.wasm",
      { refused: OF_THE_ENGINE },
    ],
    [
      "html5rw-jsoo",
      "htmlrw_js_tests_main.bc.wasm.assets/code-1410fe592e1c3e438eb1.wasm",
      { refused: OF_THE_ENGINE },
    ],
    [
      "html5rw-jsoo",
      "htmlrw_js_main.bc.wasm.assets/code-e7e41522f404e3a879d6.wasm",
      { model: "user", args: ["--allocator", "^func\\[700\\]$=?"] },
    ],
  ]),
  // Its own heap is in blocks that it takes as a whole; only the host calls malloc.
  ...all("GHC", [["pandoc-wasm", "src/pandoc.wasm", { model: "c" }]]),
  // Ruby is C; what wit-bindgen made for it is Rust.
  ...all("Ruby", [
    ["@ruby/3.3-wasm-wasi", "dist/ruby.debug+stdlib.wasm", { model: "rust" }],
    ["@ruby/3.3-wasm-wasi", "dist/ruby.wasm", { refused: RUST_BY_PRODUCER }],
  ]),
];
