//! What the command line makes of broken files: a message with a place, status 3, nothing written, and
//! memory in proportion to what a file is, not to what it claims.

use std::path::Path;
use std::process::{Command, Output};

const ADDRESS_SPACE: &str = "--as=268435456";

/// Runs allocinstr on `args` in `directory`, with 256 MiB of address space.
fn allocinstr(directory: &Path, args: &[&str]) -> Output {
    Command::new("prlimit")
        .arg(ADDRESS_SPACE)
        .arg(env!("CARGO_BIN_EXE_allocinstr"))
        .args(args)
        .current_dir(directory)
        .output()
        .expect("prlimit is part of util-linux")
}

/// Checks that `args` are refused with status 3 and a message, which is returned, and that the directory
/// is as it was.
fn refused(directory: &Path, args: &[&str]) -> String {
    let listing = |directory: &Path| {
        let entries = std::fs::read_dir(directory).expect("it is there");
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.expect("it can be listed").path();
                let bytes = std::fs::read(&path).expect("it is a file");
                (path, bytes)
            })
            .collect();
        files.sort();
        files
    };
    let before = listing(directory);
    let output = allocinstr(directory, args);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{args:?}: {message}");
    assert!(message.starts_with("error: "), "{args:?}: {message}");
    assert!(!message.contains("error: bug"), "{args:?}: {message}");
    assert!(before == listing(directory), "{args:?} wrote something");
    message
}

const INSTRUMENT: [&str; 5] = ["-print-allocs", ".", "in.wasm", "-o", "out.wasm"];

/// A module with an allocator, and an older output.
fn workplace() -> (tempfile::TempDir, Vec<u8>) {
    let directory = tempfile::tempdir().expect("there is room");
    let module = wat::parse_str(
        // The code comes last, so that no part of it is a module.
        r#"(module
          (memory 1)
          (global (mut i32) (i32.const 16))
          (table 1 funcref)
          (elem (i32.const 0) 1)
          (func (export "malloc") (param i32) (result i32)
            (global.get 0)
            (global.set 0 (i32.add (global.get 0) (local.get 0))))
          (func (export "f") (drop (call 0 (i32.const 8)))))"#,
    )
    .expect("it is a module");
    std::fs::write(directory.path().join("out.wasm"), b"older").expect("there is room");
    (directory, module)
}

fn write(directory: &tempfile::TempDir, name: &str, bytes: &[u8]) {
    std::fs::write(directory.path().join(name), bytes).expect("there is room");
}

fn leb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn section(id: u8, payload: &[u8]) -> Vec<u8> {
    [&[id], leb(payload.len() as u64).as_slice(), payload].concat()
}

#[test]
fn a_module_cut_at_any_byte_is_refused_and_the_older_output_stays() {
    let (directory, module) = workplace();
    for length in 0..module.len() {
        write(&directory, "in.wasm", &module[..length]);
        let message = refused(directory.path(), &INSTRUMENT);
        assert!(message.contains("in.wasm"), "cut at {length}: {message}");
    }
    write(&directory, "in.wasm", &module);
    let whole = allocinstr(directory.path(), &INSTRUMENT);
    assert_eq!(
        whole.status.code(),
        Some(0),
        "the whole module is instrumented"
    );
}

#[test]
fn counts_that_no_file_can_hold_are_refused_in_little_memory() {
    let (directory, _) = workplace();
    for id in 1..=13 {
        for claim in [1 << 20, 1 << 24, 1 << 28, u64::from(u32::MAX)] {
            let mut module = b"\0asm\x01\0\0\0".to_vec();
            module.extend(section(id, &leb(claim)));
            write(&directory, "in.wasm", &module);
            let message = refused(directory.path(), &INSTRUMENT);
            assert!(message.contains("0x"), "section {id}, {claim}: {message}");
        }
        // A section that is longer than the file.
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.push(id);
        module.extend(leb(u64::from(u32::MAX)));
        write(&directory, "in.wasm", &module);
        let message = refused(directory.path(), &INSTRUMENT);
        assert!(message.contains("0x"), "section {id}: {message}");
    }
}

#[test]
fn claims_inside_sections_are_refused_in_little_memory() {
    let (directory, _) = workplace();
    let most = leb(u64::from(u32::MAX));
    let types = section(1, b"\x01\x60\0\0");
    let function = section(3, b"\x01\0");
    let cases: [(&str, Vec<u8>); 6] = [
        (
            "parameters of a type",
            section(1, &[b"\x01\x60".as_slice(), &most].concat()),
        ),
        (
            "types of a group",
            section(1, &[b"\x01\x4e".as_slice(), &most].concat()),
        ),
        (
            "length of an import's name",
            section(2, &[b"\x01".as_slice(), &most].concat()),
        ),
        (
            "length of an export's name",
            section(7, &[b"\x01".as_slice(), &most].concat()),
        ),
        (
            "elements",
            section(9, &[b"\x01\x01\0".as_slice(), &most].concat()),
        ),
        (
            "groups of locals",
            [
                types,
                function,
                section(10, &[b"\x01\x05".as_slice(), &most].concat()),
            ]
            .concat(),
        ),
    ];
    for (what, sections) in cases {
        write(
            &directory,
            "in.wasm",
            &[b"\0asm\x01\0\0\0", sections.as_slice()].concat(),
        );
        let message = refused(directory.path(), &INSTRUMENT);
        assert!(message.contains("0x"), "{what}: {message}");
    }
}

#[test]
fn a_module_of_nothing_but_allocations_is_refused_in_little_memory() {
    use wasm_encoder::{CodeSection, ExportKind, ExportSection, Function, FunctionSection};
    use wasm_encoder::{Module, TypeSection, ValType};
    let with_calls = |calls: usize| {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0).function(1);
        let mut exports = ExportSection::new();
        exports.export("malloc", ExportKind::Func, 0);
        let mut code = CodeSection::new();
        let mut malloc = Function::new([]);
        malloc.instructions().i32_const(16).end();
        code.function(&malloc);
        let mut dense = Function::new([]);
        for _ in 0..calls {
            dense.instructions().i32_const(8).call(0).drop();
        }
        dense.instructions().end();
        code.function(&dense);
        let mut module = Module::new();
        module.section(&types).section(&functions);
        module.section(&exports).section(&code);
        module.finish()
    };
    let (directory, _) = workplace();
    write(&directory, "in.wasm", &with_calls((1 << 20) + 1));
    let message = refused(directory.path(), &INSTRUMENT);
    assert!(message.contains("1048577 calls allocate"), "{message}");
    let message = refused(directory.path(), &["sites", "in.wasm"]);
    assert!(message.contains("1048577 calls allocate"), "{message}");
}

#[test]
fn claims_of_custom_sections_are_ignored_as_engines_do() {
    let (directory, module) = workplace();
    let most = leb(u64::from(u32::MAX));
    let names = [b"\x04name\x01".as_slice(), &leb(most.len() as u64), &most].concat();
    let producers = [b"\x09producers".as_slice(), &most].concat();
    for custom in [names, producers] {
        write(
            &directory,
            "in.wasm",
            &[module.as_slice(), &section(0, &custom)].concat(),
        );
        let output = allocinstr(directory.path(), &INSTRUMENT);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{message}");
    }
}

#[test]
fn files_beside_the_module_are_refused_in_little_memory() {
    let (directory, module) = workplace();
    write(&directory, "in.wasm", &module);
    let deep = "[".repeat(1 << 20);
    let table = r#"{"format":"allocinstr-sites","version":1,"slots":4294967295,"#;
    write(&directory, "deep.json", deep.as_bytes());
    write(&directory, "table.json", table.as_bytes());
    let snapshot =
        r#"{"format":"allocinstr-snapshot","version":1,"rows":[[4294967295,1,1,null,null]"#;
    write(&directory, "snapshot.json", snapshot.as_bytes());
    // A mapping whose numbers are as large as they can be, and one that never ends.
    let map = |mappings: &str| {
        format!(r#"{{"version":3,"sources":["a"],"names":[],"mappings":"{mappings}"}}"#)
    };
    write(
        &directory,
        "large.map",
        map("+////D+////D+////D+////D").as_bytes(),
    );
    write(
        &directory,
        "endless.map",
        map(&"g".repeat(1 << 16)).as_bytes(),
    );
    write(&directory, "deep.toml", format!("name = {deep}").as_bytes());
    for (option, file) in [
        ("--source-map", "large.map"),
        ("--source-map", "endless.map"),
        ("--source-map", "deep.json"),
        ("--model-file", "deep.toml"),
        ("--debug-file", "in.wasm"),
    ] {
        let args = [&INSTRUMENT[..], &[option, file]].concat();
        let message = refused(directory.path(), &args);
        assert!(message.contains(file), "{message}");
    }
    for (snapshot, sites) in [
        ("snapshot.json", "table.json"),
        ("deep.json", "table.json"),
        ("table.json", "deep.json"),
    ] {
        refused(directory.path(), &["report", snapshot, "--sites", sites]);
    }
}
