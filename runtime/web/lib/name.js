const taken = new Map();

/**
 * The module's own, or its address; numbered, for a series tells instances apart by it.
 * @param {WebAssembly.Module} module
 * @param {string} [url]
 */
export function nameOf(module, url = "") {
  // Queries have secrets; addresses of blobs say nothing.
  const base = moduleName(module) || (/^https?:/.test(url) ? url.replace(/[?#].*/, "") : "");
  return base ? unique(base) : undefined;
}

/** @param {string} base */
export function unique(base) {
  let name = base;
  let number = taken.get(base) ?? 0;
  // A module may be called as another is numbered.
  while (taken.has(name)) name = `${base}#${++number}`;
  taken.set(base, number || 1);
  taken.set(name, 1);
  return name;
}

/** @param {WebAssembly.Module} module */
function moduleName(module) {
  const [section] = WebAssembly.Module.customSections(module, "name");
  const bytes = new Uint8Array(section ?? 0);
  let at = 0;
  const u32 = () => {
    let value = 0;
    // LEB128, of at most five bytes.
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (!(byte & 128)) break;
    }
    return value;
  };
  // Of the subsections, 0 is the first and holds it.
  if (u32() !== 0) return "";
  u32();
  const length = u32();
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}
