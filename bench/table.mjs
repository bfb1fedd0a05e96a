// One row of the result a line: what, measured, control, target, reached or not.

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} measured with its spread
 * @property {string} control the same of a second copy of the original
 * @property {string} target
 * @property {boolean | null} reached null where there is nothing to reach
 */

const rows = [];

/** @param {Row} row */
export function add(row) {
  rows.push(row);
  const { what, measured, control, target, reached } = row;
  console.error(
    `${what}: ${[measured, control, target, verdict(reached)].filter(Boolean).join(" | ")}`,
  );
}

const verdict = (reached) => (reached === null ? "" : reached ? "yes" : "**no**");

/** All rows, as Markdown. */
export function markdown() {
  const cells = [
    ["what", "measured", "control", "target", "reached"],
    ...rows.map((row) => [row.what, row.measured, row.control, row.target, verdict(row.reached)]),
  ];
  const line = (row) => `| ${row.join(" | ")} |`;
  return [line(cells[0]), "|---|---|---|---|---|", ...cells.slice(1).map(line)].join("\n");
}

/** `1.23 (1.20 to 1.31)` */
export function spread({ median, least, most }, unit = "") {
  const digits = (value) => value.toFixed(Math.abs(value) < 10 ? 2 : 0);
  return `${digits(median)}${unit} (${digits(least)} to ${digits(most)})`;
}

/** A ratio as what it adds: `+1.2 % (-0.3 to +2.0)` */
export function percent({ median, least, most }) {
  const text = (value) => {
    const added = (100 * (value - 1)).toFixed(1);
    return value >= 1 ? `+${added}` : added;
  };
  return `${text(median)} % (${text(least)} to ${text(most)})`;
}
