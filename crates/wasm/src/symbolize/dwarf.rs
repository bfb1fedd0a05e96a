//! Inline chains out of DWARF.

use super::{custom_section, custom_sections};
use crate::error::{Error, Result};
use crate::names::NameSection;
use addr2line::Context;
use allocinstr_sites::{Frame, NameId, Program, demangle};
use foldhash::fast::RandomState;
use gimli::{EndianSlice, LittleEndian};
use std::borrow::Cow;
use std::collections::HashMap;

pub(super) type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// Names and DWARF of a module whose debug data was split off into this file.
pub struct DebugFile<'a> {
    pub(super) context: Box<Context<Reader<'a>>>,
    pub(crate) symbols: Vec<(u32, String)>,
}

impl<'a> DebugFile<'a> {
    /// Reads such a file.
    pub fn parse(bytes: &'a [u8]) -> Result<DebugFile<'a>> {
        let error = |message: String| Error::DebugData {
            what: "no debug file",
            message,
        };
        let context =
            dwarf_context(bytes)?.ok_or_else(|| error("it has no DWARF sections".to_owned()))?;
        let names = custom_section(bytes, "name")?.map(NameSection::parse);
        let symbols = names
            .and_then(|names| names.ok())
            .map_or_else(Vec::new, |n| n.functions);
        Ok(DebugFile { context, symbols })
    }
}

/// Strings of debug data that were interned, by where they are in memory: chains name the same ones over
/// and over, and the debug data outlives them.
#[derive(Default)]
pub(super) struct Interned(HashMap<*const str, NameId, RandomState>);

impl Interned {
    fn get(&mut self, text: &str, intern: impl FnOnce() -> NameId) -> NameId {
        *self.0.entry(text).or_insert_with(intern)
    }
}

/// The DWARF of a module, if it has any.
pub(super) fn dwarf_context(bytes: &[u8]) -> Result<Option<Box<Context<Reader<'_>>>>> {
    let mut sections: HashMap<&str, &[u8]> = HashMap::new();
    custom_sections(bytes, |section| {
        if section.name().starts_with(".debug_") {
            sections.insert(section.name(), section.data());
        }
    })?;
    if !sections.contains_key(".debug_info") {
        return Ok(None);
    }
    let load = |id: gimli::SectionId| -> std::result::Result<Reader<'_>, gimli::Error> {
        let data = sections.get(id.name()).copied().unwrap_or(&[]);
        Ok(EndianSlice::new(data, LittleEndian))
    };
    let context = gimli::Dwarf::load(load)
        .and_then(Context::from_dwarf)
        .map_err(|error| Error::DebugData {
            what: "DWARF cannot be read",
            message: error.to_string(),
        })?;
    Ok(Some(Box::new(context)))
}

/// Adds the inline chain at `address` to `chain`, innermost first.
pub(super) fn dwarf_frames(
    context: &Context<Reader<'_>>,
    address: u64,
    program: &mut Program,
    interned: &mut Interned,
    chain: &mut Vec<Frame>,
) -> std::result::Result<(), gimli::Error> {
    let mut frames = context.find_frames(address).skip_all_loads()?;
    while let Some(frame) = frames.next()? {
        let function = match &frame.function {
            None => None,
            Some(function) => {
                let raw = function.raw_name()?;
                Some(match raw {
                    Cow::Borrowed(raw) => {
                        interned.get(raw, || program.names.intern(&demangle(raw)))
                    }
                    Cow::Owned(raw) => program.names.intern(&demangle(&raw)),
                })
            }
        };
        let location = frame.location.as_ref();
        chain.push(Frame {
            function,
            file: location
                .and_then(|l| l.file)
                .map(|file| interned.get(file, || program.names.intern(&without_dots(file)))),
            line: location.and_then(|l| l.line).unwrap_or(0),
            column: location.and_then(|l| l.column).unwrap_or(0),
        });
    }
    Ok(())
}

/// A path without its `.` components, which come from directories that compilers join.
fn without_dots(path: &str) -> Cow<'_, str> {
    if !path.contains("/./") {
        return Cow::Borrowed(path);
    }
    let components: Vec<&str> = path
        .split('/')
        .filter(|component| *component != ".")
        .collect();
    Cow::Owned(components.join("/"))
}
