// C by emscripten: a main module under emscripten's own loader, which lends its malloc to a grammar, a side module.
import { Language, Parser } from "./package/debug/web-tree-sitter.js";

export async function run() {
  await Parser.init();
  const grammar = await fetch(new URL("python.wasm", import.meta.url));
  const language = await Language.load(new Uint8Array(await grammar.arrayBuffer()));
  const output = [];
  for (const name of ["inventory.py", "broken.py"]) {
    const source = await (await fetch(new URL(name, import.meta.url))).text();
    const parser = new Parser();
    parser.setLanguage(language);
    const tree = parser.parse(source);
    output.push(tree.rootNode.toString());
    tree.delete();
    parser.delete();
  }
  return { output };
}
