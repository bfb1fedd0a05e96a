import { AllocinstrError } from "./error.js";

// (module (memory 0) (memory 0))
const TWO_MEMORIES = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 5, 2, 0, 0, 0, 0]);

/** @type {typeof import("../index.js").compile} */
export async function compile(source) {
  const code = await source;
  try {
    return code instanceof Response
      ? await WebAssembly.compileStreaming(code)
      : await WebAssembly.compile(code);
  } catch (cause) {
    // The engine's own words differ from engine to engine, so they are kept as the cause, not parsed.
    if (cause instanceof WebAssembly.CompileError && !WebAssembly.validate(TWO_MEMORIES)) {
      throw new AllocinstrError(
        "no-multi-memory",
        "the module does not compile, and this engine has no multi-memory, which counters kept in " +
          "a memory need: rebuild the module with `--storage globals`, or use Node >= 22, " +
          "Chrome >= 120 or Firefox >= 125",
        { cause },
      );
    }
    throw cause;
  }
}
