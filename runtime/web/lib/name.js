/**
 * The name that a module has in its name section, or the address it was loaded from; with a number
 * where it was taken, because a series tells instances apart by their names.
 * @param {WebAssembly.Module} module
 * @param {string} [url]
 */
export function nameOf(module, url) {
  const base = moduleName(module) || withoutSecrets(url);
  if (!base) return undefined;
  const number = (taken.get(base) ?? 0) + 1;
  taken.set(base, number);
  return number === 1 ? base : `${base}#${number}`;
}

const taken = new Map();

/** @param {WebAssembly.Module} module */
function moduleName(module) {
  const [section] = WebAssembly.Module.customSections(module, "name");
  if (!section) return "";
  const bytes = new Uint8Array(section);
  let at = 0;
  // LEB128; sections are shorter than 2^31.
  const u32 = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (!(byte & 128)) return value;
    }
  };
  // The first subsection, if it is there.
  if (u32() !== 0) return "";
  u32();
  const length = u32();
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}

/** Signed addresses have theirs in the query; addresses of blobs say nothing. */
function withoutSecrets(url = "") {
  return /^https?:/.test(url) ? url.replace(/[?#].*/, "") : "";
}
