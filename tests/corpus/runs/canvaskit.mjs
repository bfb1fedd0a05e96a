// Skia by emscripten, the build with names: draws and encodes a picture.
import { packageFile, require } from "./packages.mjs";

export const file = packageFile("canvaskit-wasm/bin/profiling/canvaskit.wasm");
export const allocators = [
  {
    operator_new_unsigned_long_: 0,
    emscripten_builtin_malloc: 0,
    emscripten_builtin_calloc: [0, 1],
    emscripten_builtin_realloc: 1,
    internal_memalign: 1,
  },
];
// The beginning of every PNG.
export const shows = ["iVBORw0KGgo", "M60 60C200 0 260 160 90 150"];
export const regexes = ["^Sk(Path|Canvas|Surface)", "^(Gr|SkSL|SkFont|SkImage)"];

export async function run() {
  const init = require("canvaskit-wasm/bin/profiling/canvaskit.js");
  const skia = await init({
    locateFile: (name) => packageFile(`canvaskit-wasm/bin/profiling/${name}`),
  });
  const surface = skia.MakeSurface(320, 200);
  const canvas = surface.getCanvas();
  canvas.clear(skia.WHITE);
  const paint = new skia.Paint();
  paint.setAntiAlias(true);
  paint.setShader(
    skia.Shader.MakeLinearGradient(
      [0, 0],
      [320, 200],
      [skia.RED, skia.BLUE],
      null,
      skia.TileMode.Clamp,
    ),
  );
  canvas.drawRRect(skia.RRectXY(skia.LTRBRect(10, 10, 300, 180), 20, 20), paint);
  const star = skia.Path.MakeFromSVGString("M160 10 L210 190 L10 70 L310 70 L110 190 Z");
  const stroke = new skia.Paint();
  stroke.setStyle(skia.PaintStyle.Stroke);
  stroke.setStrokeWidth(5);
  stroke.setPathEffect(skia.PathEffect.MakeDash([12, 4], 1));
  stroke.setMaskFilter(skia.MaskFilter.MakeBlur(skia.BlurStyle.Normal, 2, true));
  for (let i = 0; i < 6; i++) {
    canvas.save();
    canvas.rotate(i * 7, 160, 100);
    canvas.drawPath(star, stroke);
    canvas.restore();
  }
  const shadow = skia.ImageFilter.MakeDropShadow(4, 4, 3, 3, skia.BLACK, null);
  paint.setImageFilter(shadow);
  const ring = skia.Path.MakeFromCmds([
    ...[skia.MOVE_VERB, 60, 60, skia.CUBIC_VERB, 200, 0, 260, 160, 90, 150],
    ...[skia.CONIC_VERB, 10, 120, 60, 60, 0.7, skia.CLOSE_VERB],
  ]);
  canvas.drawPath(ring, paint);
  const image = surface.makeImageSnapshot();
  const png = Buffer.from(image.encodeToBytes()).toString("base64");
  const svg = ring.toSVGString();
  for (const object of [image, shadow, ring, star, stroke, paint]) object.delete();
  surface.delete();
  return { png, svg };
}
