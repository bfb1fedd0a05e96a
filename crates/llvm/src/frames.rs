//! Where calls come from: the chain of positions at which functions were inlined.

use crate::decode::Decoded;
use crate::ir::{Location, Scope, Value};
use allocinstr_sites::{CallId, Frame, FunctionId, NameId, Program, Survey, Target, demangle};
use std::collections::HashMap;

/// Adds frames for the calls and functions that `survey` asks for.
pub(crate) fn add_frames(decoded: &mut Decoded<'_>, survey: &Survey) {
    let Decoded {
        program,
        functions,
        calls,
        ..
    } = decoded;
    let mut reader = Reader {
        functions,
        scopes: HashMap::new(),
        files: HashMap::new(),
    };
    let mut owner = 0;
    for &call in &survey.candidates {
        while program.functions[owner].calls.end <= call {
            owner += 1;
        }
        let chain = reader.chain(program, owner as FunctionId, calls[call as usize]);
        program.frames.push_chain(call, chain);
    }
    for callee in callees(program, &survey.candidates) {
        let name = program.display_name(callee);
        let subprogram = functions[callee as usize].subprogram();
        program.functions[callee as usize].definition = Some(Frame {
            function: Some(program.names.intern(&name)),
            file: subprogram.and_then(|scope| reader.file(program, scope)),
            line: 0,
            column: 0,
        });
    }
}

fn callees(program: &Program, calls: &[CallId]) -> Vec<FunctionId> {
    let targets = calls
        .iter()
        .map(|&call| program.calls[call as usize].target);
    let mut callees: Vec<FunctionId> = targets
        .filter_map(|target| match target {
            Target::Direct(callee) => Some(callee),
            Target::Indirect(_) => None,
        })
        .collect();
    callees.sort_unstable();
    callees.dedup();
    callees
}

struct Reader<'a, 'm> {
    functions: &'a [Value<'m>],
    /// Names of functions by scope.
    scopes: HashMap<Scope<'m>, Option<NameId>>,
    files: HashMap<Scope<'m>, Option<NameId>>,
}

impl<'m> Reader<'_, 'm> {
    /// The inline chain of a call, innermost first; never empty.
    fn chain(&mut self, program: &mut Program, owner: FunctionId, call: Value<'m>) -> Vec<Frame> {
        let function = self.functions[owner as usize];
        let positions = std::iter::successors(call.location(), |at: &Location<'m>| at.inlined_at());
        let mut chain: Vec<Frame> = positions
            .map(|at| self.frame(program, at, function))
            .collect();
        // The enclosing function is known by its symbol: debug data may call it otherwise.
        let name = Some(program.names.intern(&program.display_name(owner)));
        match chain.last_mut() {
            Some(enclosing) => enclosing.function = name,
            None => chain.push(Frame {
                function: name,
                file: function.subprogram().and_then(|s| self.file(program, s)),
                line: 0,
                column: 0,
            }),
        }
        chain
    }

    fn frame(&mut self, program: &mut Program, at: Location<'m>, of: Value<'m>) -> Frame {
        let scope = at.scope(of);
        Frame {
            function: scope.and_then(|scope| self.function(program, scope)),
            file: scope.and_then(|scope| self.file(program, scope)),
            line: at.line(),
            column: at.column(),
        }
    }

    fn function(&mut self, program: &mut Program, scope: Scope<'m>) -> Option<NameId> {
        *self.scopes.entry(scope).or_insert_with(|| {
            let name = scope.enclosing_function()?.function_name()?;
            Some(program.names.intern(&demangle(&name)))
        })
    }

    fn file(&mut self, program: &mut Program, scope: Scope<'m>) -> Option<NameId> {
        *self.files.entry(scope).or_insert_with(|| {
            let (directory, name) = scope.file()?;
            Some(program.names.intern(&joined(&directory, &name)))
        })
    }
}

/// A path as the compiler wrote it, without the `.` components that come from joining.
fn joined(directory: &str, name: &str) -> String {
    let is_absolute = name.starts_with(['/', '\\']) || name.get(1..2) == Some(":");
    if directory.is_empty() || is_absolute || name.is_empty() {
        return name.to_owned();
    }
    let mut path = directory.trim_end_matches('/').to_owned();
    for component in name.split('/').filter(|component| *component != ".") {
        path.push('/');
        path.push_str(component);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn a_path_is_joined_to_its_directory_unless_it_is_absolute() {
        assert_eq!(joined("/src/app", "feed.go"), "/src/app/feed.go");
        assert_eq!(joined("/src/app/", "./feed.go"), "/src/app/feed.go");
        assert_eq!(joined("/src/app", "/lib/note.c"), "/lib/note.c");
        assert_eq!(joined("", "note.c"), "note.c");
        assert_eq!(joined(r"C:\src", r"C:\lib\note.c"), r"C:\lib\note.c");
    }
}
