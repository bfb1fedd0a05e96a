// The page of `make demo-web`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { start } from "../../demo/web.mjs";
import { inBrowsers } from "./browsers.mjs";

/** The table's line for the export by which the loader asks gofmt for room: once for every text, its bytes. */
const ROOM = `
  const row = [...document.querySelectorAll("#sites tr")]
    .find(({ cells: [site] }) => site.textContent.startsWith("main.alloc#wasmexport"));
  if (!row) return null;
  const number = (text) => Number(text.replace(/[ ,a-z]/g, ""));
  return { count: number(row.cells[1].textContent), bytes: number(row.cells[2].title) };`;

inBrowsers(async (t, driver) => {
  const site = await start(0);
  t.after(() => site.close());
  await driver.get(site.url);
  const roomWhen = (count) =>
    driver.wait(async () => {
      const room = await driver.executeScript(ROOM);
      return room?.count >= count && room;
    }, 20_000);

  await t.test("what is typed is formatted, and charged to the site that allocates", async () => {
    const source = await driver.findElement({ css: "#source" });
    const utf8Bytes = async () => Buffer.byteLength(await source.getProperty("value"));
    const first = await roomWhen(1);
    assert.deepEqual(first, { count: 1, bytes: await utf8Bytes() });

    await source.sendKeys("/");
    const second = await roomWhen(2);
    // Half a comment is a text, too.
    assert.deepEqual(second, { count: 2, bytes: first.bytes + (await utf8Bytes()) });
    const error = await driver.findElement({ css: "#error" }).getText();
    assert.equal(error, "32:1: expected declaration, found '/'");

    await source.sendKeys("/");
    const third = await roomWhen(3);
    assert.deepEqual(third, { count: 3, bytes: second.bytes + (await utf8Bytes()) });
    const formatted = await driver.findElement({ css: "#formatted" }).getText();
    assert.match(
      formatted,
      /\nfunc Balances\(entries \[\]Entry\) \(map\[string\]Cents, error\) \{\n/,
    );
    assert.match(formatted, /\n}\n\n\/\/$/);
  });

  await t.test("the policy refuses nothing that the page does", async () => {
    assert.deepEqual(await site.refused(driver), []);
  });
});

test("demo-web prints an address, serves it, and an interrupt ends it", async () => {
  const script = fileURLToPath(new URL("../../demo/web.mjs", import.meta.url));
  const demo = spawn(process.execPath, [script, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(demo, "exit");
  const [line] = await Promise.race([once(demo.stdout, "data"), ended]);
  const response = await fetch(String(line).trim());
  assert.match(await response.text(), /<title>Who allocates in gofmt\?<\/title>/);
  demo.kill("SIGINT");
  assert.deepEqual(await ended, [0, null]);
});
