// Workers of a page whose scripts know nothing of the hook.
import assert from "node:assert/strict";
import test from "node:test";
import { POLICY, inPage } from "./in-page.mjs";
import { FEED, instrument } from "./instrumented.mjs";

// Listens only when it has its module, as programs do.
const MODULE = `
const first = await new Promise((resolve) => { onmessage = ({ data }) => resolve(data); });
const { module, instance } = await WebAssembly.instantiateStreaming(fetch("feed.wasm"));
onmessage = ({ data }) => {
  instance.exports.load(data);
  postMessage(["loaded", data]);
};
postMessage(["first", first, location.pathname, new Request("x").url === new URL("x", import.meta.url).href]);
`;

const CLASSIC = `
importScripts("names.js");
const instance = WebAssembly.instantiateStreaming(fetch("feed.wasm"));
addEventListener("message", async ({ data }) => {
  (await instance).instance.exports.load(data);
  postMessage([NAME, data, location.pathname]);
});
`;

// Wraps what it finds on its scope, and then listens past that.
const OWN = `
const { addEventListener } = self;
self.addEventListener = Object.assign((...args) => addEventListener.apply(self, args), { own: true });
const first = await new Promise((resolve) => {
  EventTarget.prototype.addEventListener.call(self, "message", ({ data }) => resolve(data));
});
postMessage([first, self.addEventListener.own]);
`;

const SCRIPT = `
import { wrapWorker } from "/lib/bridge.js";

const messages = (worker, count) => new Promise((resolve) => {
  const all = [];
  worker.onmessage = ({ data }) => { if (all.push(data) === count) resolve(all); };
});
const rows = async (bridge) => (await bridge.request("snapshot")).map(({ rows, instance }) => ({ rows, instance }));
const codeOf = (promise) => promise.then(() => "kept", ({ code }) => code);

async function module() {
  const { worker, bridge } = wrapWorker("app/module.js", { type: "module" });
  // Both before the worker has any script; one of them before it listens again.
  worker.postMessage("early");
  const [first] = await messages(worker, 1);
  worker.postMessage(100);
  const [loaded] = await messages(worker, 1);
  const read = await rows(bridge);
  const pending = bridge.request("never");
  worker.terminate();
  return { first, loaded, rows: read, gone: await codeOf(pending) };
}

async function classic() {
  const { worker, bridge } = wrapWorker("app/classic.js");
  worker.postMessage(7);
  worker.postMessage(9);
  return { messages: await messages(worker, 2), rows: await rows(bridge) };
}

async function beside() {
  const { connect } = await import("/lib/bridge.js");
  const worker = new Worker("app/beside.js", { type: "module" });
  const bridge = connect(worker);
  worker.postMessage("early");
  const [first] = await messages(worker, 1);
  return { first, rows: await rows(bridge) };
}

// A script that fails is told as without the hook, and the hook, which has been loaded, answers.
async function broken(type) {
  const { worker, bridge } = wrapWorker("app/broken.js", { type });
  const { message } = await new Promise((resolve) => { worker.onerror = resolve; });
  return { message, connected: await codeOf(bridge.ready) };
}

async function own() {
  const { worker } = wrapWorker("app/own.js", { type: "module" });
  worker.postMessage("early");
  return (await messages(worker, 1))[0];
}

async function closed() {
  const { worker, bridge } = wrapWorker("app/closing.js", { type: "module" });
  await bridge.ready;
  const pending = bridge.request("never");
  worker.postMessage("close");
  return codeOf(pending);
}

async function absent() {
  const { connect } = await import("/lib/bridge.js");
  return codeOf(connect(new Worker("app/missing.js")).ready);
}

report((async () => ({
  module: await module(),
  classic: await classic(),
  beside: await beside(),
  broken: [await broken("module"), await broken("classic")],
  own: await own(),
  closed: await closed(),
  absent: await absent(),
}))());
`;

test("workers_of_a_page_run_as_without_the_hook_and_are_read", { timeout: 60_000 }, async (t) => {
  const result = await inPage(t, SCRIPT, {
    "/app/module.js": MODULE,
    "/app/classic.js": CLASSIC,
    "/app/names.js": 'const NAME = "classic";',
    "/app/beside.js": 'import "/worker.js";\nimport "./module.js";',
    "/app/broken.js": 'throw new Error("broken app");',
    "/app/own.js": OWN,
    "/app/closing.js": `
      import { serve } from "/lib/serve.js";
      serve({ never: () => new Promise(() => {}) });
      onmessage = () => close();
    `,
    "/app/feed.wasm": instrument(FEED),
  });
  if (result === undefined) return;
  assert.ok(typeof result === "object", result);
  const { module, classic, beside, broken, own, closed, absent } = result;
  assert.deepEqual(module, {
    first: ["first", "early", "/app/module.js", true],
    loaded: ["loaded", 100],
    rows: [{ instance: module.rows[0]?.instance, rows: [[1, 1, 100, null, null]] }],
    gone: "worker-gone",
  });
  assert.deepEqual(classic, {
    messages: [
      ["classic", 7, "/app/classic.js"],
      ["classic", 9, "/app/classic.js"],
    ],
    // 7 and 9 bytes.
    rows: [{ instance: classic.rows[0]?.instance, rows: [[1, 2, 16, null, null]] }],
  });
  // Its location is that of the wrapper.
  assert.deepEqual(beside.first.slice(0, 3), ["first", "early", "/app/beside.js"]);
  assert.deepEqual(beside.rows[0].rows, []);
  for (const { message, connected } of broken) {
    assert.match(message, /broken app/);
    assert.ok(["kept", "worker-failed"].includes(connected), connected);
  }
  assert.deepEqual(own, ["early", true]);
  // At once, not when the time for an answer is over.
  assert.equal(closed, "worker-gone");
  assert.equal(absent, "worker-failed");
});

// What addresses are relative to, and how wrong ones are refused.
const SAME = `
const told = (value) => value?.url ?? value?.headers?.get("location") ?? String(value);
const tell = async (what) => {
  try {
    const value = what();
    if (!(value instanceof Promise)) return ["at once", told(value)];
    return await value.then((value) => ["later", told(value)], ({ name }) => ["later", name]);
  } catch ({ name }) {
    return ["at once", name];
  }
};
const opened = (...args) => {
  const request = new XMLHttpRequest();
  request.open(...args);
  request.send();
  return request.responseURL;
};
const cached = async (what) => {
  const cache = await caches.open("same");
  await what(cache);
  const urls = (await cache.keys()).map(({ url }) => url);
  await caches.delete("same");
  return urls;
};
const text = { toString: () => "names.js" };
const BAD = "http://[bad";
const uses = {
  fetch: [() => fetch(BAD), () => fetch(text), () => fetch(), () => fetch(Symbol()), () => fetch(null)],
  request: [() => new Request("x"), () => new Request(text), () => new Request(BAD), () => new Request(),
    () => new Request("x").constructor === Request, () => new Request(new Request("x"))],
  xhr: [() => opened(), () => opened("GET"), () => opened("GET", BAD, false), () => opened("GET", text, false)],
  scripts: [() => importScripts(BAD), () => importScripts(text), () => NAME, () => importScripts()],
  workers: [() => new Worker(), () => new Worker(BAD), () => Worker.prototype.constructor === Worker],
  streams: [() => new EventSource("x"), () => new WebSocket("x"), () => new WebSocket(BAD)],
  redirect: [() => Response.redirect("x"), () => Response.redirect(BAD)],
  cache: [
    () => cached((cache) => cache.add("names.js")),
    () => cached((cache) => cache.addAll(["names.js", new Request("same.js")])),
    () => cached((cache) => cache.addAll(new Set(["names.js"]))),
    () => cached((cache) => cache.addAll(1)),
    () => cached((cache) => cache.put("x", new Response("x"))),
    () => cached(async (cache) => { await cache.add("names.js"); await cache.delete("names.js"); }),
    async () => told(await (await caches.open("same")).match("names.js")),
  ],
};
onmessage = async () => {
  const all = {};
  for (const name in uses) {
    all[name] = [];
    for (const use of uses[name]) all[name].push(await tell(use));
  }
  postMessage(all);
};
`;

test("addresses_and_wrong_arguments_are_as_without_the_hook", { timeout: 60_000 }, async (t) => {
  const script = `
    import { wrapWorker } from "/lib/bridge.js";
    const told = (worker) => new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage("tell");
    });
    report((async () => ({
      without: await told(new Worker("app/same.js")),
      wrapped: await told(wrapWorker("app/same.js").worker),
    }))());
  `;
  const files = { "/app/same.js": SAME, "/app/names.js": 'globalThis.NAME = "same";' };
  const result = await inPage(t, script, files);
  if (result === undefined) return;
  assert.equal(result.without?.scripts[2][1], "same", String(result));
  assert.deepEqual(result.wrapped, result.without);
});

const TRUSTED = `
const policy = trustedTypes.createPolicy("app", { createScriptURL: (url) => url });
globalThis.importScripts && addEventListener("message", ({ data }) => {
  if (data !== "classic") return;
  importScripts(policy.createScriptURL("names.js"));
  postMessage(NAME);
});
addEventListener("message", ({ data }) => { if (data === "module") postMessage("module"); });
`;

test("a_trusted_script_is_wrapped_where_only_those_may_run", { timeout: 60_000 }, async (t) => {
  const script = `
    import { wrapWorker } from "/lib/bridge.js";
    const policy = trustedTypes.createPolicy("app", { createScriptURL: (url) => url });
    async function trusted(type) {
      const { worker, bridge } = wrapWorker(policy.createScriptURL("app/trusted.js"), { type });
      const said = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
      worker.postMessage(type);
      await bridge.ready;
      return said;
    }
    async function untrusted() {
      return wrapWorker("app/trusted.js");
    }
    report((async () => [
      await trusted("classic"),
      await trusted("module"),
      await untrusted().catch(({ name }) => name),
    ])());
  `;
  const files = { "/app/trusted.js": TRUSTED, "/app/names.js": 'globalThis.NAME = "names";' };
  const policy = `${POLICY}; require-trusted-types-for 'script'; trusted-types app allocinstr`;
  const result = await inPage(t, script, files, () => undefined, policy);
  if (result === undefined) return;
  assert.deepEqual(result, ["names", "module", "TypeError"]);
});
