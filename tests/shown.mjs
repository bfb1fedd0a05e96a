// What a README shows is what happens. Every console block is run, with what it shows compared: a line of three dots
// stands for any lines, [..] for any text in a line, as in trycmd. Blocks of JavaScript are the files they name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const { ALLOCINSTR, NODE } = process.env;

/** The blocks of a README that are in a language. */
export function blocksOf(readme, language) {
  const blocks = readFileSync(`${root}${readme}`, "utf8").matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].filter(([, of]) => of === language).map(([, , text]) => text);
}

/** Writes the files that a README shows. */
export function writeFiles(readme, directory) {
  for (const text of blocksOf(readme, "js"))
    writeFileSync(`${directory}/${/^\/\/ (\S+)/.exec(text)[1]}`, text);
}

/** A test for each console block, run in a directory. */
export function testConsole(readme, directory) {
  for (const text of blocksOf(readme, "console")) {
    const [, ...parts] = text.split(/^\$ (?=\S+ )/m);
    // What `make demo` shows has prompts of its own.
    const commands = text.startsWith("$ make ") ? [text.slice(2)] : parts;
    test(`${readme}: ${commands[0].split("\n")[0]}`, () => {
      for (const command of commands) {
        const [line, ...shown] = command.split("\n");
        const pattern = shown.map((part) =>
          part === "..." ? "(?:.*\n)*?" : `${part.split("[..]").map(RegExp.escape).join(".*")}\n`,
        );
        // The last element is what follows the final line end.
        const expected = new RegExp(`^${pattern.slice(0, -1).join("")}\n*$`);
        const output = run(line, directory);
        if (!expected.test(output)) assert.equal(output, shown.join("\n"));
      }
    });
  }
}

/** Both streams of a command, as a terminal shows them. */
function run(line, directory) {
  const path = [dirname(ALLOCINSTR), dirname(NODE), process.env.PATH].join(delimiter);
  return execFileSync("bash", ["-c", `${line} 2>&1`], {
    cwd: line.startsWith("make ") ? root : directory,
    env: { ...process.env, PATH: path },
    encoding: "utf8",
  });
}
