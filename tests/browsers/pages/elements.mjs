import { readGauges } from "/allocinstr/lib/gauges.js";
import { HandleTable } from "/allocinstr/lib/handles.js";
import { createLog } from "/allocinstr/lib/log.js";

// Room for three of the five thresholds.
const log = createLog({ capacity: 3 });
const table = new HandleTable({ source: "_elements", log });
const ids = Array.from({ length: 6000 }, (_, i) => {
  const element = document.createElement("p");
  element.textContent = String(i + 1);
  return table.create(element);
});
Object.assign(globalThis, { log, table, ids, gauges: () => readGauges([table.gauge]) });
