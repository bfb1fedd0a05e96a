import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { before } from "node:test";
import { root, testConsole, writeFiles } from "./shown.mjs";

const scratch = `${root}build/readme`;

before(() => {
  execFileSync("make", ["-C", `${root}fixtures`, "as-feed"], { stdio: "pipe" });
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(`${scratch}/node_modules`, { recursive: true });
  symlinkSync(`${root}runtime/web`, `${scratch}/node_modules/allocinstr`);
  for (const suffix of ["", ".map"])
    copyFileSync(
      `${root}build/fixtures/as-feed/O0/in.wasm${suffix}`,
      `${scratch}/app.wasm${suffix}`,
    );
  writeFiles("README.md", scratch);
});

testConsole("README.md", scratch);
