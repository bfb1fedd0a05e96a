//! Files that are no modules, told apart by content, each with the next step.

/// What `bytes` are, if neither a binary module nor text that could be one, and what to do.
pub(crate) fn other_format(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 17] = [
        (
            b"\x1f\x8b",
            "is compressed by gzip: decompress it first (gzip -d)",
        ),
        (
            b"\x28\xb5\x2f\xfd",
            "is compressed by zstd: decompress it first (zstd -d)",
        ),
        (
            b"\xfd7zXZ\0",
            "is compressed by xz: decompress it first (xz -d)",
        ),
        (
            b"BZh",
            "is compressed by bzip2: decompress it first (bzip2 -d)",
        ),
        (
            b"PK\x03\x04",
            "is a zip archive: unpack it and name the module in it",
        ),
        (
            b"!<arch>\n",
            "is an archive of objects: link it and give the linked module",
        ),
        (b"\x7fELF", NATIVE),
        (b"MZ", NATIVE),
        (b"\xfe\xed\xfa\xce", NATIVE),
        (b"\xfe\xed\xfa\xcf", NATIVE),
        (b"\xce\xfa\xed\xfe", NATIVE),
        (b"\xcf\xfa\xed\xfe", NATIVE),
        (b"\xca\xfe\xba\xbe", NATIVE),
        (b"BC\xc0\xde", LLVM),
        (b"\xde\xc0\x17\x0b", LLVM),
        (b"; ModuleID", LLVM),
        (b"source_filename", LLVM),
    ];
    const NATIVE: &str = "is a native program: only WebAssembly modules can be instrumented";
    const LLVM: &str = "is LLVM IR: compile it to a WebAssembly module first";
    if bytes.is_empty() {
        return Some("is empty");
    }
    if let Some((_, problem)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(problem);
    }
    let text = std::str::from_utf8(bytes).ok().map(str::trim_start);
    if text.is_some_and(|text| text.starts_with('(') || text.starts_with(";;")) {
        return None;
    }
    Some("is no WebAssembly module: neither binary (it would begin with \\0asm) nor text")
}
