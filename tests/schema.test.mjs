// What the program and the web runtime write follows the schemas in docs/schema; what does not is refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import Ajv from "ajv/dist/2020.js";
import { attach } from "../runtime/web/index.js";
import { instrument, packageFile } from "./corpus/instrument.mjs";

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const schema = (name) =>
  ajv.compile(
    JSON.parse(readFileSync(new URL(`../docs/schema/${name}.schema.json`, import.meta.url))),
  );
const gofmt = packageFile("@wasm-fmt/gofmt/gofmt.wasm");

test("site tables follow their schema", () => {
  const isTable = schema("sites");
  for (const options of [
    [],
    ["-print-allocs-max-sites", "2"],
    ["--bytes", "heap", "--attribute", "host"],
  ]) {
    const { table } = instrument(gofmt, "go/", ...options);
    assert.ok(isTable(table), ajv.errorsText(isTable.errors));
    assert.ok(!isTable({ ...table, unknown: 1 }));
    assert.ok(!isTable({ ...table, sites: [{ ...table.sites[0], kind: "thing" }] }));
    assert.ok(!isTable({ ...table, frames: [[0, 0, 1]] }));
  }
});

test("snapshots follow their schema", () => {
  const isSnapshot = schema("snapshot");
  const { module } = instrument(gofmt, ".*");
  const instance = new WebAssembly.Instance(module);
  instance.exports._initialize();
  instance.exports.alloc(100);
  const snapshot = attach(module, instance).snapshot({ label: "after a call" });
  assert.ok(snapshot.rows.length > 0);
  assert.ok(isSnapshot(snapshot), ajv.errorsText(isSnapshot.errors));
  assert.ok(!isSnapshot({ ...snapshot, rows: [[0, 1, 2, null]] }));
  assert.ok(!isSnapshot({ ...snapshot, totals: { ...snapshot.totals, alloc_bytes: -1 } }));
});
