//! Where calls come from: frames out of DWARF, a source map, or the name section alone.

use crate::decode::{Module, Section};
use crate::error::{Error, Result};
use addr2line::Context;
use allocinstr_sites::{
    CallId, DebugData, Frame, FunctionId, Model, NameId, Program, Survey, Target, demangle,
};
use gimli::{EndianSlice, LittleEndian};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Debug data that does not lie in the module itself.
#[derive(Clone, Copy, Default)]
pub struct DebugSources<'a> {
    /// A module with the DWARF sections and names of this one.
    pub debug_file: Option<&'a [u8]>,
    /// The module's source map.
    pub source_map: Option<&'a [u8]>,
}

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// Adds frames for the calls and functions that `survey` asks for; `model` tells runtime files
/// apart where debug data has no inline chains.
pub fn symbolize<'a>(
    module: &mut Module<'a>,
    survey: &Survey,
    model: &Model,
    from: DebugSources<'a>,
) -> Result<()> {
    let mut symbolizer = Symbolizer::new(module, model, from)?;
    if symbolizer.lines.is_some() {
        module.program.debug = symbolizer
            .lines
            .as_ref()
            .map_or(DebugData::None, Lines::quality);
    }
    let program = &mut module.program;
    let mut function = 0;
    for &call in &survey.candidates {
        while program.functions[function].calls.end <= call {
            function += 1;
        }
        let chain = symbolizer.chain(program, function as FunctionId, call);
        program.frames.set_chain(call, chain);
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
        let name = program.display_name(callee);
        program.functions[callee as usize].definition = Some(Frame {
            function: Some(program.names.intern(&name)),
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
    Ok(())
}

/// Takes the names of `debug_file` where the module has none of its own.
pub(crate) fn symbols_of(debug_file: &[u8]) -> Result<Vec<(u32, String)>> {
    let section = custom_section(debug_file, "name")?;
    Ok(section
        .and_then(|data| crate::names::NameSection::parse(data).ok())
        .map_or_else(Vec::new, |names| names.functions))
}

enum Lines<'a> {
    Dwarf {
        context: Box<Context<Reader<'a>>>,
        code_start: u64,
    },
    Map(SourceMap),
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
    /// Demangled names by linkage name.
    demangled: HashMap<String, NameId>,
    damage: Option<gimli::Error>,
}

impl<'a> Symbolizer<'a> {
    fn new(
        module: &mut Module<'a>,
        model: &Model,
        from: DebugSources<'a>,
    ) -> Result<Symbolizer<'a>> {
        let code_start = code_start(&module.sections);
        // Like engines, we do without a custom section that cannot be read.
        let mut dwarf = dwarf_context(module.bytes, code_start).unwrap_or_else(|error| {
            module
                .notes
                .push(format!("{error}; the module's debug data is ignored"));
            None
        });
        if let (None, Some(file)) = (&dwarf, from.debug_file) {
            dwarf = dwarf_context(file, code_start)?;
            if dwarf.is_none() {
                return Err(Error::DebugData {
                    what: "--debug-file",
                    message: "it has no DWARF sections".to_owned(),
                });
            }
        }
        let lines = match (dwarf, from.source_map) {
            (Some(dwarf), _) => Some(dwarf),
            (None, Some(map)) => Some(Lines::Map(SourceMap::parse(
                map,
                model,
                &mut module.program,
            )?)),
            (None, None) => None,
        };
        Ok(Symbolizer {
            lines,
            bodies: module.bodies.clone(),
            imported: module.imported_functions,
            demangled: HashMap::new(),
            damage: None,
        })
    }

    /// The inline chain of `call` in `function`, innermost first; never empty.
    fn chain(&mut self, program: &mut Program, function: FunctionId, call: CallId) -> Vec<Frame> {
        let offset = program.calls[call as usize].offset;
        let mut chain = match &self.lines {
            None => Vec::new(),
            Some(Lines::Dwarf {
                context,
                code_start,
            }) => match dwarf_frames(context, offset - code_start, program, &mut self.demangled) {
                Ok(frames) => frames,
                Err(error) => {
                    self.damage.get_or_insert(error);
                    Vec::new()
                }
            },
            Some(Lines::Map(map)) => {
                let body = self.bodies[(function - self.imported) as usize].clone();
                map.frames(program, function, body, offset as usize)
            }
        };
        // The enclosing function is known by its symbol: debug data may call it otherwise.
        let name = program.display_name(function);
        let has_symbol = program.functions[function as usize].symbol.is_some();
        match chain.last_mut() {
            Some(enclosing) if has_symbol || enclosing.function.is_none() => {
                enclosing.function = Some(program.names.intern(&name));
            }
            Some(_) => {}
            None => {
                let function = Some(program.names.intern(&name));
                chain.push(Frame {
                    function,
                    file: None,
                    line: 0,
                    column: 0,
                });
            }
        }
        chain
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
                let frames = dwarf_frames(context, offset, program, &mut self.demangled);
                frames.ok()?.last()?.file
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

pub(crate) fn custom_section<'a>(bytes: &'a [u8], name: &str) -> Result<Option<&'a [u8]>> {
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        if let wasmparser::Payload::CustomSection(section) = payload?
            && section.name() == name
        {
            return Ok(Some(section.data()));
        }
    }
    Ok(None)
}

fn dwarf_context(bytes: &[u8], code_start: u64) -> Result<Option<Lines<'_>>> {
    let mut sections: HashMap<&str, &[u8]> = HashMap::new();
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        if let wasmparser::Payload::CustomSection(section) = payload?
            && section.name().starts_with(".debug_")
        {
            sections.insert(section.name(), section.data());
        }
    }
    if !sections.contains_key(".debug_info") {
        return Ok(None);
    }
    let load = |id: gimli::SectionId| -> std::result::Result<Reader<'_>, gimli::Error> {
        Ok(EndianSlice::new(
            sections.get(id.name()).copied().unwrap_or(&[]),
            LittleEndian,
        ))
    };
    let context = gimli::Dwarf::load(load).and_then(Context::from_dwarf);
    let context = context.map_err(|error| Error::DebugData {
        what: "DWARF",
        message: error.to_string(),
    })?;
    Ok(Some(Lines::Dwarf {
        context: Box::new(context),
        code_start,
    }))
}

fn dwarf_frames(
    context: &Context<Reader<'_>>,
    address: u64,
    program: &mut Program,
    demangled: &mut HashMap<String, NameId>,
) -> std::result::Result<Vec<Frame>, gimli::Error> {
    let mut frames = context.find_frames(address).skip_all_loads()?;
    let mut chain = Vec::new();
    while let Some(frame) = frames.next()? {
        let function = match &frame.function {
            None => None,
            Some(function) => {
                let raw = function.raw_name()?;
                Some(match demangled.get(raw.as_ref()) {
                    Some(&id) => id,
                    None => {
                        let id = program.names.intern(&demangle(&raw));
                        demangled.insert(raw.into_owned(), id);
                        id
                    }
                })
            }
        };
        let location = frame.location.as_ref();
        chain.push(Frame {
            function,
            file: location
                .and_then(|l| l.file)
                .map(|file| program.names.intern(&without_dots(file))),
            line: location.and_then(|l| l.line).unwrap_or(0),
            column: location.and_then(|l| l.column).unwrap_or(0),
        });
    }
    Ok(chain)
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

/// A source map: of a module its "columns" are byte offsets in the file, on its one "line".
struct SourceMap {
    /// By offset.
    tokens: Vec<Token>,
}

#[derive(Clone, Copy)]
struct Token {
    offset: usize,
    /// `None` from here on there is no position.
    position: Option<Position>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Position {
    file: NameId,
    line: u32,
    column: u32,
    /// The file is the runtime's.
    runtime: bool,
}

impl Position {
    fn frame(self) -> Frame {
        Frame {
            function: None,
            file: Some(self.file),
            line: self.line,
            column: self.column,
        }
    }
}

impl SourceMap {
    fn parse(json: &[u8], model: &Model, program: &mut Program) -> Result<SourceMap> {
        let error = |message: String| Error::DebugData {
            what: "source map",
            message,
        };
        let mut map = match sourcemap::decode_slice(json).map_err(|e| error(e.to_string()))? {
            sourcemap::DecodedMap::Regular(map) => map,
            sourcemap::DecodedMap::Index(index) => {
                index.flatten().map_err(|e| error(e.to_string()))?
            }
            sourcemap::DecodedMap::Hermes(_) => {
                return Err(error("it is a Hermes map, not one of a module".to_owned()));
            }
        };
        if map.get_token_count() == 0 {
            return Err(error("it has no mappings".to_owned()));
        }
        // asc writes the module's own file name as the root: paths are kept as the compiler knows them.
        map.set_source_root::<String>(None);
        let mut tokens: Vec<Token> = map
            .tokens()
            .map(|token| Token {
                offset: token.get_dst_col() as usize,
                position: token.get_source().map(|file| Position {
                    file: program.names.intern(file),
                    line: token.get_src_line().saturating_add(1),
                    column: token.get_src_col().saturating_add(1),
                    runtime: model.is_runtime(None, Some(file)),
                }),
            })
            .collect();
        tokens.sort_by_key(|token| token.offset);
        Ok(SourceMap { tokens })
    }

    fn within(&self, body: &Range<usize>) -> &[Token] {
        let first = self
            .tokens
            .partition_point(|token| token.offset < body.start);
        let end = self.tokens.partition_point(|token| token.offset < body.end);
        &self.tokens[first..end]
    }

    /// A map has no inline chains, only positions. A position in a runtime file, or in another file
    /// than the function's own, was inlined: the nearest position before it that was not follows as
    /// its caller, without a function name until the enclosing function's.
    fn frames(
        &self,
        program: &Program,
        function: FunctionId,
        body: Range<usize>,
        offset: usize,
    ) -> Vec<Frame> {
        let own = self.own_file(program, function, &body);
        let tokens = self.within(&body);
        let next = tokens.partition_point(|token| token.offset <= offset);
        let (before, after) = tokens.split_at(next);
        let found = match before.last() {
            Some(Token {
                position: Some(position),
                ..
            }) => Some(*position),
            // binaryen ends a position at the call when its operands have one, and gives none at all
            // to code that a compiler made up: that belongs to what follows (asc's constructors).
            Some(token) if token.offset == offset => {
                before.iter().rev().find_map(|token| token.position)
            }
            _ => after.iter().find_map(|token| token.position),
        };
        let Some(at) = found else { return Vec::new() };
        let nearest = |wanted: &dyn Fn(&Position) -> bool| {
            before
                .iter()
                .rev()
                .filter_map(|token| token.position)
                .find(|p| wanted(p))
        };
        let mut chain = vec![at.frame()];
        let own_is_runtime =
            own.is_some_and(|own| nearest(&|p| p.file == own && p.runtime).is_some());
        if at.runtime
            && !own_is_runtime
            && let Some(caller) = nearest(&|p| !p.runtime)
        {
            chain.push(caller.frame());
        }
        if chain.last().and_then(|frame| frame.file) != own {
            let unknown = Frame {
                function: None,
                file: own,
                line: 0,
                column: 0,
            };
            let enclosing = own.and_then(|own| nearest(&|p| p.file == own));
            chain.push(enclosing.map_or(unknown, Position::frame));
        }
        chain
    }

    /// The file a function was written in: the one its name begins with, as in AssemblyScript's
    /// `web/app/feed/Feed#add` of `web/app/feed.ts`, else that of its first position.
    fn own_file(
        &self,
        program: &Program,
        function: FunctionId,
        body: &Range<usize>,
    ) -> Option<NameId> {
        let positions = self.within(body).iter().filter_map(|token| token.position);
        let mut files = positions.map(|position| position.file);
        let symbol = program.functions[function as usize]
            .symbol
            .as_deref()
            .unwrap_or_default();
        let symbol = symbol.strip_prefix("start:").unwrap_or(symbol);
        let named = files.clone().find(|&file| {
            let path = program.names.get(file);
            let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
            symbol
                .strip_prefix(stem)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        named.or_else(|| files.next())
    }
}
