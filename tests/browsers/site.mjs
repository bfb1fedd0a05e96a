// Serves a directory to a browser as a strict site would, and hears what its policy refused.
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import sirv from "sirv";

/** All that an instrumented app needs: compiling WebAssembly, and no `eval`. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; report-uri /refused";

/** What makes a page `crossOriginIsolated`. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/**
 * @param {string} directory
 * @param {{ port?: number, isolated?: boolean }} options
 */
export async function serve(directory, { port = 0, isolated = false } = {}) {
  /** @type {string[]} */
  const reports = [];
  /** @type {string[]} */
  const posted = [];
  const events = new EventEmitter();
  let asked = 0;
  const headers = { "content-security-policy": POLICY, ...(isolated && ISOLATED) };
  const files = sirv(directory, {
    dev: true,
    setHeaders(response, path) {
      // What an import of a CommonJS file is refused for otherwise.
      if (path.endsWith(".cjs")) response.setHeader("content-type", "text/javascript");
    },
  });
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method !== "POST") return files(request, response);
    const body = await text(request);
    const isReport = request.url === "/refused";
    if (isReport) reports.push(describe(JSON.parse(body)["csp-report"]));
    else posted.push(body);
    events.emit(isReport ? "report" : "post");
    response.writeHead(204).end();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    /** What the page posted so far, once that is anything. */
    async posted() {
      while (posted.length === 0) await once(events, "post");
      return posted;
    },
    /**
     * What the policy refused so far, as directives with what was to be loaded or run. The page that the browser shows
     * tries a forbidden thing first: by its report, no other is on its way, and it is seen that there are reports.
     *
     * @param {import("selenium-webdriver").WebDriver} driver
     */
    async refused(driver) {
      // Browsers report the same thing once.
      const forbidden = `http://forbidden.invalid/${(asked += 1)}`;
      await driver.executeScript("fetch(arguments[0]).catch(() => {})", forbidden);
      while (!reports.some((report) => report.includes(forbidden))) await once(events, "report");
      return reports.splice(0).filter((report) => !report.includes(forbidden));
    },
    close() {
      server.closeAllConnections();
      server.close();
      return once(server, "close");
    },
  };
}

function describe(report) {
  return `${report["violated-directive"].split(" ")[0]} ${report["blocked-uri"]}`;
}
