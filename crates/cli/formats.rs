//! Files that are no modules, told apart by content, each with the next step.

use regex::bytes::Regex;

const NATIVE: &str = "only WebAssembly modules can be instrumented; compile the program for wasm";
const LLVM: &str = "is LLVM IR, where a WebAssembly module is wanted";
/// What bitcode begins with, and the wrapper around it, as for Darwin.
const BITCODE: [&[u8]; 2] = [b"BC\xc0\xde", b"\xde\xc0\x17\x0b"];

/// What files begin with, what they are, and what to do.
const MAGIC: [(&[u8], &str, &str); 22] = [
    (
        b"\x1f\x8b",
        "is compressed by gzip",
        "decompress it first (gzip -d)",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "is compressed by zstd",
        "decompress it first (zstd -d)",
    ),
    (
        b"\xfd7zXZ\0",
        "is compressed by xz",
        "decompress it first (xz -d)",
    ),
    (
        b"BZh",
        "is compressed by bzip2",
        "decompress it first (bzip2 -d)",
    ),
    (
        b"PK\x03\x04",
        "is a zip archive",
        "unpack it and name the module in it",
    ),
    (
        b"!<arch>\n",
        "is an archive of objects",
        "link it and give the linked module",
    ),
    (
        b"!<thin>\n",
        "is an archive of objects",
        "link it and give the linked module",
    ),
    (b"\x7fELF", "is a native program or object (ELF)", NATIVE),
    (
        b"\xfe\xed\xfa\xce",
        "is a native program or object (Mach-O)",
        NATIVE,
    ),
    (
        b"\xfe\xed\xfa\xcf",
        "is a native program or object (Mach-O)",
        NATIVE,
    ),
    (
        b"\xce\xfa\xed\xfe",
        "is a native program or object (Mach-O)",
        NATIVE,
    ),
    (
        b"\xcf\xfa\xed\xfe",
        "is a native program or object (Mach-O)",
        NATIVE,
    ),
    (
        b"\xca\xfe\xba\xbe",
        "is a universal native program (Mach-O) or a Java class",
        NATIVE,
    ),
    (b"MZ", "is a native program (PE)", NATIVE),
    (BITCODE[0], LLVM, ""),
    (BITCODE[1], LLVM, ""),
    (
        b"\xff\xfe",
        "is text in UTF-16",
        "save it as UTF-8 if it is WebAssembly text",
    ),
    (
        b"\xfe\xff",
        "is text in UTF-16",
        "save it as UTF-8 if it is WebAssembly text",
    ),
    (
        b"\xef\xbb\xbf",
        "begins with a byte order mark",
        "save it without one if it is WebAssembly text",
    ),
    (
        b"version https://git-lfs",
        "is a pointer of Git LFS",
        "fetch the file (git lfs pull)",
    ),
    (b"<!", "is a web page", "it may say why a download failed"),
    (
        b"<html",
        "is a web page",
        "it may say why a download failed",
    ),
];

/// Whether a file is LLVM IR, bitcode or text.
pub(crate) fn is_llvm_ir(bytes: &[u8]) -> bool {
    BITCODE.iter().any(|magic| bytes.starts_with(magic))
        || !bytes.starts_with(b"\0asm")
            && std::str::from_utf8(bytes).is_ok_and(|text| is_llvm(without_comments(text)))
}

/// What the file `name` with `bytes` is, if neither a binary module nor text that could be one, and
/// what to do.
pub(crate) fn other_format(name: &str, bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("is empty; the step that makes it may have failed".to_owned());
    }
    if let Some((_, what, advice)) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Some(match *advice {
            "" => (*what).to_owned(),
            advice => format!("{what}: {advice}"),
        });
    }
    // POSIX tar has its mark after the first name, mode and times.
    const TAR_MARK: usize = 257;
    if bytes
        .get(TAR_MARK..)
        .is_some_and(|rest| rest.starts_with(b"ustar"))
    {
        return Some("is a tar archive: unpack it and name the module in it".to_owned());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => other_text(text),
        // Brotli has no mark; all there is to go by is the name.
        _ if name.ends_with(".br") => Some(
            "is no WebAssembly module, and called .br: if brotli compressed it, decompress it \
             first (brotli -d)"
                .to_owned(),
        ),
        _ => Some(
            "is no WebAssembly module: neither binary (it would begin with \\0asm) nor text; \
             is it complete, and the right file?"
                .to_owned(),
        ),
    }
}

/// What text is, if it is not in parentheses as WebAssembly's is.
fn other_text(text: &str) -> Option<String> {
    let code = without_comments(text);
    if code.is_empty() {
        return Some("has nothing but blanks and comments in it".to_owned());
    }
    if code.starts_with('{') {
        return Some(other_json(code));
    }
    if is_llvm(code) {
        return Some(LLVM.to_owned());
    }
    if code.starts_with('(') && !is_call(code) {
        return None;
    }
    if let Some(problem) = script(text) {
        return Some(problem);
    }
    Some(
        "is text, but no WebAssembly text, which begins with a parenthesis: name the module that \
         the compiler made"
            .to_owned(),
    )
}

/// The text after blanks and the comments of WebAssembly (`;;`, `(;…;)`) and of LLVM (`;`).
fn without_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        rest = if rest.starts_with(';') {
            rest.split_once('\n').map_or("", |(_, next)| next)
        } else if rest.starts_with("(;") {
            match rest.split_once(";)") {
                Some((_, next)) => next,
                // It never ends, which is for the parser to say.
                None => return rest,
            }
        } else {
            return rest;
        }
        .trim_start();
    }
}

fn is_llvm(code: &str) -> bool {
    let opens = [
        "source_filename",
        "target datalayout",
        "target triple",
        "define ",
        "declare ",
        "module asm ",
        "attributes #",
        "!llvm.",
    ];
    opens.iter().any(|open| code.starts_with(open))
        || code.starts_with(['@', '%']) && code.lines().next().is_some_and(|l| l.contains(" = "))
}

/// Whether the parenthesis that `code` begins with is one of a script: `(function () {`, `(() => {`.
fn is_call(code: &str) -> bool {
    let inside = code[1..].trim_start();
    [
        "function",
        "async",
        "(",
        ")",
        "globalThis",
        "self",
        "this",
        "window",
    ]
    .iter()
    .any(|open| inside.starts_with(open))
}

/// What a script says of the module that it loads.
fn script(text: &str) -> Option<String> {
    // The magic number and version of a module in base64.
    if text.contains("AGFzbQEAAA") {
        return Some(
            "has a module in it, in base64: build it as a file of its own (emscripten: leave out \
             -sSINGLE_FILE), and name that"
                .to_owned(),
        );
    }
    if !text.contains("WebAssembly.") && !text.contains(".wasm") {
        return None;
    }
    let file = Regex::new(r#"["'`/]([\w.@-]{1,100}\.wasm)["'`?]"#).expect("the regex is constant");
    let named = file.captures(text.as_bytes());
    Some(match named.and_then(|found| found.get(1)) {
        Some(module) => format!(
            "is a script that loads a module: name the module, {}",
            String::from_utf8_lossy(module.as_bytes())
        ),
        None => "is a script that loads a module: name the .wasm file".to_owned(),
    })
}

/// What JSON is; the fields that tell are looked for where a file of the kind has them.
fn other_json(code: &str) -> String {
    let has = |field: &str| code.contains(field);
    if has("\"mappings\"") && has("\"sources\"") {
        "is a source map: name the module, and the map with --source-map"
    } else if has("\"allocinstr-sites\"") {
        "is a site table: name the module; `allocinstr report` reads the table with --sites"
    } else if has("\"allocinstr-snapshot\"") {
        "is a snapshot: `allocinstr report` reads it"
    } else {
        "is JSON, no WebAssembly module: name the module"
    }
    .to_owned()
}
