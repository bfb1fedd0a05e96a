//! Data that names code offsets, carried to where the code went.

use super::edits::Edit;
use super::offsets::Offsets;
use crate::decode::Module;
use crate::source_map::{MovedMap, SourceMap};
use std::ops::Range;
use wasmparser::BinaryReader;

/// Name of the custom section with branch hints.
pub(super) const BRANCH_HINTS: &str = "metadata.code.branch_hint";

/// What a custom section is, if its code offsets are wrong once code has moved.
pub(super) fn stale(name: &str) -> Option<&'static str> {
    match name {
        crate::SOURCE_MAPPING_URL => Some("sourceMappingURL"),
        "external_debug_info" => Some("external_debug_info"),
        _ if name.starts_with(".debug_") => Some("DWARF"),
        _ if name.starts_with("metadata.code.") => Some("branch hints and other code metadata"),
        _ => None,
    }
}

/// The payload of a section of branch hints, at the offsets where their branches went; `None` if it is malformed.
pub(super) fn branch_hints(
    module: &Module<'_>,
    payload: &[u8],
    edits: &[Edit],
) -> Option<wasm_encoder::BranchHints> {
    let mut reader = BinaryReader::new(payload, 0);
    reader.skip_string().ok()?;
    let data = &payload[reader.current_position()..];
    let functions = wasmparser::BranchHintSectionReader::new(BinaryReader::new(data, 0)).ok()?;
    let offsets = Offsets::new(edits);
    let mut moved = wasm_encoder::BranchHints::new();
    for function in functions {
        let function = function.ok()?;
        let defined = function.func.checked_sub(module.imported_functions)?;
        let body = module.bodies.get(defined as usize)?;
        let mut hints = Vec::new();
        for hint in function.hints {
            let hint = hint.ok()?;
            let offset = body.start + hint.func_offset as usize;
            hints.push(wasm_encoder::BranchHint {
                branch_func_offset: offsets.within(body, offset) as u32,
                branch_hint_value: u32::from(hint.taken),
            });
        }
        moved.function_hints(function.func, hints);
    }
    Some(moved)
}

/// The source map of a module with these `bodies`, which start at `places` in the output, where the
/// last place is the end of the last; `None` without code.
pub(super) fn source_map(
    map: &SourceMap,
    bodies: &[Range<usize>],
    places: &[usize],
    edits: &[Edit],
) -> Option<MovedMap> {
    let (&end, starts) = places.split_last()?;
    let first = *starts.first()?;
    let offsets = Offsets::new(edits);
    let place = |offset: u32| {
        let offset = offset as usize;
        let after = bodies.partition_point(|body| body.start <= offset);
        let place = match after.checked_sub(1) {
            Some(at) => starts[at] + offsets.within(&bodies[at], offset),
            None => offset.min(first),
        };
        place as u32
    };
    Some(map.moved(place, end as u32))
}
