// A chess engine by emscripten: C++ with every symbol exported.
import { packageFile, require } from "./packages.mjs";

export const file = packageFile("stockfish/src/stockfish.wasm");
export const allocators = [
  {
    _Znwm: 0,
    _Znam: 0,
    _ZnwmRKSt9nothrow_t: 0,
    malloc: 0,
    calloc: [0, 1],
    realloc: 1,
    aligned_alloc: 1,
    memalign: 1,
  },
];
export const shows = ["uciok", "info depth 8 ", "bestmove "];
export const regexes = ["UCI::|Option", "Endgame|Thread|Search"];

const COMMANDS = [
  "uci",
  "setoption name Hash value 4",
  "ucinewgame",
  "position startpos moves e2e4 e7e5 g1f3",
  "go depth 8",
  "position fen r1bq1rk1/pp2bppp/2n1pn2/3p4/3P4/2NBPN2/PP3PPP/R1BQ1RK1 w - - 0 1",
  "eval",
  "go depth 8",
];

export async function run() {
  // Emscripten of 2020 takes whoever has `fetch` for a browser.
  delete globalThis.fetch;
  const engine = require("stockfish")(file);
  const lines = [];
  for (const command of COMMANDS) {
    const answered = new Promise((resolve) => {
      engine.onmessage = (line) => {
        lines.push(line);
        if (/^(uciok|bestmove|readyok)/.test(line)) resolve();
      };
    });
    engine.postMessage(command);
    if (!/^(uci|go)\b/.test(command)) engine.postMessage("isready");
    await answered;
  }
  return lines;
}
