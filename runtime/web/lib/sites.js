// The site table: docs/formats.md, section 2.
import { expect, isCount, isObject, readTable } from "./header.js";

/** @type {typeof import("../index.js").readSites} */
export function readSites(module) {
  const table = readTable(module);
  // `--no-names` leaves it at the header.
  if ("sites" in table) checkNames(table);
  return table;
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
    expect(typeof site.key === "string", `${where}.key`, "a string");
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
  return (/** @type {any} */ value) => isCount(value) && value < list.length;
}
