import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test from "node:test";
import { profiles } from "../auto.js";
import { nameOf } from "../lib/name.js";
import { attach } from "../index.js";
import { FEED, VAST, build, instrument, run } from "./instrumented.mjs";

const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];

/**
 * A module whose name section holds this.
 * @param {number[]} content
 */
function withNameSection(...content) {
  const section = [4, ...new TextEncoder().encode("name"), ...content];
  return new WebAssembly.Module(new Uint8Array([...HEADER, 0, section.length, ...section]));
}

test("instances_are_named_by_their_module_s_name_or_its_address_and_numbered", async (t) => {
  const feed = instrument(FEED);
  const server = createServer((_, response) =>
    response.setHeader("content-type", "application/wasm").end(feed),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const address = `http://127.0.0.1:${port}/app/feed.wasm`;

  const module = await WebAssembly.compileStreaming(fetch(`${address}?token=secret`));
  const vast = new WebAssembly.Module(instrument(VAST));
  const kept = [
    await WebAssembly.instantiate(module),
    new WebAssembly.Instance(vast),
    (await WebAssembly.instantiateStreaming(fetch(`${address}#part`))).instance,
    (await WebAssembly.instantiateStreaming(await fetch(address))).instance,
    await WebAssembly.instantiate(vast),
    (await WebAssembly.instantiate(feed)).instance,
  ];
  const names = profiles().map(({ name }) => name);
  // The last has neither, and is numbered among all that was attached.
  assert.deepEqual(names, [
    address,
    "vast-app",
    `${address}#2`,
    `${address}#3`,
    "vast-app#2",
    "instance-5",
  ]);
  assert.deepEqual(
    profiles().map((profile) => profile.snapshot().instance),
    names,
  );
  assert.equal(kept.length, 6);
});

test("a_name_section_may_begin_with_other_names_or_not_be_there", () => {
  const functionNames = [1, 4, 1, 0, 1, 0x66];
  assert.equal(
    nameOf(withNameSection(...functionNames), "https://a.test/x.wasm?v=1"),
    "https://a.test/x.wasm",
  );
  assert.equal(nameOf(withNameSection(), ""), undefined);
  assert.equal(
    nameOf(new WebAssembly.Module(new Uint8Array(HEADER)), "blob:https://a.test/7f"),
    undefined,
  );
  assert.equal(nameOf(withNameSection(0, 3, 2, 0xc3, 0xa9, ...functionNames)), "é");
  // Lengths of more than one byte, as linkers pad them.
  assert.equal(nameOf(withNameSection(0, 0x83, 0x00, 0x82, 0x00, 0x67, 0x6f)), "go");
  // Cut short, which engines let pass.
  assert.equal(nameOf(withNameSection(0, 0x83)), undefined);
});

test("no_two_names_are_the_same_whatever_modules_are_called", () => {
  const module = build(FEED);
  const attached = () => attach(module, run(module)).name;
  const called = (/** @type {string} */ name) => {
    const bytes = new TextEncoder().encode(name);
    return nameOf(withNameSection(0, bytes.length + 1, bytes.length, ...bytes));
  };
  assert.deepEqual(["a", "a", "a#2", "a"].map(called), ["a", "a#2", "a#2#2", "a#3"]);
  assert.deepEqual(["b#2", "b", "b", "b#2"].map(called), ["b#2", "b", "b#3", "b#2#2"]);
  const [, number] = /^instance-(\d+)$/.exec(attached()) ?? [];
  const next = `instance-${Number(number) + 1}`;
  assert.equal(called(next), next);
  assert.equal(attached(), `${next}#2`);
  assert.equal(called(attached()), `instance-${Number(number) + 2}#2`);
});
