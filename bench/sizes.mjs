// What a module grew by: its calls, and what was appended to it.
import { readFileSync } from "node:fs";
import { readSites } from "../runtime/web/index.js";

const CUSTOM = 0;
const CODE = 10;

/**
 * The site table and the names of the trampolines are not counted: they are never loaded into memory
 * by an engine, and `--no-names` leaves them out.
 *
 * @param {string} original
 * @param {string} instrumented
 * @returns {{sites: number, bytesPerSite: number, callees: number, bytesPerCallee: number}}
 */
export function growth(original, instrumented) {
  const before = read(readFileSync(original));
  const bytes = readFileSync(instrumented);
  const after = read(bytes);
  const table = readSites(new WebAssembly.Module(bytes));
  const edited = sum(after.bodies.slice(0, before.bodies.length)) - sum(before.bodies);
  const appended = after.sizes - before.sizes - edited;
  const callees = new Set(table.sites.map((site) => `${site.attribution} ${site.callee}`)).size;
  const sites = table.sites.length;
  return {
    sites,
    bytesPerSite: edited / sites,
    callees,
    bytesPerCallee: appended / callees,
  };
}

const sum = (list) => list.reduce((total, value) => total + value, 0);

/** Sizes of the function bodies, and of all sections but custom ones, in bytes. */
function read(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const module = { sizes: 0, bodies: [] };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = number();
    const end = at + size;
    if (id !== CUSTOM) module.sizes += size;
    if (id === CODE) {
      for (let left = number(); left > 0; left--) {
        const body = number();
        module.bodies.push(body);
        at += body;
      }
    }
    at = end;
  }
  return module;
}
