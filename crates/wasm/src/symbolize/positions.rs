//! Positions out of a source map.

use crate::source_map::SourceMap;
use allocinstr_sites::{Frame, FunctionId, Model, NameId, Program};
use std::ops::Range;

/// The positions of a source map.
pub(super) struct Positions {
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

impl Positions {
    pub(super) fn new(map: &SourceMap, model: &Model, program: &mut Program) -> Positions {
        let mut tokens: Vec<Token> = map
            .map
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
        Positions { tokens }
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
    pub(super) fn frames(
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
    pub(super) fn own_file(
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
