// The part of the site table that every build has: docs/formats.md, section 2.
import { AllocinstrError, otherRelease } from "./error.js";

const SECTION = "allocinstr";
const FORMAT = "allocinstr-sites";
const VERSION = 1;

/** @type {WeakMap<WebAssembly.Module, import("../index.js").SiteTableHeader>} */
const headers = new WeakMap();

/**
 * Read once, and only this is kept: a table may be megabytes.
 * @param {WebAssembly.Module} module
 */
export function headerOf(module) {
  let header = headers.get(module);
  if (!header) {
    const { format, version, build_id, allocator_class, storage, slots } = readTable(module);
    header = { format, version, build_id, allocator_class, storage, slots };
    headers.set(module, header);
  }
  return header;
}

/** @param {WebAssembly.Module} module */
export function readTable(module) {
  const sections = WebAssembly.Module.customSections(module, SECTION);
  if (sections.length === 0) {
    throw new AllocinstrError(
      "not-instrumented",
      `the module has no custom section \`${SECTION}\`: instrument it with \`allocinstr ` +
        "-print-allocs REGEX in.wasm -o out.wasm`, and let no later build step strip custom sections",
    );
  }
  expect(sections.length === 1, "the section", "there once");
  const table = parse(sections[0]);
  expect(isObject(table), "the section", "a JSON object");
  expect(table.format === FORMAT, "format", `"${FORMAT}"`);
  if (table.version !== VERSION) {
    throw otherRelease(
      "unknown-version",
      `site table version ${JSON.stringify(table.version)}; this package reads version ${VERSION}`,
    );
  }
  for (const field of ["build_id", "storage", "allocator_class"]) {
    expect(typeof table[field] === "string", field, "a string");
  }
  expect(isCount(table.slots) && table.slots <= 2 ** 24, "slots", "a whole number up to 2^24");
  return table;
}

/** @param {ArrayBuffer} section */
function parse(section) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(section));
  } catch (cause) {
    throw new AllocinstrError("malformed-sites", `the site table is unreadable: ${cause}`, {
      cause,
    });
  }
}

/** @param {any} value */
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

/** @param {unknown} value */
export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param {boolean} holds
 * @param {string} where
 * @param {string} what
 */
export function expect(holds, where, what) {
  if (!holds) {
    throw new AllocinstrError("malformed-sites", `malformed site table: ${where} is not ${what}`);
  }
}
