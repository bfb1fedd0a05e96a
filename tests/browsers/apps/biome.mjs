// Rust, under the loader that wasm-bindgen wrote.
import init, { Workspace } from "./package/biome_wasm.js";

const SOURCES = {
  "feed.ts": `export async function * load<T>(ids:readonly number[],{retries=3,...rest}:Options<T>={}) {
    for await (const note of ids.map(async id=>({id,...rest}))) yield note satisfies Note<T>
    label: while(true) { if (retries-->0) continue label; else break } }`,
  "broken.ts": "class { get }} let = ;",
};

export async function run() {
  await init();
  const workspace = new Workspace();
  const { projectKey } = workspace.openProject({ path: "/project", openUninitialized: true });
  const output = Object.entries(SOURCES).map(([name, content]) => {
    const path = `/project/${name}`;
    workspace.openFile({ projectKey, path, content: { type: "fromClient", content, version: 0 } });
    try {
      return workspace.formatFile({ projectKey, path }).code;
    } catch (error) {
      return String(error);
    }
  });
  return { output };
}
