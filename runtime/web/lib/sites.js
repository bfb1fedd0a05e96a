// The site table: docs/formats.md, section 2.
import { AllocinstrError } from "./error.js";

const SECTION = "allocinstr";
const FORMAT = "allocinstr-sites";
const VERSION = 1;

/** @type {typeof import("../index.js").readSites} */
export function readSites(module) {
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
    throw new AllocinstrError(
      "unknown-version",
      `site table version ${JSON.stringify(table.version)}; this package reads version ${VERSION}: ` +
        "use the `allocinstr` package of the release that instrumented the module",
    );
  }
  expect(typeof table.build_id === "string", "build_id", "a string");
  expect(typeof table.storage === "string", "storage", "a string");
  expect(typeof table.allocator_class === "string", "allocator_class", "a string");
  expect(isCount(table.slots), "slots", "a whole number");
  // `--no-names` leaves it at that.
  if ("sites" in table) {
    checkNames(table);
  }
  return table;
}

/** @param {ArrayBuffer} section */
function parse(section) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(section));
  } catch (cause) {
    throw new AllocinstrError("malformed-sites", "the site table is not JSON in UTF-8", { cause });
  }
}

/**
 * Checks all that a reader of the table uses as an index.
 * @param {{ names: any[], frames: any[], sites: any[], overflow: any }} table
 */
function checkNames({ names, frames, sites, overflow }) {
  expect(Array.isArray(names), "names", "an array");
  expect(Array.isArray(frames), "frames", "an array");
  expect(Array.isArray(sites), "sites", "an array");
  expect(
    isObject(overflow) && isCount(overflow.id) && isCount(overflow.sites),
    "overflow",
    "an id and a count",
  );

  names.forEach((name, i) => expect(typeof name === "string", `names[${i}]`, "a string"));
  const isName = indexInto(names);
  frames.forEach((frame, i) => {
    const where = `frames[${i}]`;
    expect(Array.isArray(frame) && frame.length === 4, where, "a row of four");
    const [func, file, line, column] = frame;
    expect(func === null || isName(func), where, "a row with a function that is named");
    expect(file === null || isName(file), where, "a row with a file that is named");
    expect(isCount(line) && isCount(column), where, "a row with a line and a column");
  });
  const isFrame = indexInto(frames);
  sites.forEach((site, i) => {
    const where = `sites[${i}]`;
    expect(isObject(site), where, "an object");
    expect(isCount(site.id), `${where}.id`, "a whole number");
    expect(isFrame(site.frame), `${where}.frame`, "one of the frames");
    expect(
      Array.isArray(site.chain) && site.chain.every(isFrame),
      `${where}.chain`,
      "a list of frames",
    );
    expect(isName(site.callee), `${where}.callee`, "one of the names");
  });
}

/** @param {unknown[]} list */
function indexInto(list) {
  return (/** @type {unknown} */ value) => isCount(value) && value < list.length;
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isCount(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {boolean} holds
 * @param {string} where
 * @param {string} what
 */
function expect(holds, where, what) {
  if (!holds) {
    throw new AllocinstrError("malformed-sites", `malformed site table: ${where} is not ${what}`);
  }
}
