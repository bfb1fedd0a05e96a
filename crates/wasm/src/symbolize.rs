//! Where calls come from: frames out of DWARF, a source map, or the name section alone.

mod dwarf;
mod positions;

use crate::decode::{Module, Section};
use crate::error::Result;
use crate::source_map::SourceMap;
use addr2line::Context;
use allocinstr_sites::{
    CallId, DebugData, Frame, FunctionId, Model, NameId, Program, Survey, Target,
};
pub use dwarf::DebugFile;

use dwarf::{Interned, Reader, dwarf_context, dwarf_frames};
use positions::Positions;
use std::ops::Range;
use wasmparser::{Chunk, CustomSectionReader, Encoding, Parser, Payload};

/// Debug data that does not lie in the module itself.
#[derive(Default)]
pub struct DebugSources<'a> {
    /// DWARF of this module in a file of its own.
    pub debug_file: Option<DebugFile<'a>>,
    /// The module's source map.
    pub source_map: Option<&'a SourceMap>,
}

/// Adds frames for the calls and functions that `survey` asks for; `model` tells runtime files
/// apart where debug data has no inline chains.
pub fn symbolize<'a>(
    module: &mut Module<'a>,
    survey: &Survey,
    model: &Model,
    from: DebugSources<'a>,
) {
    let mut symbolizer = Symbolizer::new(module, model, from);
    if let Some(lines) = &symbolizer.lines {
        module.program.debug = lines.quality();
    }
    let program = &mut module.program;
    let mut function = 0;
    for &call in &survey.candidates {
        while program.functions[function].calls.end <= call {
            function += 1;
        }
        symbolizer.chain(program, function as FunctionId, call);
        program
            .frames
            .push_chain(call, symbolizer.frames.iter().copied());
    }
    let mut callees: Vec<FunctionId> = survey
        .candidates
        .iter()
        .filter_map(|&call| match program.calls[call as usize].target {
            Target::Direct(callee) => Some(callee),
            Target::Indirect(_) => None,
        })
        .collect();
    callees.sort_unstable();
    callees.dedup();
    for callee in callees {
        program.functions[callee as usize].definition = Some(Frame {
            function: Some(symbolizer.name(program, callee)),
            file: symbolizer.file(program, callee),
            line: 0,
            column: 0,
        });
    }
    if let Some(damage) = symbolizer.damage {
        module.notes.push(format!(
            "the DWARF data is damaged, some lines are missing: {damage}"
        ));
    }
}

enum Lines<'a> {
    Dwarf {
        context: Box<Context<Reader<'a>>>,
        code_start: u64,
    },
    Map(Positions),
}

impl Lines<'_> {
    fn quality(&self) -> DebugData {
        match self {
            Lines::Dwarf { .. } => DebugData::InlineFrames,
            Lines::Map(_) => DebugData::Lines,
        }
    }
}

struct Symbolizer<'a> {
    lines: Option<Lines<'a>>,
    /// Body ranges by function, imports excluded.
    bodies: Vec<Range<usize>>,
    imported: u32,
    interned: Interned,
    /// Display names by function, where they were asked for.
    names: Vec<Option<NameId>>,
    /// The chain that was asked for last.
    frames: Vec<Frame>,
    damage: Option<gimli::Error>,
}

impl<'a> Symbolizer<'a> {
    fn new(module: &mut Module<'a>, model: &Model, from: DebugSources<'a>) -> Symbolizer<'a> {
        // Like engines, we do without a custom section that cannot be read.
        let own = dwarf_context(module.bytes).unwrap_or_else(|error| {
            module
                .notes
                .push(format!("{error}; the module's debug data is ignored"));
            None
        });
        let dwarf = own.or(from.debug_file.map(|file| file.context));
        let code_start = code_start(&module.sections);
        let lines = match (dwarf, from.source_map) {
            (Some(context), _) => Some(Lines::Dwarf {
                context,
                code_start,
            }),
            (None, Some(map)) => Some(Lines::Map(Positions::new(map, model, &mut module.program))),
            (None, None) => None,
        };
        Symbolizer {
            lines,
            bodies: module.bodies.clone(),
            imported: module.imported_functions,
            interned: Interned::default(),
            names: vec![None; module.program.functions.len()],
            frames: Vec::new(),
            damage: None,
        }
    }

    /// Leaves the inline chain of `call` in `function` in `frames`, innermost first; never empty.
    fn chain(&mut self, program: &mut Program, function: FunctionId, call: CallId) {
        let offset = program.calls[call as usize].offset;
        self.frames.clear();
        match &self.lines {
            None => {}
            Some(Lines::Dwarf {
                context,
                code_start,
            }) => {
                let at = u64::from(offset) - code_start;
                let chain = &mut self.frames;
                if let Err(error) = dwarf_frames(context, at, program, &mut self.interned, chain) {
                    self.damage.get_or_insert(error);
                    chain.clear();
                }
            }
            Some(Lines::Map(map)) => {
                let body = self.bodies[(function - self.imported) as usize].clone();
                self.frames
                    .extend(map.frames(program, function, body, offset as usize));
            }
        }
        // The enclosing function is known by its symbol: debug data may call it otherwise.
        let name = self.name(program, function);
        let has_symbol = program.functions[function as usize].symbol.is_some();
        match self.frames.last_mut() {
            Some(enclosing) if has_symbol || enclosing.function.is_none() => {
                enclosing.function = Some(name);
            }
            Some(_) => {}
            None => self.frames.push(Frame {
                function: Some(name),
                file: None,
                line: 0,
                column: 0,
            }),
        }
    }

    /// The interned display name of `function`.
    fn name(&mut self, program: &mut Program, function: FunctionId) -> NameId {
        *self.names[function as usize]
            .get_or_insert_with(|| program.names.intern(&program.display_name(function)))
    }

    /// The source file of a function: that of its first instruction.
    fn file(&mut self, program: &mut Program, function: FunctionId) -> Option<NameId> {
        let body = self
            .bodies
            .get(function.checked_sub(self.imported)? as usize)?
            .clone();
        match self.lines.as_ref()? {
            Lines::Dwarf {
                context,
                code_start,
            } => {
                // Locals come first; any instruction of the body will do.
                let offset = body.end as u64 - 1 - code_start;
                let chain = &mut self.frames;
                chain.clear();
                dwarf_frames(context, offset, program, &mut self.interned, chain).ok()?;
                chain.last()?.file
            }
            Lines::Map(map) => map.own_file(program, function, &body),
        }
    }
}

fn code_start(sections: &[Section<'_>]) -> u64 {
    const CODE: u8 = 10;
    sections
        .iter()
        .find(|s| s.id == CODE)
        .map_or(0, |s| s.range.start as u64)
}

/// The first custom section of that name.
pub(crate) fn custom_section<'a>(bytes: &'a [u8], name: &str) -> Result<Option<&'a [u8]>> {
    let mut found = None;
    custom_sections(bytes, |section| {
        if found.is_none() && section.name() == name {
            found = Some(section.data());
        }
    })?;
    Ok(found)
}

/// Visits all custom sections; function bodies are stepped over, for there are many.
fn custom_sections<'a>(
    mut bytes: &'a [u8],
    mut visit: impl FnMut(CustomSectionReader<'a>),
) -> Result<()> {
    let mut parser = Parser::new(0);
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(bytes, true)? else {
            unreachable!("all data is there");
        };
        bytes = &bytes[consumed..];
        match payload {
            // One that is cut off is walked to where it ends.
            Payload::CodeSectionStart { size, .. } => {
                if let Some(rest) = bytes.get(size as usize..) {
                    parser.skip_section();
                    bytes = rest;
                }
            }
            Payload::CustomSection(section) => visit(section),
            // A component's modules have sections of their own, which are not its.
            Payload::Version {
                encoding: Encoding::Component,
                ..
            }
            | Payload::End(_) => return Ok(()),
            _ => {}
        }
    }
}
