// What rewriting costs: time against the floor and against others that read and write modules, memory, and
// the size of the output.
import { statSync } from "node:fs";
import {
  ALLOCINSTR,
  FLOOR,
  MODULES,
  WASM_OPT_108,
  WASM_OPT_132,
  instrument,
  output,
} from "./modules.mjs";
import { commands, median, ratio } from "./measure.mjs";
import { growth } from "./sizes.mjs";
import { add, spread } from "./table.mjs";

const OVER_FLOOR = 1.5;
const TIMES_FASTER = 6;
const PEAK = (inputBytes) => 3 * inputBytes + 20e6;
const BYTES_PER_SITE = 6;
const BYTES_PER_CALLEE = 100;
const MB = 1e6;

/** @param {{rounds: number}} repetitions */
export function rewriting({ rounds }) {
  for (const [name, file] of Object.entries(MODULES)) {
    const streamed = ["-q", "-print-allocs", ".*", file, "-o"];
    const copied = ["--all-features", "-g", file, "-o"];
    const measured = commands(
      {
        floor: [FLOOR, file, output("floor.wasm")],
        control: [FLOOR, file, output("control.wasm")],
        stream: [ALLOCINSTR, ...streamed, output("stream.wasm")],
        walrus: [ALLOCINSTR, "--engine", "walrus", ...streamed, output("walrus.wasm")],
        "wasm-opt 132": [...WASM_OPT_132, ...copied, output("132.wasm")],
        "wasm-opt 108": [...WASM_OPT_108, ...copied, output("108.wasm")],
      },
      rounds,
    );
    const { floor, control, stream } = measured;
    const seconds = (cpu) => `${median(cpu).toFixed(2)} s`;
    if (!stream) {
      add({ what: `${name}: stream`, measured: "fails", control: "", target: "", reached: false });
      continue;
    }
    const overFloor = ratio(stream.cpu, floor.cpu);
    add({
      what: `${name}: \`stream\`, \`.*\`, CPU against the floor`,
      measured: `${spread(overFloor, " ×")}: ${seconds(stream.cpu)} to ${seconds(floor.cpu)}`,
      control: spread(ratio(control.cpu, floor.cpu), " ×"),
      target: `≤ ${OVER_FLOOR} ×`,
      reached: overFloor.median <= OVER_FLOOR,
    });
    for (const peer of ["wasm-opt 132", "wasm-opt 108", "walrus"]) {
      const what = `${name}: faster than ${peer === "walrus" ? "`--engine walrus`" : `\`${peer}\` without passes`}`;
      if (!measured[peer]) {
        add({
          what,
          measured: "it cannot read the module",
          control: "",
          target: "",
          reached: null,
        });
        continue;
      }
      const times = ratio(measured[peer].cpu, stream.cpu);
      add({
        what,
        measured: `${spread(times, " ×")}: it takes ${seconds(measured[peer].cpu)}`,
        control: "",
        target: `≥ ${TIMES_FASTER} ×`,
        reached: times.median >= TIMES_FASTER,
      });
    }
    const inputBytes = statSync(file).size;
    const peak = Math.max(...stream.peakBytes);
    add({
      what: `${name}: peak memory`,
      measured: `${(peak / MB).toFixed(0)} MB; input ${(inputBytes / MB).toFixed(1)} MB`,
      control: `floor ${(Math.max(...floor.peakBytes) / MB).toFixed(0)} MB`,
      target: `≤ 3 × input + 20 MB = ${(PEAK(inputBytes) / MB).toFixed(0)} MB`,
      reached: peak <= PEAK(inputBytes),
    });
    outputGrowth(name, file);
  }
}

/** All calls that allocate are sites here, so that the cap on ids does not make them shorter. */
function outputGrowth(name, file) {
  const options = ["-print-allocs", ".*", "--print-allocs-max-sites", String(1 << 20)];
  const direct = instrument(file, "grown.wasm", ...options, "--attribute", "direct");
  const grown = growth(file, direct);
  add({
    what: `${name}: growth a direct site`,
    measured: `${grown.bytesPerSite.toFixed(1)} bytes (${grown.sites} sites)`,
    control: "",
    target: `≤ ${BYTES_PER_SITE} bytes`,
    reached: grown.bytesPerSite <= BYTES_PER_SITE,
  });
  const all = growth(file, instrument(file, "grown.wasm", ...options));
  add({
    what: `${name}: growth a distinct callee`,
    measured: `${all.bytesPerCallee.toFixed(0)} bytes (${all.callees} callees)`,
    control: "",
    target: `about ${BYTES_PER_CALLEE} bytes`,
    reached: all.bytesPerCallee <= 1.2 * BYTES_PER_CALLEE,
  });
}
