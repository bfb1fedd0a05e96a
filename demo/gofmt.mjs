// Who allocates in gofmt? Instruments the published module, formats Go's own sources through it
// (files.txt, below GOROOT/src), each line indented once too often so that there is work to do, and
// prints the report. Both the original and the instrumented module must restore every file.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { attach } from "../runtime/web/index.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const GOFMT = "tests/node_modules/@wasm-fmt/gofmt/gofmt.wasm";
const OUT = "build/demo";
const { ALLOCINSTR, GOROOT } = process.env;
if (!ALLOCINSTR || !GOROOT) throw new Error("run `make demo`, which sets ALLOCINSTR and GOROOT");

process.chdir(ROOT);
mkdirSync(OUT, { recursive: true });
const { format } = await import(`../${GOFMT.replace("gofmt.wasm", "gofmt_binding.js")}`);

allocinstr("-print-allocs", ".*", GOFMT, "-o", `${OUT}/gofmt.wasm`, "--sites", `${OUT}/sites.json`);

const original = start(GOFMT);
const instrumented = start(`${OUT}/gofmt.wasm`);
const profile = attach(instrumented.module, instrumented.instance, { name: "gofmt" });

const files = readFileSync("demo/files.txt", "utf8").trim().split("\n");
let sourceBytes = 0;
files.forEach((file, i) => {
  const source = readFileSync(join(GOROOT, "src", file), "utf8");
  const unformatted = source.replace(/^\t/gm, "\t\t");
  for (const { name, exports } of [original, instrumented]) {
    if (format(exports, unformatted) !== source)
      throw new Error(`${name} does not restore ${file}`);
  }
  sourceBytes += Buffer.byteLength(source);
  if ((i + 1) % 10 === 0 || i + 1 === files.length) {
    console.error(
      `formatted ${i + 1} of ${files.length} files, ${sourceBytes} bytes: ` +
        "the same from the original and the instrumented module",
    );
  }
});
writeFileSync(`${OUT}/snapshot.json`, JSON.stringify(profile.snapshot({ label: "demo" })));

allocinstr("report", `${OUT}/snapshot.json`, "--sites", `${OUT}/sites.json`, "--top", "15");

/** Runs the command and shows it as a person would type it. */
function allocinstr(...args) {
  const shown = args.map((arg) => (/^[\w@./-]+$/.test(arg) ? arg : `'${arg}'`));
  console.error(`\n$ allocinstr ${shown.join(" ")}`);
  execFileSync(ALLOCINSTR, args, { stdio: "inherit" });
}

function start(file) {
  const module = new WebAssembly.Module(readFileSync(file));
  const instance = new WebAssembly.Instance(module);
  instance.exports._initialize();
  return { name: file, module, instance, exports: instance.exports };
}
