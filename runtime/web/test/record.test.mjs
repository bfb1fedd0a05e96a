import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import test from "node:test";
import { attach } from "../index.js";
import { record } from "../lib/record.js";
import { send } from "../lib/send.js";
import { FEED, build, run } from "./instrumented.mjs";
import { refused } from "./refused.mjs";

const module = build(FEED);

/** An instance whose snapshots tell by their bytes when they were taken. */
function program() {
  const instance = run(module);
  return { instance, profile: attach(module, instance), load: instance.exports.load };
}

/** @param {import("../index.js").Snapshot[]} snapshots */
const bytesOf = (snapshots) => snapshots.map(({ totals }) => totals.alloc_bytes);

/**
 * A server that keeps what it is sent and answers with a status.
 * @param {import("node:test").TestContext} t
 */
async function collector(t) {
  const server = Object.assign(createServer(), {
    bodies: /** @type {string[]} */ ([]),
    types: /** @type {unknown[]} */ ([]),
    status: 204,
  });
  server.on("request", async (request, response) => {
    server.types.push(request.headers["content-type"]);
    server.bodies.push(await text(request));
    response.writeHead(server.status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return Object.assign(server, { url: `http://127.0.0.1:${port}/snapshots` });
}

/** @param {string} body */
const lines = (body) => {
  assert.ok(body.endsWith("\n"));
  return body
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line));
};

test("a_recording_takes_a_snapshot_every_interval_until_it_is_stopped", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { profile, load } = program();
  const recording = record(profile, { intervalMs: 50 });
  t.mock.timers.tick(49);
  assert.deepEqual(recording.snapshots, []);
  load(1);
  t.mock.timers.tick(1);
  load(2);
  t.mock.timers.tick(50);
  recording.sample({ label: "now" });
  recording.stop();
  load(4);
  t.mock.timers.tick(500);
  assert.deepEqual(bytesOf(recording.snapshots), [1, 3, 3]);
  assert.deepEqual(
    recording.snapshots.map(({ label }) => label),
    [null, null, "now"],
  );
});

/**
 * Lets so many milliseconds pass, of each one byte, so that the bytes of a snapshot are its time.
 * @param {import("node:test").TestContext} t
 * @param {(bytes: number) => void} load
 */
function clock(t, load) {
  let now = 0;
  t.mock.timers.enable({ apis: ["setInterval"] });
  t.mock.method(performance, "now", () => now);
  return (/** @type {number} */ ms) => {
    for (let passed = 0; passed < ms; passed++) {
      now += 1;
      load(1);
      t.mock.timers.tick(1);
    }
  };
}

test("a_full_recording_drops_what_leaves_the_smallest_gap_and_goes_on_at_half_the_pace", (t) => {
  const { profile, load } = program();
  const wait = clock(t, load);
  const recording = record(profile, { intervalMs: 10, limit: 4 });
  wait(40);
  assert.deepEqual(bytesOf(recording.snapshots), [10, 20, 30, 40]);
  wait(10);
  assert.deepEqual(bytesOf(recording.snapshots), [10, 30, 40, 50]);
  assert.equal(recording.intervalMs, 20);
  wait(20);
  assert.deepEqual(bytesOf(recording.snapshots), [10, 30, 50, 70]);
  wait(20);
  // Each would leave 40 ms: around 70 the fewest were taken.
  assert.deepEqual(bytesOf(recording.snapshots), [10, 30, 50, 90]);
  assert.equal(recording.intervalMs, 40);
  wait(40);
  assert.deepEqual(bytesOf(recording.snapshots), [10, 50, 90, 130]);
  wait(10_000);
  assert.ok(recording.snapshots.length <= 4);
  assert.equal(bytesOf(recording.snapshots)[0], 10);
  recording.stop();
});

test("samples_in_between_leave_the_whole_time_covered_and_the_timer_at_its_pace", (t) => {
  const { profile, load } = program();
  const wait = clock(t, load);
  const recording = record(profile, { intervalMs: 10, limit: 20 });
  for (let frame = 1; frame <= 180; frame++) {
    wait(1);
    recording.sample();
  }
  // 19 intervals of 10 ms are more than 180 ms.
  assert.equal(recording.intervalMs, 10);
  const times = bytesOf(recording.snapshots);
  assert.deepEqual([times.length, times[0], times.at(-1)], [20, 1, 180]);
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  // Even, they would be 9.4 ms.
  assert.ok(Math.max(...gaps) <= 2 * 9.4, String(gaps));
  wait(1000);
  // Doubled when 19 intervals no longer cover it all: at 200, 400 and 800.
  assert.equal(recording.intervalMs, 80);
  assert.equal(bytesOf(recording.snapshots).at(-1), 800 + 4 * 80);
  recording.stop();
});

test("samples_of_one_moment_are_thinned_evenly", (t) => {
  const { profile, load } = program();
  t.mock.method(performance, "now", () => 0);
  const recording = record(profile, { limit: 10 });
  for (let i = 0; i < 80; i++) {
    load(1);
    recording.sample();
  }
  recording.stop();
  const kept = bytesOf(recording.snapshots);
  const gaps = kept.slice(1).map((bytes, i) => bytes - kept[i]);
  assert.deepEqual([kept.length, kept[0], kept.at(-1)], [10, 1, 80]);
  assert.ok(Math.max(...gaps) <= 2 * (79 / 9), String(kept));
});

for (const limit of [2, 3, 7]) {
  test(`a_recording_of_at_most_${limit}_keeps_its_first_and_its_newest`, () => {
    const { profile, load } = program();
    const recording = record(profile, { limit });
    for (let i = 1; i <= 100; i++) {
      load(1);
      recording.sample();
      const bytes = bytesOf(recording.snapshots);
      assert.ok(bytes.length <= limit);
      assert.deepEqual([bytes[0], bytes.at(-1)], [1, i]);
    }
    recording.stop();
  });
}

test("an_interval_never_grows_past_what_timers_take", (t) => {
  const { profile } = program();
  t.mock.timers.enable({ apis: ["setInterval"] });
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const recording = record(profile, { intervalMs: 2 ** 30, limit: 2 });
  for (let i = 0; i < 4; i++) {
    now += 2 ** 32;
    t.mock.timers.tick(recording.intervalMs);
  }
  assert.equal(recording.intervalMs, 2 ** 31 - 1);
  recording.stop();
});

test("a_snapshot_that_fails_ends_the_recording_and_is_told_once", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { instance, profile } = program();
  /** @type {unknown[]} */
  const told = [];
  const recording = record(profile, { intervalMs: 10, onError: (error) => told.push(error) });
  t.mock.timers.tick(10);
  new DataView(instance.exports.allocinstr.buffer).setUint32(76, 2 ** 21, true);
  t.mock.timers.tick(10);
  // Promises are settled before the next turn.
  await new Promise(setImmediate);
  t.mock.timers.tick(100);
  await new Promise(setImmediate);
  assert.equal(told.length, 1);
  refused("malformed-counters", /2\^53/)(told[0]);
  assert.equal(recording.snapshots.length, 1);
});

test("a_recording_of_nothing_or_of_one_is_refused", () => {
  const { profile } = program();
  for (const options of [
    { limit: 1 },
    { limit: 2.5 },
    { intervalMs: 0 },
    { intervalMs: 2 ** 31 },
  ]) {
    assert.throws(() => record(profile, options), RangeError);
  }
});

test("flush_sends_what_was_not_sent_and_nothing_twice", async (t) => {
  const server = await collector(t);
  const { profile, load } = program();
  const recording = record(profile, { url: server.url });
  load(1);
  recording.sample();
  load(2);
  assert.deepEqual(await recording.flush(), { answered: 2, queued: 0, unsent: [], errors: [] });
  assert.deepEqual(await recording.flush(), { answered: 0, queued: 0, unsent: [], errors: [] });
  load(4);
  await recording.flush();
  recording.stop();
  assert.deepEqual(
    server.bodies.map((body) => bytesOf(lines(body))),
    [[1, 3], [7]],
  );
  assert.deepEqual(server.types, ["text/plain;charset=UTF-8", "text/plain;charset=UTF-8"]);
  assert.deepEqual(recording.snapshots, []);
  await assert.rejects(record(profile).flush(), TypeError);
});

test("what_the_server_does_not_take_is_kept_for_the_next_time", async (t) => {
  const server = await collector(t);
  const { profile, load } = program();
  const recording = record(profile, { url: server.url });
  load(1);
  server.status = 503;
  const report = await recording.flush();
  assert.deepEqual([report.answered, bytesOf(report.unsent)], [0, [1]]);
  refused("not-sent", /answered 503/)(report.errors[0]);
  server.status = 204;
  load(2);
  assert.equal((await recording.flush()).answered, 2);
  recording.stop();
  assert.deepEqual(bytesOf(lines(server.bodies[1])), [1, 3]);
});

test("send_tells_what_it_could_not_send", async (t) => {
  const server = await collector(t);
  const { profile } = program();
  server.close();
  await once(server, "close");
  const snapshot = profile.snapshot();
  const { answered, queued, unsent, errors } = await send(server.url, [snapshot]);
  assert.deepEqual({ answered, queued, unsent }, { answered: 0, queued: 0, unsent: [snapshot] });
  assert.ok(errors[0] instanceof TypeError);
  assert.deepEqual(await send(server.url, []), { answered: 0, queued: 0, unsent: [], errors: [] });
});

test("what_may_not_outlive_the_page_in_one_request_is_sent_in_parts_newest_first", async (t) => {
  const server = await collector(t);
  const { profile } = program();
  // Labels make lines of the length that is wanted; an accent is two bytes of it.
  const bare = JSON.stringify(profile.snapshot({ label: "" })).length + 1;
  /** @param {number} bytes */
  const ofBytes = (bytes) =>
    profile.snapshot({ label: "é".repeat((bytes - bare) / 2) + "x".repeat((bytes - bare) % 2) });
  const [a, b, c, d] = [40_000, 25_537, 65_536, 65_537].map(ofBytes);
  const begun = t.mock.method(globalThis, "fetch");
  const pending = send(server.url, [a, b, c, d]);
  // The page may go now.
  const requests = begun.mock.calls.map(
    ({ arguments: [, init] }) => /** @type {RequestInit} */ (init),
  );
  assert.deepEqual(
    requests.map(({ body, keepalive }) => [Buffer.byteLength(String(body)), keepalive]),
    [
      [65_537, false],
      [65_536, true],
      [25_537, true],
      [40_000, true],
    ],
  );
  assert.equal((await pending).answered, 4);
  const both = await send(server.url, [ofBytes(40_000), ofBytes(25_536)]);
  assert.equal(both.answered, 2);
  assert.equal(begun.mock.callCount(), 5);
});
