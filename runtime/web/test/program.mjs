// Scripts that need a process of their own: they change what is global, or control the collector.
import { execFileSync } from "node:child_process";

const WEB = new URL("..", import.meta.url).href;

/**
 * What a script gives `print`, which has the package's address as `WEB`.
 * @param {string} script
 * @param {{ flags?: string[], args?: string[] }} [options] of Node, and the script's own
 */
export function printed(script, { flags = [], args = [] } = {}) {
  const whole = `
    const WEB = ${JSON.stringify(WEB)};
    const print = (value) => console.log(JSON.stringify(value));
    ${script}`;
  const command = [...flags, "--input-type=module", "-e", whole, "--", ...args];
  return JSON.parse(execFileSync(process.execPath, command, { encoding: "utf8" }));
}
