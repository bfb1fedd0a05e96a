//! What fuzzing begins from: modules that compilers made, hand-written ones, and files about them.

use crate::setup::{Setup, instrument};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = root().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files with `extension` in a directory of the repository, by name.
fn files(directory: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(directory)).expect("it is in the repository");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort();
    paths
}

/// A file of a fixture, which is built when it is not there; `NODE` runs the compiler.
///
/// # Panics
///
/// When it cannot be built.
pub fn fixture(path: &str) -> Vec<u8> {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let status = Command::new("make")
            .arg("--directory")
            .arg(root().join("fixtures"))
            .args(["--silent", "as-feed", "as-one-size", "c-alloc", "c-threads"])
            .status();
        assert!(status.expect("make runs").success(), "make -C fixtures");
    });
    read(Path::new("build/fixtures").join(path))
}

/// The hand-written modules of `tests/wat`.
pub fn handwritten() -> Vec<Vec<u8>> {
    let paths = files("tests/wat", "wat");
    let assemble = |path: PathBuf| wat::parse_file(&path).expect("it is a module");
    paths.into_iter().map(assemble).collect()
}

/// Small modules that compilers made, by size.
pub fn real() -> Vec<Vec<u8>> {
    [
        "as-one-size/O2",
        "as-one-size/O3",
        "as-one-size/O0",
        "as-feed/O3",
        "as-feed/O0",
    ]
    .map(|build| fixture(&format!("{build}/in.wasm")))
    .to_vec()
}

/// All modules.
pub fn modules() -> Vec<Vec<u8>> {
    let mut modules = handwritten();
    modules.extend(real());
    modules
}

/// All modules, each behind the byte that says how it is to be instrumented.
pub fn modules_with_setups() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, module) in modules().into_iter().enumerate() {
        for chosen in 0..4 {
            let others = (index as u8).wrapping_mul(4);
            seeds.push([&[others | chosen], module.as_slice()].concat());
        }
    }
    seeds
}

/// Contents of custom sections, and files beside modules.
pub fn sections() -> Vec<Vec<u8>> {
    let mut seeds = vec![read("tests/bad-input/snapshot.json")];
    seeds.push(fixture("as-feed/O3/in.wasm.map"));
    seeds.push(fixture("c-alloc/O2/in.wasm"));
    for module in real() {
        if let Ok(instrumented) = instrument(&module, &Setup::default()) {
            seeds.push(instrumented.plan.table.to_json().into_bytes());
        }
        for payload in wasmparser::Parser::new(0).parse_all(&module) {
            if let Ok(wasmparser::Payload::CustomSection(section)) = payload {
                seeds.push(section.data().to_vec());
            }
        }
    }
    seeds
}

/// The built-in models.
pub fn models() -> Vec<Vec<u8>> {
    let paths = files("crates/sites/models", "toml");
    paths.into_iter().map(read).collect()
}
