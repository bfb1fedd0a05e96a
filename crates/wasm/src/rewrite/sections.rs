//! The output, section by section: copied, or extended with what was appended.

use super::carried;
use super::counters::{HEADER, Place, RECORD, record_offset, slots};
use super::edits::Edits;
use super::output::{CODE, Code, Output, Piece};
use super::trampolines::{Appended, EncodeError};
use super::{MapPlace, RewriteOptions, Rewritten};
use crate::decode::{Module, Section};
use crate::source_map::SourceMap;
use allocinstr_sites::Plan;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, ExportKind};
use wasmparser::BinaryReader;

const CUSTOM: u8 = 0;
const TYPE: u8 = 1;
const FUNCTION: u8 = 3;
const TABLE: u8 = 4;
const MEMORY: u8 = 5;
const GLOBAL: u8 = 6;
const EXPORT: u8 = 7;
const START: u8 = 8;
const ELEMENT: u8 = 9;
pub(super) const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;

/// Sections that get something appended, in the order of a module, by where the counters are.
const EXTENDED_WITH_MEMORY: [u8; 6] = [TYPE, FUNCTION, MEMORY, EXPORT, CODE, DATA];
const EXTENDED_WITH_GLOBALS: [u8; 5] = [TYPE, FUNCTION, GLOBAL, EXPORT, CODE];
/// The order of sections in a module; tags (13) stand before globals, the data count before code.
const ORDER: [u8; 13] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const PAGE: u64 = 65536;

/// Writes the instrumented module.
pub(super) fn write<'a>(
    module: &'a Module<'_>,
    plan: &Plan,
    options: &RewriteOptions<'_>,
    appended: &Appended<'_>,
    edits: Rc<Edits>,
) -> Result<Rewritten<'a>, EncodeError> {
    let extended: &[u8] = match appended.counters.place {
        Place::Memory(_) => &EXTENDED_WITH_MEMORY,
        Place::Globals(_) => &EXTENDED_WITH_GLOBALS,
    };
    let json = if options.no_names {
        plan.table.to_stub_json()
    } else {
        plan.table.to_json()
    };
    let mut writer = Writer {
        extended,
        module,
        plan,
        appended,
        edits,
        places: None,
        has_map: options.source_map.is_some(),
        pieces: Vec::new(),
        dropped: Vec::new(),
    };
    writer.pieces.push(Piece::Bytes(module.bytes[..8].into()));
    let mut missing: Vec<u8> = extended.to_vec();
    missing.retain(|id| !module.sections.iter().any(|section| section.id == *id));
    let last_known = module
        .sections
        .iter()
        .rposition(|section| section.id != CUSTOM);
    let mut named = false;
    for (index, section) in module.sections.iter().enumerate() {
        if section.id != CUSTOM {
            let place = rank(section.id);
            let (before, after) = missing.iter().partition(|id| rank(**id) < place);
            missing = after;
            for id in Vec::<u8>::from_iter(before) {
                writer.extended(id, &[])?;
            }
        }
        match section.custom {
            Some("name") => {
                named = true;
                writer.names(section);
            }
            Some(name) => writer.custom(name, section),
            None => writer.known(section)?,
        }
        if Some(index) == last_known {
            for id in std::mem::take(&mut missing) {
                writer.extended(id, &[])?;
            }
        }
    }
    if !named {
        writer.new_names();
    }
    let source_map = options
        .source_map
        .as_ref()
        .and_then(|(map, place)| writer.source_map(map, place));
    writer.custom_section(crate::SECTION, vec![json.into_bytes().into()]);
    let mut notes = module.notes.clone();
    if !writer.dropped.is_empty() {
        let dropped = writer.dropped.join(", ");
        notes.push(format!("dropped, because code offsets moved: {dropped}"));
    }
    Ok(Rewritten {
        module: Output {
            pieces: writer.pieces,
        },
        source_map,
        notes,
    })
}

fn rank(id: u8) -> usize {
    ORDER
        .iter()
        .position(|known| *known == id)
        .unwrap_or(ORDER.len())
}

struct Writer<'m, 'a> {
    module: &'m Module<'m>,
    plan: &'a Plan,
    appended: &'a Appended<'a>,
    edits: Rc<Edits>,
    /// Where the original bodies start in the output, and where the last one ends; for the source map.
    places: Option<Vec<usize>>,
    /// The source map is carried over.
    has_map: bool,
    extended: &'static [u8],
    pieces: Vec<Piece<'m>>,
    /// Kinds of debug data that were left out.
    dropped: Vec<&'static str>,
}

impl<'m> Writer<'m, '_> {
    fn section(&mut self, id: u8, payload: impl Into<Cow<'m, [u8]>>) {
        let payload = vec![payload.into()];
        self.pieces.push(Piece::Section { id, payload });
    }

    /// A section as it was encoded.
    fn encoded(&mut self, section: &impl wasm_encoder::Section) {
        let mut bytes = Vec::new();
        section.append_to(&mut bytes);
        self.pieces.push(Piece::Bytes(bytes.into()));
    }

    fn known(&mut self, section: &Section<'_>) -> Result<(), EncodeError> {
        let payload = &self.module.bytes[section.range.clone()];
        match section.id {
            id if self.extended.contains(&id) => self.extended(id, payload),
            DATA_COUNT if self.extended.contains(&DATA) => {
                let count = BinaryReader::new(payload, 0).read_var_u32()?;
                let mut new = Vec::new();
                (count + 1).encode(&mut new);
                self.section(DATA_COUNT, new);
                Ok(())
            }
            TABLE | GLOBAL | START | ELEMENT if !self.edits.exposed.is_empty() => {
                self.retargeted(section.id, payload)
            }
            id => {
                self.section(id, payload);
                Ok(())
            }
        }
    }

    /// A section with entries appended; `payload` is empty where the module has none.
    fn extended(&mut self, id: u8, payload: &'m [u8]) -> Result<(), EncodeError> {
        let (count, entries) = split_count(payload)?;
        let mut new = Vec::new();
        match id {
            TYPE => {
                (count + self.appended.types.len() as u32).encode(&mut new);
                new.extend_from_slice(entries);
                for (params, results) in &self.appended.types {
                    new.push(0x60);
                    params.as_slice().encode(&mut new);
                    results.as_slice().encode(&mut new);
                }
            }
            FUNCTION => {
                (count + self.appended.functions.len() as u32).encode(&mut new);
                new.extend_from_slice(entries);
                for (ty, _, _) in &self.appended.functions {
                    ty.encode(&mut new);
                }
            }
            MEMORY => {
                (count + 1).encode(&mut new);
                new.extend_from_slice(entries);
                let end = record_offset(self.appended.counters.records());
                let pages = end.div_ceil(PAGE);
                let ty = wasm_encoder::MemoryType {
                    minimum: pages,
                    maximum: Some(pages),
                    memory64: false,
                    shared: false,
                    page_size_log2: None,
                };
                ty.encode(&mut new);
            }
            GLOBAL => {
                let mut globals = wasm_encoder::GlobalSection::new();
                if !payload.is_empty() {
                    let reader = wasmparser::SectionLimited::new(BinaryReader::new(payload, 0))?;
                    self.retarget().parse_global_section(&mut globals, reader)?;
                }
                let ty = wasm_encoder::GlobalType {
                    val_type: wasm_encoder::ValType::I64,
                    mutable: true,
                    shared: false,
                };
                for _ in 0..2 * self.appended.counters.records() {
                    globals.global(ty, &wasm_encoder::ConstExpr::i64_const(0));
                }
                self.encoded(&globals);
                return Ok(());
            }
            EXPORT => {
                let mut exports = wasm_encoder::ExportSection::new();
                if !payload.is_empty() {
                    let reader = wasmparser::SectionLimited::new(BinaryReader::new(payload, 0))?;
                    self.retarget().parse_export_section(&mut exports, reader)?;
                }
                let (kind, index) = match (self.appended.counters.place, self.appended.reader) {
                    (Place::Memory(memory), _) => (ExportKind::Memory, memory),
                    (Place::Globals(_), Some(reader)) => (ExportKind::Func, reader),
                    (Place::Globals(_), None) => unreachable!("counters in globals have a reader"),
                };
                exports.export(crate::COUNTERS_EXPORT, kind, index);
                self.encoded(&exports);
                return Ok(());
            }
            CODE => {
                self.code();
                return Ok(());
            }
            _ => {
                (count + 1).encode(&mut new);
                let mut segment = Vec::new();
                if let Place::Memory(memory) = self.appended.counters.place {
                    self.header_segment(memory, &mut segment);
                }
                let payload = vec![new.into(), entries.into(), segment.into()];
                self.pieces.push(Piece::Section { id, payload });
                return Ok(());
            }
        }
        self.section(id, new);
        Ok(())
    }

    fn code(&mut self) {
        let code = Code::new(self.module, self.edits.clone(), &self.appended.functions);
        if self.has_map {
            self.places = Some(code.places(self.pieces.iter().map(Piece::len).sum()));
        }
        self.pieces.push(Piece::Code(code));
    }

    /// An active data segment with the header of the counters' memory.
    fn header_segment(&self, memory: u32, new: &mut Vec<u8>) {
        let mut header = Vec::with_capacity(HEADER as usize);
        header.extend_from_slice(b"allocins");
        for word in [1, slots(self.plan), RECORD as u32] {
            header.extend_from_slice(&word.to_le_bytes());
        }
        const ACTIVE_WITH_MEMORY: u8 = 2;
        new.push(ACTIVE_WITH_MEMORY);
        memory.encode(new);
        wasm_encoder::ConstExpr::i32_const(0).encode(new);
        header.encode(new);
    }

    fn retarget(&self) -> Retarget<'_> {
        Retarget {
            exposed: &self.edits.exposed,
        }
    }

    fn retargeted(&mut self, id: u8, payload: &[u8]) -> Result<(), EncodeError> {
        let reader = BinaryReader::new(payload, 0);
        match id {
            TABLE => {
                let mut section = wasm_encoder::TableSection::new();
                let tables = wasmparser::SectionLimited::new(reader)?;
                self.retarget().parse_table_section(&mut section, tables)?;
                self.encoded(&section);
            }
            GLOBAL => {
                let mut section = wasm_encoder::GlobalSection::new();
                let globals = wasmparser::SectionLimited::new(reader)?;
                self.retarget()
                    .parse_global_section(&mut section, globals)?;
                self.encoded(&section);
            }
            START => {
                let function_index = BinaryReader::new(payload, 0).read_var_u32()?;
                let function_index = self.retarget().function_index(function_index)?;
                self.encoded(&wasm_encoder::StartSection { function_index });
            }
            _ => {
                let mut section = wasm_encoder::ElementSection::new();
                let elements = wasmparser::SectionLimited::new(reader)?;
                self.retarget()
                    .parse_element_section(&mut section, elements)?;
                self.encoded(&section);
            }
        }
        Ok(())
    }

    fn custom(&mut self, name: &str, section: &Section<'_>) {
        let payload = &self.module.bytes[section.range.clone()];
        if name == crate::SOURCE_MAPPING_URL && self.has_map {
            // Written anew after the code.
        } else if name == carried::BRANCH_HINTS
            && let Some(hints) = carried::branch_hints(self.module, payload, &self.edits.code)
        {
            self.encoded(&hints);
        } else if let Some(what) = carried::stale(name) {
            if !self.dropped.contains(&what) {
                self.dropped.push(what);
            }
        } else if name == "target_features" && self.extended.contains(&MEMORY) {
            let features = with_multi_memory(payload);
            self.section(CUSTOM, features);
        } else {
            self.section(CUSTOM, payload);
        }
    }

    /// Adds the section that names the source map; returns the map, unless it is in that section.
    fn source_map(&mut self, map: &SourceMap, place: &MapPlace) -> Option<Vec<u8>> {
        let places = self.places.as_deref()?;
        let moved = carried::source_map(map, &self.module.bodies, places, &self.edits.code)?;
        let (url, json) = match place {
            MapPlace::Inline => (moved.to_data_url(), None),
            MapPlace::Url(url) => (url.clone(), Some(moved.to_json())),
        };
        let mut data = Vec::new();
        url.encode(&mut data);
        self.custom_section(crate::SOURCE_MAPPING_URL, vec![data.into()]);
        json
    }

    fn names(&mut self, section: &Section<'_>) {
        let payload = &self.module.bytes[section.range.clone()];
        let mut reader = BinaryReader::new(payload, 0);
        let data = reader
            .skip_string()
            .ok()
            .map(|()| &payload[reader.current_position()..]);
        match data.and_then(|data| crate::names::add_function_names(data, &self.new_functions())) {
            Some(data) => self.custom_section("name", data),
            // Noted when it was decoded.
            None => self.section(CUSTOM, payload),
        }
    }

    fn new_names(&mut self) {
        if let Some(data) = crate::names::add_function_names(&[], &self.new_functions()) {
            self.custom_section("name", data);
        }
    }

    fn new_functions(&self) -> Vec<(u32, String)> {
        let first = self.module.function_types.len();
        let functions = self.appended.functions.iter().enumerate();
        functions
            .map(|(at, (_, _, name))| ((first + at) as u32, name.clone()))
            .collect()
    }

    fn custom_section(&mut self, name: &str, data: Vec<Cow<'m, [u8]>>) {
        let mut payload = Vec::with_capacity(1 + data.len());
        let mut encoded = Vec::new();
        name.encode(&mut encoded);
        payload.push(encoded.into());
        payload.extend(data);
        let id = CUSTOM;
        self.pieces.push(Piece::Section { id, payload });
    }
}

/// Adds `+multimemory` to the payload of `target_features`, by which binaryen knows what to enable.
fn with_multi_memory(payload: &[u8]) -> Vec<u8> {
    const FEATURE: &str = "multimemory";
    let mut reader = BinaryReader::new(payload, 0);
    let extended = (|| {
        reader.skip_string().ok()?;
        let name = reader.current_position();
        let count = reader.read_var_u32().ok()?;
        let entries = &payload[reader.current_position()..];
        if entries
            .windows(FEATURE.len())
            .any(|window| window == FEATURE.as_bytes())
        {
            return None;
        }
        let mut new = payload[..name].to_vec();
        (count + 1).encode(&mut new);
        new.extend_from_slice(entries);
        new.push(b'+');
        FEATURE.encode(&mut new);
        Some(new)
    })();
    extended.unwrap_or_else(|| payload.to_vec())
}

/// The entry count of a section and its entries; an absent section has none.
fn split_count(payload: &[u8]) -> Result<(u32, &[u8]), EncodeError> {
    if payload.is_empty() {
        return Ok((0, payload));
    }
    let mut reader = BinaryReader::new(payload, 0);
    let count = reader.read_var_u32()?;
    Ok((count, &payload[reader.current_position()..]))
}

/// Names the pool trampoline wherever an allocator is named.
struct Retarget<'a> {
    exposed: &'a BTreeMap<u32, u32>,
}

impl Reencode for Retarget<'_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, EncodeError> {
        Ok(self.exposed.get(&function).copied().unwrap_or(function))
    }
}
