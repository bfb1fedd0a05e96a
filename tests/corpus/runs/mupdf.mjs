// A PDF library in C by emscripten: writes a document, reads it again and draws it.
import { createHash } from "node:crypto";
import { packageFile } from "./packages.mjs";

export const file = packageFile("mupdf/dist/mupdf-wasm.wasm");
// It calls malloc at four places only, in allocators of its own: they are the ones to name.
export const options = [
  ...["--allocator", "^fz_malloc(_no_throw)?$=1"],
  ...["--allocator", "^fz_calloc(_no_throw)?$=1*2"],
  ...["--allocator", "^fz_realloc(_no_throw)?$=2"],
];
// They call malloc over pointers, so both count.
export const allocators = [
  {
    fz_malloc: 1,
    fz_malloc_no_throw: 1,
    fz_calloc: [1, 2],
    fz_calloc_no_throw: [1, 2],
    fz_realloc: 2,
    fz_realloc_no_throw: 2,
  },
  {
    emscripten_builtin_malloc: 0,
    emscripten_builtin_calloc: [0, 1],
    emscripten_builtin_realloc: 1,
  },
];
export const shows = ["Notes\n\nThe quick brown fox, twice: jumps over", "one\ntwo\n\none\ntwo\n"];
export const regexes = ["^pdf_", "^(fz_new|fz_draw|FT_)"];

const PAGE = `<html><style>b { color: red } td { border: 1px solid; padding: 4px }</style><body>
  <h1>Notes</h1><p>The <b>quick</b> brown fox, <i>twice</i>: ${"jumps over the lazy dog. ".repeat(40)}</p>
  <table>${"<tr><td>one</td><td>two</td></tr>".repeat(8)}</table></body></html>`;

export async function run() {
  const mupdf = await import("mupdf");
  const story = mupdf.Document.openDocument(new TextEncoder().encode(PAGE), "text/html");
  story.layout(300, 400, 11);
  const buffer = new mupdf.Buffer();
  const writer = new mupdf.DocumentWriter(buffer, "pdf", "compress");
  for (let i = 0; i < story.countPages(); i++) {
    const device = writer.beginPage([0, 0, 300, 400]);
    story.loadPage(i).run(device, mupdf.Matrix.identity);
    writer.endPage();
  }
  writer.close();
  const pdf = mupdf.Document.openDocument(buffer, "application/pdf");
  return Array.from({ length: pdf.countPages() }, (_, i) => {
    const page = pdf.loadPage(i);
    const pixmap = page.toPixmap(mupdf.Matrix.scale(2, 2), mupdf.ColorSpace.DeviceRGB, false, true);
    return {
      text: page.toStructuredText().asText(),
      found: page.search("lazy dog").length,
      png: createHash("sha256").update(pixmap.asPNG()).digest("hex"),
    };
  });
}
