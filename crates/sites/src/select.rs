//! Selection: which frames the user asked for. Names are matched by the function's own path.

use crate::model::Model;
use crate::program::{Frame, FunctionId, NameId, Names, Program};
use crate::symbol::{is_mangled, own_path};
use regex::Regex;

#[derive(Clone, Copy)]
struct Verdict {
    matches: bool,
    runtime: bool,
}

/// Decides whether frames and functions are selected; remembers its answers by name.
pub(crate) struct Selector<'a> {
    regex: &'a Regex,
    model: &'a Model,
    include_runtime: bool,
    /// By name, where it was asked for.
    functions: Vec<Option<Verdict>>,
    files: Vec<Option<Verdict>>,
}

impl<'a> Selector<'a> {
    /// Selects what `regex` matches and `model` does not call runtime, or that too if `include_runtime`.
    pub(crate) fn new(regex: &'a Regex, model: &'a Model, include_runtime: bool) -> Selector<'a> {
        let (functions, files) = Default::default();
        Selector {
            regex,
            model,
            include_runtime,
            functions,
            files,
        }
    }

    /// Whether `frame` is selected: its function or file matches, and neither is runtime.
    pub(crate) fn frame(&mut self, names: &Names, frame: Frame) -> bool {
        let function = frame.function.map(|id| self.function_verdict(names, id));
        let file = frame.file.map(|id| self.file_verdict(names, id));
        let any = |of: fn(&Verdict) -> bool| function.iter().chain(&file).any(of);
        any(|v| v.matches) && (self.include_runtime || !any(|v| v.runtime))
    }

    /// Whether `frame` is runtime, by function or by file.
    pub(crate) fn is_runtime(&mut self, names: &Names, frame: Frame) -> bool {
        frame
            .function
            .is_some_and(|id| self.function_verdict(names, id).runtime)
            || frame
                .file
                .is_some_and(|id| self.file_verdict(names, id).runtime)
    }

    /// Whether the symbol of `function`, or the export it is called by, matches as it is written,
    /// mangled. Only a pattern that is itself written so is tried: the text of a mangled symbol holds
    /// its type arguments.
    pub(crate) fn raw_symbol(&self, program: &Program, function: FunctionId) -> bool {
        let f = &program.functions[function as usize];
        let symbol = f.symbol.as_ref().or(f.exports.first());
        ["_Z", "_R"]
            .iter()
            .any(|prefix| self.regex.as_str().contains(prefix))
            && symbol.is_some_and(|s| is_mangled(s) && self.regex.is_match(s))
    }

    fn function_verdict(&mut self, names: &Names, id: NameId) -> Verdict {
        let (regex, model) = (self.regex, self.model);
        *entry(&mut self.functions, id).get_or_insert_with(|| {
            let path = own_path(names.get(id));
            Verdict {
                matches: regex.is_match(&path),
                runtime: model.is_runtime(Some(&path), None),
            }
        })
    }

    fn file_verdict(&mut self, names: &Names, id: NameId) -> Verdict {
        let (regex, model) = (self.regex, self.model);
        *entry(&mut self.files, id).get_or_insert_with(|| {
            let path = names.get(id);
            Verdict {
                matches: regex.is_match(path),
                runtime: model.is_runtime(None, Some(path)),
            }
        })
    }
}

fn entry(verdicts: &mut Vec<Option<Verdict>>, id: NameId) -> &mut Option<Verdict> {
    let at = id as usize;
    if at >= verdicts.len() {
        verdicts.resize(at + 1, None);
    }
    &mut verdicts[at]
}
