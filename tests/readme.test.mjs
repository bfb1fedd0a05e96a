// Every console block of the README is run, with what it shows compared: a line of three dots stands
// for any lines, [..] for any text in a line, as in trycmd. Blocks of JavaScript are the files they name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { ALLOCINSTR, NODE } = process.env;
const scratch = `${root}build/readme`;
const blocks = [
  ...readFileSync(`${root}README.md`, "utf8").matchAll(/^```(\w+)\n(.*?)^```$/gms),
].map(([, language, text]) => ({ language, text }));

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
  for (const { text } of blocks.filter(({ language }) => language === "js"))
    writeFileSync(`${scratch}/${/^\/\/ (\S+)/.exec(text)[1]}`, text);
});

for (const { text } of blocks.filter(({ language }) => language === "console")) {
  const [, ...parts] = text.split(/^\$ (?=\S+ )/m);
  // What `make demo` shows has prompts of its own.
  const commands = text.startsWith("$ make ") ? [text.slice(2)] : parts;
  test(`README: ${commands[0].split("\n")[0]}`, () => {
    for (const command of commands) {
      const [line, ...shown] = command.split("\n");
      const pattern = shown.map((part) =>
        part === "..." ? "(?:.*\n)*?" : `${part.split("[..]").map(RegExp.escape).join(".*")}\n`,
      );
      // The last element is what follows the final line end.
      const expected = new RegExp(`^${pattern.slice(0, -1).join("")}\n*$`);
      const output = run(line);
      if (!expected.test(output)) assert.equal(output, shown.join("\n"));
    }
  });
}

/** Both streams of a command, as a terminal shows them. */
function run(line) {
  const path = [dirname(ALLOCINSTR), dirname(NODE), process.env.PATH].join(delimiter);
  return execFileSync("bash", ["-c", `${line} 2>&1`], {
    cwd: line.startsWith("make ") ? root : scratch,
    env: { ...process.env, PATH: path },
    encoding: "utf8",
  });
}
