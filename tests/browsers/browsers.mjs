// The two browsers, driven through WebDriver. Every path is given: Selenium, left alone, would download a browser.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as chrome from "selenium-webdriver/chrome.js";
import * as firefox from "selenium-webdriver/firefox.js";
import { missing } from "../../runtime/web/test/missing.mjs";

const {
  CHROMIUM = "/usr/bin/chromium",
  CHROMEDRIVER = "/usr/bin/chromedriver",
  FIREFOX = "/usr/bin/firefox-esr",
  GECKODRIVER = fileURLToPath(new URL("../../build/cargo/bin/geckodriver", import.meta.url)),
} = process.env;

const BROWSERS = {
  chromium: {
    programs: [CHROMIUM, CHROMEDRIVER],
    start: (environment) =>
      chrome.Driver.createSession(
        new chrome.Options().setChromeBinaryPath(CHROMIUM).addArguments(
          "--headless",
          // Its sandbox does not start for root, as which the tests may run.
          "--no-sandbox",
          "--disable-gpu",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--no-first-run",
        ),
        new chrome.ServiceBuilder(CHROMEDRIVER).setEnvironment(environment).build(),
      ),
  },
  firefox: {
    programs: [FIREFOX, GECKODRIVER],
    start: (environment) =>
      firefox.Driver.createSession(
        new firefox.Options().setBinary(FIREFOX).addArguments("-headless"),
        new firefox.ServiceBuilder(GECKODRIVER).setEnvironment(environment).build(),
      ),
  },
};

/**
 * Declares a test a browser, which starts it and hands it to `suite`. Without the browser it is skipped, or fails where
 * ALLOCINSTR_REQUIRE names it.
 *
 * @param {(t: import("node:test").TestContext, driver: import("selenium-webdriver").WebDriver,
 *   browser: "chromium" | "firefox") => Promise<void>} suite
 */
export function inBrowsers(suite) {
  for (const [name, { programs, start }] of Object.entries(BROWSERS)) {
    test(`in ${name}`, { timeout: 180_000 }, async (t) => {
      const absent = programs.find((program) => !existsSync(program));
      if (absent) return missing(t, name, `no ${absent}`);
      // They leave profiles behind.
      const temporary = mkdtempSync(path.join(tmpdir(), "allocinstr-"));
      const driver = start({ ...process.env, TMPDIR: temporary });
      t.after(async () => {
        await driver.quit();
        rmSync(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      });
      await driver.manage().setTimeouts({ script: 60_000, pageLoad: 60_000 });
      await suite(t, driver, name);
    });
  }
}
