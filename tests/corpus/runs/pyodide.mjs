// CPython by emscripten, a dynamically linked main module.
import { loadPyodide } from "pyodide";
import { packageFile } from "./packages.mjs";

export const file = packageFile("pyodide/pyodide.asm.wasm");
// 3 to the power of 200.
export const shows = [
  "265613988875874769338781322035779626829233452653394495974574961739092490901302182994384699044001",
];
export const regexes = ["^_?Py(Object|Mem|Dict|List)", "^(sqlite3|XML_|_PyCompile|compiler_)"];
// Emscripten's loader of main modules gives every exported function a place in the table, the reader of the counters too:
// pointers to functions that get theirs later are larger by one.
export const takesExportsIntoTable = true;

const PROGRAM = `
import collections, dataclasses, json, re, sys
@dataclasses.dataclass(order=True)
class Note:
    id: int
    topic: str
notes = [Note(i * 7919 % 101, f"topic {i % 7}") for i in range(500)]
by_topic = collections.defaultdict(list)
for note in sorted(notes):
    by_topic[note.topic].append(note.id)
def walk(n):
    yield n
    if n: yield from walk(n - 1)
try:
    int("none")
except ValueError as error:
    caught = str(error)
json.dumps({
    "topics": {topic: sum(ids) for topic, ids in by_topic.items()},
    "walk": list(walk(50)), "big": str(3 ** 200), "caught": caught,
    "words": re.sub(r"(\\w)(\\w*)", lambda m: m[1].upper() + m[2], "the quick brown fox"),
    "set": sorted({hash(str(i)) % 10 for i in range(100)}),
    "bytes": (b"x" * 100000)[:5].hex(),
    "version": sys.version,
})
`;

export async function run() {
  const pyodide = await loadPyodide({ env: { PYTHONHASHSEED: "0", HOME: "/home/pyodide" } });
  return pyodide.runPython(PROGRAM);
}
