// What counting costs a program that runs, in Node and in wasmtime, and what others' ways of counting cost.
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { GOFMT, WASM_OPT_132, instrument, output, program } from "./modules.mjs";
import { median, programs, ratio } from "./measure.mjs";
import { add, percent } from "./table.mjs";

const DEPTH = 14;
/** As programs/trees.c counts them: of the deepest tree, of the one that lives on, and of the others. */
const TREE_ALLOCATIONS =
  nodes(DEPTH + 1) +
  nodes(DEPTH) +
  [4, 6, 8, 10, 12, 14].reduce((sum, d) => sum + 2 ** (DEPTH - d + 4) * nodes(d), 0);
function nodes(depth) {
  return 2 ** (depth + 1) - 1;
}
const TEXTS = 100;
const COLD_ROUNDS = 200;

/** @param {{processes: number, rounds: number}} repetitions */
export function running(repetitions) {
  for (const engine of ["node", "node --no-wasm-inlining", "wasmtime"]) {
    trees(engine, repetitions);
    share(engine, repetitions, {
      what: "binary trees, malloc and free",
      file: program("trees"),
      args: [DEPTH, 0],
      regex: ".*",
      most: 12,
    });
    share(engine, repetitions, {
      what: "tokenizer, 4 sites",
      file: program("tokenizer"),
      args: [TEXTS, 0],
      regex: ".*",
      most: 6,
    });
    share(engine, repetitions, {
      what: "4096 cold sites",
      file: program("cold"),
      args: [COLD_ROUNDS, 0],
      regex: "^site_",
      most: 15,
    });
  }
  share("node", repetitions, {
    what: "gofmt `.*`",
    file: GOFMT,
    workload: "gofmt",
    regex: ".*",
    most: 8,
  });
  peers(repetitions);
}

/** The original, a second copy of it, and what `made` is of it. */
function against(file, made) {
  const control = output("control.wasm");
  copyFileSync(file, control);
  return { original: file, control, ...made };
}

function trees(engine, repetitions) {
  const file = program("trees-bump");
  const modules = against(file, {
    called: instrument(file, "trees.called.wasm", "-print-allocs", ".*"),
    inlined: instrument(file, "trees.inlined.wasm", "-print-allocs", ".*", "--inline"),
  });
  const times = programs(engine, { workload: "run", args: [DEPTH, 0], modules }, repetitions);
  for (const [name, option, most] of [
    ["called", "", { nanoseconds: 2, percent: 25 }],
    ["inlined", ", `--inline`", { nanoseconds: 1.5, percent: 15 }],
  ]) {
    const added = nanoseconds(times[name], times.original);
    const of = ratio(times[name], times.original);
    add({
      what: `${engine}: binary trees, bump allocator${option}`,
      measured: `${added.toFixed(2)} ns an allocation, ${percent(of)}`,
      control: `${nanoseconds(times.control, times.original).toFixed(2)} ns, ${percent(ratio(times.control, times.original))}`,
      target: `≤ ${most.nanoseconds} ns, ≤ ${most.percent} %`,
      reached: added <= most.nanoseconds && of.median <= 1 + most.percent / 100,
    });
  }
}

const nanoseconds = (of, to) => ((median(of) - median(to)) / TREE_ALLOCATIONS) * 1e9;

function share(engine, repetitions, { what, file, workload = "run", args, regex, most }) {
  const modules = against(file, {
    instrumented: instrument(file, "shared.wasm", "-print-allocs", regex),
  });
  const times = programs(engine, { workload, args, modules }, repetitions);
  const of = ratio(times.instrumented, times.original);
  add({
    what: `${engine}: ${what}`,
    measured: percent(of),
    control: percent(ratio(times.control, times.original)),
    target: `≤ ${most} %`,
    reached: of.median <= 1 + most / 100,
  });
}

/** The same trees, counted by a function in JavaScript. */
function peers(repetitions) {
  const file = program("trees-bump");
  const traced = output("trees.traced.wasm");
  const trace = ["--all-features", "-g", "--trace-calls", "--pass-arg=trace-calls@malloc"];
  execFileSync(WASM_OPT_132[0], [WASM_OPT_132[1], ...trace, file, "-o", traced]);
  const logger = program("trees-logger");
  const logged = instrument(logger, "trees.logged.wasm", "-print-allocs", ".*", "--log-fn", "log");
  const args = [DEPTH, 0];
  for (const [what, modules, name] of [
    ["`wasm-opt --trace-calls=malloc`", against(file, { traced }), "traced"],
    ["a logger in JavaScript, `--log-fn`", against(logger, { logged }), "logged"],
  ]) {
    const times = programs("node", { workload: "run", args, modules }, repetitions);
    add({
      what: `node: binary trees, bump allocator, ${what}`,
      measured: `${nanoseconds(times[name], times.original).toFixed(2)} ns an allocation, ${percent(ratio(times[name], times.original))}`,
      control: percent(ratio(times.control, times.original)),
      target: "a peer",
      reached: null,
    });
  }
}
