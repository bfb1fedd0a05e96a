// A database in C++ by emscripten, with WebAssembly exceptions.
import { packageFile, require } from "./packages.mjs";

export const file = packageFile("@duckdb/duckdb-wasm/dist/duckdb-eh.wasm");
// Of 0 to 4999, 715 are 7 k, and the sum of 7 k / 8 is 7 / 8 · 714 · 715 / 2.
export const shows = [
  '"count_star()": 715, "sum(size)": 223348.125',
  "Table with name nowhere does not exist!",
];
export const regexes = ["duckdb.*(Binder|Planner|Optimizer)", "arrow"];

export async function run() {
  const {
    createDuckDB,
    ConsoleLogger,
    LogLevel,
    NODE_RUNTIME,
  } = require("@duckdb/duckdb-wasm/blocking");
  const bundle = { mainModule: file, mainWorker: null };
  const db = await createDuckDB(
    { mvp: bundle, eh: bundle },
    new ConsoleLogger(LogLevel.ERROR),
    NODE_RUNTIME,
  );
  await db.instantiate(() => {});
  const connection = db.connect();
  const rows = (query) => connection.query(query).toArray().map(String);
  const seen = [
    rows(
      "CREATE TABLE note AS SELECT i AS id, 'topic ' || i % 7 AS topic, i / 8 AS size FROM range(5000) t(i)",
    ),
    rows(
      "SELECT topic, count(*), sum(size), string_agg(id, ',') FILTER (id < 30) FROM note GROUP BY ALL ORDER BY 1",
    ),
    rows(`WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY topic ORDER BY size DESC) AS rank FROM note)
          SELECT a.topic, b.id FROM ranked a JOIN ranked b USING (topic, rank) WHERE rank < 3 ORDER BY ALL`),
    rows(
      "SELECT list_transform([1, 2, 3], x -> x * 2), {'a': 1, 'b': [date '2024-02-29']}, regexp_replace('abc', 'b', 'x')",
    ),
  ];
  try {
    rows("SELECT * FROM nowhere");
  } catch (error) {
    seen.push(error.message);
  }
  connection.close();
  return seen;
}
