// The table of sites, and the totals above it.

const SITES = 12;
/** Rates are those of the time since the last reading that is at least this old. */
const WINDOW_MS = 3000;

/** @type {{ time: number, bytes: number, byKey: Map<string | null, number> }[]} */
let readings = [];

/**
 * @param {import("../../runtime/web/index.js").Snapshot} snapshot
 * @param {import("../../runtime/web/index.js").TopSite[]} top all sites, those that allocated most first
 */
export function show({ time_ms: time, totals, memory_bytes }, top) {
  const old = readings.findLastIndex((reading) => reading.time <= time - WINDOW_MS);
  const byKey = new Map(top.map(({ key, alloc_bytes }) => [key, alloc_bytes]));
  readings = [...readings.slice(Math.max(old, 0)), { time, bytes: totals.alloc_bytes, byKey }];
  const [then] = readings;
  const rate = (now, before = 0) => perSecond(now - before, time - then.time);

  set("bytes", inBytes(totals.alloc_bytes));
  set("rate", rate(totals.alloc_bytes, then.bytes));
  set("count", inDigits(totals.alloc_count));
  set("average", `${inBytes(totals.alloc_bytes / totals.alloc_count)} each`);
  set("unattributed", inBytes(totals.unattributed_bytes));
  set("share", `${((100 * totals.unattributed_bytes) / totals.alloc_bytes).toFixed(1)} %`);
  set("memory", inBytes(memory_bytes));

  document.querySelector("#sites").replaceChildren(
    ...top.slice(0, SITES).map((site) => {
      const { key, alloc_count, alloc_bytes } = site;
      const row = document.createElement("tr");
      row.style.setProperty("--share", alloc_bytes / top[0].alloc_bytes);
      const name = nameOf(site);
      for (const text of [
        name,
        inDigits(alloc_count),
        inBytes(alloc_bytes),
        rate(alloc_bytes, then.byKey.get(key)),
      ])
        row.insertCell().textContent = text;
      row.cells[0].title = name;
      row.cells[2].title = `${inDigits(alloc_bytes)} bytes`;
      return row;
    }),
  );
}

const set = (id, text) => (document.querySelector(`#${id}`).textContent = text);

/** gofmt was built without lines; a module that has them shows them. */
function nameOf({ function: name, file, line, callee }) {
  const place = file === null ? "" : ` (${file}:${line})`;
  return `${name}${place}${callee === null ? "" : ` → ${callee}`}`;
}

const inDigits = (number) => number.toLocaleString("en");

const perSecond = (bytes, ms) => (bytes > 0 ? `${inBytes((1000 * bytes) / ms)}/s` : "");

function inBytes(bytes) {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const units = ["KiB", "MiB", "GiB"];
  let unit = -1;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${bytes.toFixed(2)} ${units[unit]}`;
}
