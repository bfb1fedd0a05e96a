// A formatter and linter in Rust, by wasm-bindgen.
import { readFileSync } from "node:fs";
import { initSync, Workspace } from "@biomejs/wasm-web";
import { packageFile } from "./packages.mjs";

export const file = packageFile("@biomejs/wasm-web/biome_wasm_bg.wasm");
export const shows = [
  "\tfor await (const note of ids.map(async (id) => ({ id, ...rest })))\n\t\tyield note satisfies Note<T>;",
  "class declarations must have a name",
];
export const regexes = ["biome_js_(parser|formatter)", "biome_rowan"];

const SOURCES = {
  "note.js": readFileSync(new URL("biome.mjs", import.meta.url), "utf8").replace(/^ +/gm, ""),
  "feed.ts": `type Topic<T extends string> = T extends \`\${infer A}:\${infer B}\` ? [A,B] : never
    export async function * load<T>(ids:readonly number[],{retries=3,...rest}:Options<T>={}) {
      for await (const note of ids.map(async id=>({id,...rest}))) yield note satisfies Note<T>
      label: while(true) { if (retries-->0) continue label; else break }
      debugger; var unused = ids == null ? void 0 : <any>ids!?.[0] }`,
  "broken.ts": "class { get }} let = ;",
  "feed.json": `{"notes":[${Array.from({ length: 60 }, (_, id) => `{"id":${id}}`)}]}`,
};

export async function run() {
  initSync({ module: readFileSync(file) });
  const workspace = new Workspace();
  const { projectKey } = workspace.openProject({ path: "/project", openUninitialized: true });
  return Object.entries(SOURCES).map(([name, content]) => {
    const path = `/project/${name}`;
    workspace.openFile({ projectKey, path, content: { type: "fromClient", content, version: 0 } });
    let formatted;
    try {
      formatted = workspace.formatFile({ projectKey, path }).code;
    } catch (error) {
      formatted = String(error);
    }
    const { diagnostics } = workspace.pullDiagnostics({
      projectKey,
      path,
      categories: ["syntax", "lint"],
      maxDiagnostics: 50,
      only: [],
      skip: [],
      pullCodeActions: false,
    });
    workspace.closeFile({ projectKey, path });
    return { formatted, diagnostics };
  });
}
